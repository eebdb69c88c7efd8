"""Acts upon runs: trigger them, and hand those that are due to the engine.

Reads go to ``runs.queries``, acts come here. One transaction writes the ledger
row and the engine's queue entry, so no run is ever in one and not the other.
"""

from __future__ import annotations

import msgspec

from backline.db import Connection, Database
from backline.engine.queue import RunQueue
from backline.engine.wakeup import Bell
from backline.errors import Conflict
from backline.ids import RunId
from backline.runs import NewRun, RunStatus, catalog, ledger, queries


class Triggered(msgspec.Struct, frozen=True):
    """What a trigger answers: the run, and whether it was there before under the same key."""

    run_id: RunId
    is_cached: bool = False


class Dispatch:
    """The door through which runs enter the engine."""

    def __init__(self, database: Database, queue: RunQueue, bell: Bell) -> None:
        self._database = database
        self._queue = queue
        self._bell = bell

    def trigger(self, new: NewRun) -> Triggered:
        """Open one run. See `trigger_many`."""
        return self.trigger_many([new])[0]

    def trigger_many(self, orders: list[NewRun]) -> list[Triggered]:
        """Open runs, all or none, in one transaction.

        A run whose idempotency key is held answers with the run that holds
        it. A task that no worker announces waits as pending_version.
        """
        with self._database.write() as connection:
            triggered = [self._open(connection, new) for new in orders]
        self._bell.ring()
        return triggered

    def _open(self, connection: Connection, new: NewRun) -> Triggered:
        if new.idempotency_key is not None:
            holder = ledger.holder_of_key(connection, new)
            if holder is not None:
                return Triggered(holder, is_cached=True)
        is_known = catalog.is_known(connection, new.task_identifier)
        status = RunStatus.QUEUED if is_known else RunStatus.PENDING_VERSION
        run_id = ledger.open_run(connection, new, status)
        if new.idempotency_key is not None and not ledger.hold_key(connection, new, run_id):
            # On Postgres another transaction may take the key between our look and our insert.
            raise Conflict(
                f"idempotencyKey {new.idempotency_key!r} is being used by another call: try again"
            )
        if is_known:
            self._queue.put(connection, run_id)
        return Triggered(run_id)

    def admit(self, connection: Connection, task_identifiers: list[str]) -> list[RunId]:
        """Queue the runs that waited for a worker which knows these tasks."""
        old, new = RunStatus.PENDING_VERSION, RunStatus.QUEUED
        admitted = [
            run_id
            for run_id in queries.waiting_for_version(connection, task_identifiers)
            if ledger.move(connection, run_id, old, new, "a worker announced the task")
        ]
        for run_id in admitted:
            self._queue.put(connection, run_id)
        return admitted
