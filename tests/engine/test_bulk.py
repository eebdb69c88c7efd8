"""Many runs stopped or made again at once: a few at a time, and nobody starts in vain."""

from __future__ import annotations

import pytest

from backline.clock import now_ms
from backline.db import Database
from backline.engine import Dispatch
from backline.runs import NewRun, Run, RunStatus, Worker, catalog, queries
from backline.sdk import TaskFacts


@pytest.fixture
def dispatch(database: Database, dispatch: Dispatch) -> Dispatch:
    """With a worker that announces a task of which two runs may execute at once."""
    facts = TaskFacts(identifier="mix", queue="narrow", concurrency_limit=2)
    here = Worker("worker_1", "host", "1:1", "v1", 1, now_ms(), now_ms())
    with database.exclusive() as connection:
        catalog.announce(connection, here, [facts])
    return dispatch


def triggered(dispatch: Dispatch, count: int) -> list[str]:
    orders = [NewRun(account_id="alice", task_identifier="mix") for _ in range(count)]
    return [each.run_id for each in dispatch.trigger_many(orders)]


def read(database: Database, run_ids: list[str]) -> list[Run]:
    with database.read() as connection:
        found = [queries.find_run(connection, run_id) for run_id in run_ids]
    return [run for run in found if run is not None]


def test_no_run_is_let_in_only_to_be_stopped(database: Database, dispatch: Dispatch) -> None:
    """Of those that are stopped only two ever had a place; the next two have it now."""
    run_ids = triggered(dispatch, 40)
    assert dispatch.cancel_many(run_ids[:20]) == run_ids[:20]
    stopped, left = read(database, run_ids[:20]), read(database, run_ids[20:])
    assert {run.status for run in stopped} == {RunStatus.CANCELED}
    assert sum(run.admission_count for run in stopped) == 2
    assert [bool(run.is_admitted) for run in left] == [True, True, *[False] * 18]


def test_what_has_ended_or_never_was_is_passed_over(database: Database, dispatch: Dispatch) -> None:
    """Only what was stopped is told of; only what exists is made again."""
    run_ids = triggered(dispatch, 3)
    dispatch.cancel(run_ids[1])
    assert dispatch.cancel_many([*run_ids, "run_none"]) == [run_ids[0], run_ids[2]]
    again = dispatch.replay_many([run_ids[0], "run_none"])
    assert len(again) == 1 and again[0] not in run_ids
    assert read(database, again)[0].task_identifier == "mix"
