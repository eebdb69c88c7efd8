"""Thousands of runs that wait cost their rows in the ledger, and nothing else."""

from __future__ import annotations

import time

import pytest
import sqlalchemy as sa

from backline.db import Database
from backline.engine import Dispatch
from backline.engine.memory import used_bytes
from backline.runs import NewRun, RunStatus, queries
from backline.runs.tables import runs
from backline.settings import Settings
from tests.engine.outcomes import order
from tests.processes import eventually, final_run, worker

HOUR_SECONDS = 3600
MOST_GROWTH_BYTES = 20 * 1024**2


def freeze_many(database: Database, dispatch: Dispatch, settings: Settings, count: int) -> None:
    """Let so many runs wait an hour on one slot, look at the memory, and let the hour pass."""
    with worker(settings, "--slots", "1") as process:
        warm = [dispatch.trigger(waiting_for(HOUR_SECONDS)).run_id for _ in range(20)]
        wait_until(database, RunStatus.FROZEN, len(warm))
        before = used_bytes(process.pid)

        dispatch.trigger_batch([waiting_for(HOUR_SECONDS) for _ in range(count - len(warm))])
        wait_until(database, RunStatus.FROZEN, count)
        grown = used_bytes(process.pid) - before
        begun = time.monotonic()
        final_run(database, dispatch.trigger(order("hello-world", 1)).run_id)
        print(
            f"{count} frozen: {grown / 1024**2:.1f} MiB more, a new run took"
            f" {time.monotonic() - begun:.2f} s"
        )
        assert grown < MOST_GROWTH_BYTES
        an_hour_passes(database)
        wait_until(database, RunStatus.COMPLETED, count + 1)
        with database.read() as connection:
            assert set(connection.execute(sa.select(runs.c.attempt_count)).scalars()) == {1}


def waiting_for(seconds: int) -> NewRun:
    return order("waits-in-between", seconds)


def an_hour_passes(database: Database) -> None:
    """Make due what is due in an hour."""
    with database.write() as connection:
        connection.execute(
            sa.update(runs)
            .where(runs.c.status == RunStatus.FROZEN.value)
            .values(due_at=runs.c.due_at - HOUR_SECONDS * 1000)
        )


def wait_until(database: Database, status: RunStatus, count: int) -> None:
    """Wait until so many runs stand there; as long as their number grows there is hope."""
    reached = -1
    while reached < count:

        def more(reached: int = reached) -> int | None:
            with database.read() as connection:
                now = queries.count_by_status(connection).get(status, 0)
            return now if now > reached else None

        reached = eventually(more)


def test_runs_that_wait_cost_no_memory(
    database: Database, dispatch: Dispatch, settings: Settings
) -> None:
    """Forty wait an hour in one slot; a new run starts at once, and each goes on in time."""
    freeze_many(database, dispatch, settings, 40)


@pytest.mark.soak
def test_thousands_of_runs_that_wait_cost_no_memory(
    database: Database, dispatch: Dispatch, settings: Settings
) -> None:
    """The same with five thousand."""
    freeze_many(database, dispatch, settings, 5000)
