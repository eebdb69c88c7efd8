"""What an attempt says of itself while it executes: metadata and log lines.

Both are collected as they come and written together, in intervals. What was
said last is written in the transaction that ends the attempt, which spares one.
"""

from __future__ import annotations

from typing import NamedTuple

from backline.db import Connection, Database
from backline.engine.log import LiveLog
from backline.engine.metadata import LiveMetadata
from backline.engine.patience import Patience
from backline.errors import TooLarge
from backline.ids import RunId
from backline.runs import Attempt, LogLine, Run, ledger
from backline.runs.metadata import MetadataOperation, change_metadata, change_what_fits

Changes = dict[RunId, list[MetadataOperation]]


class Taken(NamedTuple):
    """What was taken to be written."""

    changes: Changes
    lines: list[LogLine]


class Notes:
    """The metadata and the log of one attempt, as far as the ledger does not know them yet."""

    def __init__(
        self,
        database: Database,
        run: Run,
        attempt: Attempt,
        last_line: int,
        patience: Patience,
    ) -> None:
        self._database = database
        self._attempt = attempt
        self._patience = patience
        self.metadata = LiveMetadata(run)
        self.log = LiveLog(last_line)
        self._complaints: set[str] = set()

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

    def take(self) -> Taken:
        """Take whatever waits, to be written once, however many tries that needs."""
        return Taken(self.metadata.take(), self.log.take())

    def flush(self) -> None:
        """Write whatever waits, each run's own in a transaction of its own.

        Never two runs' rows in one: relatives that write at the same time would
        wait for each other's.
        """
        changes, lines = self.take()
        own_id = self._attempt.run_id
        own = {run_id: changes.pop(run_id) for run_id in [own_id] if run_id in changes}
        self._patience(self._write_alone, Taken(own, lines))
        for run_id, operations in changes.items():
            self._patience(self._write_alone, Taken({run_id: operations}, []))

    def _write_alone(self, taken: Taken) -> None:
        with self._database.write() as connection:
            self.write(connection, taken)

    def write(self, connection: Connection, taken: Taken) -> None:
        """Write what was taken, within the caller's transaction.

        Changes of several runs only in an exclusive one, as at the end of an attempt.
        """
        self._write_metadata(connection, taken.changes)
        held = self._attempt
        if lines := [*taken.lines, *self.log.take()]:
            ledger.write_log(connection, held.run_id, held.id, held.worker_id, lines)

    def _write_metadata(self, connection: Connection, changes: Changes) -> None:
        held = self._attempt
        for run_id, operations in changes.items():
            hold = (held.id, held.worker_id) if run_id == held.run_id else None
            if hold is None and not ledger.holds(connection, held.run_id, held.id, held.worker_id):
                continue  # another worker has the run: it says this again
            try:
                is_kept = change_metadata(connection, run_id, operations, hold)
            except TooLarge as refusal:
                for key in change_what_fits(connection, run_id, operations, hold):
                    self._complain(f"{key!r} is left out: {refusal}")
                continue
            if not is_kept and hold is None:
                self._complain(f"run {run_id} ended long ago: its metadata stays as it is")

    def _complain(self, text: str) -> None:
        """Tell it in the run's log, once for each key or run."""
        subject = text.split(":")[0]
        if subject not in self._complaints:
            self._complaints.add(subject)
            self.log.add("stderr", f"{text}\n", "warn")
