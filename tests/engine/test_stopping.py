"""How runs are stopped, with real processes, on both databases."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from backline.db import Database
from backline.engine import Dispatch
from backline.runs import RunStatus, queries
from tests.engine.conftest import Workshop
from tests.engine.outcomes import error, order, output, words
from tests.processes import eventually, final_run, is_alive


@pytest.fixture
def database(workshop: Workshop) -> Database:
    return workshop.database


@pytest.fixture
def dispatch(workshop: Workshop) -> Dispatch:
    return workshop.dispatch


def test_what_a_run_started_ends_with_it(
    database: Database, dispatch: Dispatch, tmp_path: Path
) -> None:
    """Programs of every kind are gone after a cancel, a SIGKILL and maxDuration."""
    ends = {"cancel": {}, "dies": {}, "overtime": {"max_duration_seconds": 2.5}}
    runs = {}
    for how, more in ends.items():
        payload = {"path": str(tmp_path / how), "how": how}
        runs[how] = dispatch.trigger(order("starts-programs", payload, **more)).run_id
    eventually(lambda: words(tmp_path / "cancel"))
    dispatch.cancel(runs["cancel"])
    statuses = {how: final_run(database, run_id).status for how, run_id in runs.items()}
    assert statuses == {
        "cancel": RunStatus.CANCELED,
        "dies": RunStatus.CRASHED,
        "overtime": RunStatus.TIMED_OUT,
    }
    for how in ends:
        for pid in (tmp_path / how).read_text().split():
            eventually(lambda pid=int(pid): not is_alive(pid))


def test_a_task_that_looks_ends_by_itself(
    database: Database, dispatch: Dispatch, tmp_path: Path
) -> None:
    """A loop over ctx.cancelled is not interrupted: it leaves, does a step, and the run is canceled."""
    diary = tmp_path / "diary"
    run_id = dispatch.trigger(order("watches", {"path": str(diary)})).run_id
    eventually(lambda: "looked" in words(diary))
    dispatch.cancel(run_id)
    run = final_run(database, run_id)
    assert run.status is RunStatus.CANCELED and run.output is None
    assert words(diary)[-1] == "tidied"
    assert msgspec.json.decode(run.metadata or "{}") == {"ended": "by itself"}


def test_a_silent_attempt_fails_and_is_tried_again(database: Database, dispatch: Dispatch) -> None:
    """Without a sign of life for heartbeat_seconds the attempt is over; beating keeps it alive."""
    run = final_run(database, dispatch.trigger(order("falls-silent")).run_id)
    assert output(run) == 2
    with database.read() as connection:
        first, _ = queries.attempts_of(connection, run.id)
    told = msgspec.json.decode(first.error or "{}")
    assert told["name"] == "HeartbeatMissed"
    assert "for 1 s" in told["message"] and "ctx.heartbeat()" in told["message"]
    once = final_run(database, dispatch.trigger(order("falls-silent", max_attempts=1)).run_id)
    assert once.status is RunStatus.FAILED and error(once)["name"] == "HeartbeatMissed"


def test_out_of_memory_is_tried_again_on_the_machine_that_the_task_names(
    database: Database, dispatch: Dispatch
) -> None:
    """The second attempt has more memory and is billed for it; the first says what happened."""
    run = final_run(database, dispatch.trigger(order("outgrows")).run_id)
    assert (output(run), run.machine) == ("small-2x", "small-2x")
    with database.read() as connection:
        first, _ = queries.attempts_of(connection, run.id)
    assert "0.25 GB of machine micro" in (first.error or "")
    assert "small-2x (1 GB)" in (first.error or "")


def test_a_kill_when_nearly_full_is_taken_for_lack_of_memory(
    database: Database, dispatch: Dispatch
) -> None:
    """The kernel may be faster than the worker's look; the run says what it was all the same."""
    run = final_run(database, dispatch.trigger(order("is-killed-when-nearly-full")).run_id)
    assert run.status is RunStatus.CRASHED and error(run)["name"] == "OutOfMemory"
    assert "such as small-1x (0.5 GB)" in error(run)["message"]


def test_an_error_may_have_a_policy_of_its_own(database: Database, dispatch: Dispatch) -> None:
    """A storm, being weather, is waited out; any other error is final."""
    assert (
        output(final_run(database, dispatch.trigger(order("minds-its-errors", "storm")).run_id))
        == 3
    )
    other = final_run(database, dispatch.trigger(order("minds-its-errors", "rain")).run_id)
    assert other.status is RunStatus.FAILED and other.attempt_count == 1
    few = dispatch.trigger(order("minds-its-errors", "storm", max_attempts=2)).run_id
    assert final_run(database, few).attempt_count == 2


def test_hooks_and_cleanup_come_in_order(
    database: Database, dispatch: Dispatch, tmp_path: Path
) -> None:
    """Each attempt starts once, also when it waits frozen; cleanup comes before the hook that tells."""
    retried, stopped = tmp_path / "retried", tmp_path / "stopped"
    again = dispatch.trigger(order("tells-the-order", {"path": str(retried)})).run_id
    long = dispatch.trigger(
        order("tells-the-order", {"path": str(stopped), "nap_seconds": 1})
    ).run_id
    eventually(lambda: "run" in words(stopped))
    dispatch.cancel(long)
    assert final_run(database, again).status is RunStatus.COMPLETED
    assert final_run(database, long).status is RunStatus.CANCELED
    turn = ["start", "run", "finally"]
    assert words(retried) == [*turn, "failure", *turn, "success"]
    assert words(stopped) == [*turn, "cancel"]
    frozen = tmp_path / "frozen"
    waited = dispatch.trigger(
        order("tells-the-order", {"path": str(frozen), "nap_seconds": 5.5})
    ).run_id
    assert final_run(database, waited).status is RunStatus.COMPLETED
    assert words(frozen) == ["start", "run", "run", "finally", "success"]


@pytest.mark.parametrize("ends_by", ["waiting", "failing"])
def test_a_cancel_in_the_last_moment_is_heeded(workshop: Workshop, ends_by: str) -> None:
    """A run that leaves its worker before the cancel is heard does not wait for an hour first."""
    payload = {"database_url": workshop.settings.database_url, "ends_by": ends_by}
    run_id = workshop.dispatch.trigger(order("canceled-in-the-last-moment", payload)).run_id
    ended = final_run(workshop.database, run_id)
    assert ended.status is RunStatus.CANCELED and error(ended)["name"] == "Canceled"
    with workshop.database.read() as connection:
        (attempt,) = queries.attempts_of(connection, run_id)
    assert attempt.completed_at is not None


def test_what_a_run_triggers_on_its_way_out_is_stopped_too(
    database: Database, dispatch: Dispatch
) -> None:
    """A cancel reaches every child, also those of the last seconds."""
    run_id = dispatch.trigger(order("triggers-while-it-stops")).run_id
    eventually(lambda: has_begun(database, run_id))
    dispatch.cancel(run_id)
    final_run(database, run_id)
    with database.read() as connection:
        children = queries.children_of(connection, run_id)
    assert len(children) == 4
    for child in children:
        assert final_run(database, child.id).status is RunStatus.CANCELED


def has_begun(database: Database, run_id: str) -> bool:
    with database.read() as connection:
        run = queries.find_run(connection, run_id)
    return run is not None and run.metadata is not None
