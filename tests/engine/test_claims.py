"""Acts upon a run in the very moment in which a worker claims it, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from backline.db import Database
from backline.engine import Dispatch
from backline.errors import Conflict
from backline.runs import NewRun, RunStatus, Worker, catalog, ledger, queries
from backline.sdk import TaskFacts
from tests.engine.outcomes import read
from tests.processes import eventually

WORKER = Worker("worker_1", "elsewhere", "1:1", "v1", 1, 0, 0)


@pytest.fixture
def run_id(database: Database, dispatch: Dispatch) -> str:
    """A run that has its place and that no worker has claimed yet."""
    with database.exclusive() as connection:
        catalog.announce(connection, WORKER, [TaskFacts(identifier="sing")])
    return dispatch.trigger(NewRun(account_id="alice", task_identifier="sing")).run_id


def claimed_during(database: Database, run_id: str, act: Callable[[], object]) -> None:
    """Begin an act after a worker's claim was written, and before it is committed."""
    acting = threading.Thread(target=act)
    with database.write() as claim:
        assert ledger.start_attempt(claim, run_id, WORKER.id, "v1")
        acting.start()
        if not database.is_embedded:  # SQLite lets nobody begin to write meanwhile
            eventually(lambda: _waits_for_a_row(database))
    acting.join()


def _waits_for_a_row(database: Database) -> bool:
    waiting = sa.text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    with database.read() as connection:
        return bool(connection.execute(waiting).scalar())


def test_a_cancel_reaches_the_worker_that_was_just_faster(
    database: Database, dispatch: Dispatch, run_id: str
) -> None:
    """The run is told to stop: no cancel gets lost between the queue and the worker."""
    answers: list[RunStatus] = []
    claimed_during(database, run_id, lambda: answers.append(dispatch.cancel(run_id)))
    assert answers == [RunStatus.EXECUTING]
    with database.read() as connection:
        assert queries.to_be_stopped(connection, WORKER.id) == [run_id]


def test_a_move_to_another_version_is_refused_when_the_worker_was_faster(
    database: Database, dispatch: Dispatch, run_id: str
) -> None:
    """Who asks is told that the run executes, instead of that it was moved."""
    answers: list[str] = []

    def move() -> None:
        try:
            dispatch.move(run_id, "v2")
        except Conflict as refusal:
            answers.append(str(refusal))

    claimed_during(database, run_id, move)
    assert answers == [f"run {run_id} is executing: only one that waits can go to another version"]
    assert read(database, run_id).locked_version is None
