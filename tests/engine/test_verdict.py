"""What the end of an attempt makes of its run."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from backline.clock import now_ms
from backline.db import Database, connect
from backline.engine.verdict import Death, End, Fault, Price, Stopped, Verdict
from backline.runs import NewRun, Run, RunStatus, ledger, queries
from backline.runs.ledger import Ending
from backline.runtime import messages as say
from backline.sdk import MACHINES, NO_RETRY, Retry, TaskFacts

PLAIN = Retry(max_attempts=3, min_delay_ms=1000, randomize=False)


@pytest.fixture
def run(sqlite_url: str) -> Run:
    """A run that a caller triggered."""
    return opened(connect(sqlite_url))


def opened(database: Database, **more: Any) -> Run:
    with database.write() as connection:
        new = NewRun(account_id="a", task_identifier="t", **more)
        run = queries.find_run(connection, ledger.open_run(connection, new, RunStatus.QUEUED))
    database.close()
    assert run is not None
    return run


def judge(run: Run, end: End, retry: Retry = PLAIN, machine: str = "micro") -> Ending:
    facts = TaskFacts(identifier="t", retry=retry, heartbeat_seconds=30)
    return Verdict(facts, MACHINES[machine], Price(1.0, 0.0), Random(1)).on(run, end, 2000)


def raised(**more: Any) -> say.Raised:
    return say.Raised("Oops", "it broke", "Traceback", more.pop("permanent", False), **more)


@pytest.mark.parametrize(
    ("end", "name"),
    [
        (raised(), "Oops"),
        (Death("the process of the run was killed by SIGSEGV"), "RunCrashed"),
        (Fault("backline itself failed"), "SystemFailure"),
        (Stopped("silent"), "HeartbeatMissed"),
    ],
)
def test_a_failure_is_tried_again_when_tries_are_left(run: Run, end: End, name: str) -> None:
    """The error is kept with the attempt, and the next one is due after the policy's pause."""
    ending = judge(run, end)
    assert ending.run is RunStatus.REATTEMPTING
    assert ending.error is not None and ending.error.name == name
    assert 500 < (ending.due_at or 0) - now_ms() <= 1000


@pytest.mark.parametrize(
    ("end", "status"),
    [
        (raised(), RunStatus.FAILED),
        (Death("dead"), RunStatus.CRASHED),
        (Fault("oh"), RunStatus.SYSTEM_FAILURE),
        (Stopped("silent"), RunStatus.FAILED),
        (Stopped("canceled"), RunStatus.CANCELED),
        (Stopped("timed_out"), RunStatus.TIMED_OUT),
        (Stopped("out_of_memory"), RunStatus.CRASHED),
        (raised(is_out_of_memory=True), RunStatus.CRASHED),
        (say.Returned({"n": 1}), RunStatus.COMPLETED),
    ],
)
def test_the_last_end_decides_the_status(run: Run, end: End, status: RunStatus) -> None:
    """With one try allowed every end is final, and each has its status."""
    assert judge(run, end, NO_RETRY).run is status


def test_what_is_not_worth_another_try_gets_none(run: Run) -> None:
    """Permanent errors, cancels, overtime and, without a larger machine, memory are final at once."""
    ends = [raised(permanent=True), *map(Stopped, ("canceled", "timed_out", "out_of_memory"))]
    assert all(judge(run, end).run.is_final for end in ends)


def test_a_task_may_choose_the_time(run: Run, sqlite_url: str) -> None:
    """A raised policy stands for the task's pause; the trigger's number of tries bounds it too."""
    later = raised(policy=Retry(after=90))
    assert 80_000 < (judge(run, later).due_at or 0) - now_ms() <= 90_000
    once = opened(connect(sqlite_url), max_attempts=1)
    assert judge(once, later).run is RunStatus.FAILED


def test_an_errors_own_policy_stands_for_the_tasks(run: Run) -> None:
    """It may try more, or not at all."""
    slow = Retry(max_attempts=9, min_delay_ms=50_000, randomize=False)
    assert (judge(run, raised(policy=slow), NO_RETRY).due_at or 0) - now_ms() > 40_000
    assert judge(run, raised(policy=NO_RETRY)).run is RunStatus.FAILED


def test_the_triggers_number_of_tries_counts(sqlite_url: str) -> None:
    """It stands for the task's, and bounds that of an error's own policy without adding to it."""
    run = opened(connect(sqlite_url), max_attempts=2)
    assert judge(run, raised(), NO_RETRY).run is RunStatus.REATTEMPTING
    assert judge(run, raised(policy=NO_RETRY)).run is RunStatus.FAILED


def test_memory_is_given_only_when_the_task_names_a_larger_machine(run: Run) -> None:
    """The ending moves the run there; a machine that is not larger is no way out."""
    named = Retry(out_of_memory_machine="small-2x")
    grown = judge(run, Stopped("out_of_memory"), named, "micro")
    assert (grown.run, grown.machine) == (RunStatus.REATTEMPTING, "small-2x")
    again = judge(run, Stopped("out_of_memory"), named, "small-2x")
    assert (again.run, again.machine) == (RunStatus.CRASHED, None)


@pytest.mark.parametrize(
    ("machine", "advice"), [("micro", "such as small-1x (0.5 GB)"), ("large-2x", "use less")]
)
def test_the_message_names_the_machine_and_the_next_larger(
    run: Run, machine: str, advice: str
) -> None:
    """Whoever reads it knows what to change."""
    error = judge(run, Stopped("out_of_memory"), machine=machine).error
    assert error is not None and error.name == "OutOfMemory"
    assert f"machine {machine}" in error.message and advice in error.message


def test_every_attempt_is_billed(run: Run) -> None:
    """Two seconds of a quarter core, whatever came of them."""
    assert judge(run, raised()).cost_cents == judge(run, say.Returned(1)).cost_cents == 0.5
