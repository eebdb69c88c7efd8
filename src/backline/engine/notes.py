"""What an attempt says of itself while it executes: metadata and log lines.

Both are collected as they come and written together, in intervals. What was
said last is written in the transaction that ends the attempt, which spares one.
"""

from __future__ import annotations

import msgspec

from backline.db import Connection, Database
from backline.engine.log import LiveLog
from backline.engine.metadata import LiveMetadata
from backline.runs import Attempt, Run, ledger


class Notes:
    """The metadata and the log of one attempt, as far as the ledger does not know them yet."""

    def __init__(self, database: Database, run: Run, attempt: Attempt, last_line: int) -> None:
        self._database = database
        self._attempt = attempt
        self.metadata = LiveMetadata(msgspec.json.decode(run.metadata or "{}"))
        self.log = LiveLog(last_line)

    def write_due(self) -> float | None:
        """Write when it is time. Returns how many seconds the next write may wait, if one waits."""
        due_seconds = self._due_seconds()
        if due_seconds == 0:
            self.flush()
            return self._due_seconds()
        return due_seconds

    def _due_seconds(self) -> float | None:
        waits = (self.metadata.due_seconds(), self.log.due_seconds())
        return min((seconds for seconds in waits if seconds is not None), default=None)

    def flush(self) -> None:
        """Write whatever waits, in a transaction of its own."""
        with self._database.write() as connection:
            self.write(connection)

    def write(self, connection: Connection) -> None:
        """Write whatever waits, while the attempt holds its run."""
        held = self._attempt
        metadata, lines = self.metadata.take(), self.log.take()
        if metadata is not None:
            ledger.write_metadata(connection, held.run_id, held.id, held.worker_id, metadata)
        if lines:
            ledger.write_log(connection, held.run_id, held.id, held.worker_id, lines)
