"""What an attempt says of itself while it executes: metadata and log lines.

Both are collected as they come and written together, in intervals. What was
said last is written in the transaction that ends the attempt, which spares one.
"""

from __future__ import annotations

from backline.db import Connection, Database
from backline.engine.log import LiveLog
from backline.engine.metadata import LiveMetadata
from backline.errors import TooLarge
from backline.ids import RunId
from backline.runs import Attempt, Run, ledger
from backline.runs.metadata import MetadataOperation, change_metadata

Changes = dict[RunId, list[MetadataOperation]]


class Notes:
    """The metadata and the log of one attempt, as far as the ledger does not know them yet."""

    def __init__(self, database: Database, run: Run, attempt: Attempt, last_line: int) -> None:
        self._database = database
        self._attempt = attempt
        self.metadata = LiveMetadata(run)
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
        """Write whatever waits, each run's own in a transaction of its own.

        Never two runs' rows in one: relatives that write at the same time would
        wait for each other's.
        """
        changes = self.metadata.take()
        own = {
            run_id: changes.pop(run_id) for run_id in [self._attempt.run_id] if run_id in changes
        }
        with self._database.write() as connection:
            self._write_metadata(connection, own)
            self._write_log(connection)
        for run_id, operations in changes.items():
            with self._database.write() as connection:
                self._write_metadata(connection, {run_id: operations})

    def write(self, connection: Connection) -> None:
        """Write whatever waits, in the exclusive transaction that ends or freezes the attempt."""
        self._write_metadata(connection, self.metadata.take())
        self._write_log(connection)

    def _write_metadata(self, connection: Connection, changes: Changes) -> None:
        held = self._attempt
        for run_id, operations in changes.items():
            try:
                is_kept = self._change(connection, run_id, operations)
            except TooLarge as refusal:
                self.log.add("stderr", f"{refusal}\n")
                continue
            if not is_kept and run_id != held.run_id:
                self.log.add(
                    "stderr", f"run {run_id} ended long ago: its metadata stays as it is\n"
                )

    def _change(
        self, connection: Connection, run_id: RunId, operations: list[MetadataOperation]
    ) -> bool:
        held = self._attempt
        if run_id == held.run_id:
            return change_metadata(connection, run_id, operations, (held.id, held.worker_id))
        if not ledger.holds(connection, held.run_id, held.id, held.worker_id):
            return True  # another worker has the run: it says this again
        return change_metadata(connection, run_id, operations)

    def _write_log(self, connection: Connection) -> None:
        held = self._attempt
        if lines := self.log.take():
            ledger.write_log(connection, held.run_id, held.id, held.worker_id, lines)
