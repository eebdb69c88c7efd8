"""Whatever falls due: delayed runs, retries, waits, expiries, tokens, schedules.

Every worker keeps time; that two of them see the same run fall due is fine,
for a move succeeds once. Between due times the timekeeper sleeps, a second at
most, so that it also sees what other processes wrote.
"""

from __future__ import annotations

import logging

from backline.clock import now_ms
from backline.db import Connection, Database
from backline.engine.dispatch import Dispatch
from backline.ids import RunId
from backline.runs import RunStatus, catalog, firing, ledger, queries, queues, schedules, waiting
from backline.runs.schedules import Schedule

log = logging.getLogger(__name__)

LONGEST_SLEEP_SECONDS = 1.0
PAGE = 100
"""Runs that are moved in one transaction."""


class Timekeeper:
    """Moves runs whose time has come."""

    def __init__(self, database: Database, dispatch: Dispatch) -> None:
        self._database = database
        self._dispatch = dispatch

    def look(self) -> float:
        """Move whatever is due. Returns the seconds until it is worth looking again."""
        now = now_ms()
        with self._database.read() as connection:
            next_at = queries.next_due_at(connection)
        if next_at is not None and next_at <= now:
            with self._dispatch.acting() as connection:
                self._move_due(connection)
            return 0.0
        if next_at is None:
            return LONGEST_SLEEP_SECONDS
        return min(LONGEST_SLEEP_SECONDS, (next_at - now) / 1000)

    def _move_due(self, connection: Connection) -> None:
        for run_id, status in queries.due_runs(connection, PAGE):
            self._move(connection, run_id, status)
        for run_id, ttl in queries.expired_runs(connection, PAGE):
            self._expire(connection, run_id, ttl)
        waiting.time_tokens_out(connection, PAGE)
        for name in queues.rate_retries_due(connection):
            queues.change(connection, name, retry_at=None)
        for schedule in firing.due(connection, PAGE):
            self._fire(connection, schedule)
        self._dispatch.fill(connection)

    def _fire(self, connection: Connection, schedule: Schedule) -> None:
        """Open the run of a fire; a schedule that can not be read rests, and stops nobody else."""
        try:
            new = firing.fire(connection, schedule)
        except (ValueError, LookupError, OSError) as trouble:
            log.error(
                "schedule %s rests: %r in %r can not be read here (%s); activate it when it can",
                schedule.id,
                schedule.cron,
                schedule.timezone,
                trouble,
            )
            schedules.switch(connection, schedule.id, is_active=False)
            return
        if new is not None:
            self._dispatch.open(connection, new)

    def _move(self, connection: Connection, run_id: RunId, status: RunStatus) -> None:
        if status is RunStatus.FROZEN:
            key = queries.wait_due_first(connection, run_id)
            if key is not None:
                ledger.wake(connection, run_id, key, "null")
        elif status is RunStatus.REATTEMPTING:
            ledger.enqueue(connection, run_id, status, "the next attempt is due")
        elif status is RunStatus.DELAYED:
            self._release(connection, run_id)

    def _release(self, connection: Connection, run_id: RunId) -> None:
        """Let a delayed run into its queue, or wait for a worker that knows its task."""
        run = queries.find_run(connection, run_id)
        if run is not None and catalog.find_task(
            connection, run.task_identifier, run.needed_version
        ):
            ledger.enqueue(connection, run_id, RunStatus.DELAYED, "the delay is over")
        else:
            ledger.move(
                connection,
                run_id,
                RunStatus.DELAYED,
                RunStatus.PENDING_VERSION,
                "no worker announces the task",
                due_at=None,
            )

    def _expire(self, connection: Connection, run_id: RunId, ttl: str) -> None:
        run = queries.find_run(connection, run_id)
        if run is not None and ledger.expire(connection, run_id, ttl):
            self._dispatch.after_end(connection, run)
