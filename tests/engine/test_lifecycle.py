"""Every way through a run's life, with a real worker, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from backline.clock import now_ms
from backline.db import Database
from backline.engine import Dispatch
from backline.errors import Conflict
from backline.runs import Run, RunStatus, queries, queues, waiting
from backline.settings import Settings
from tests.engine.outcomes import error, order, output, read, words
from tests.processes import Process, eventually, final_run, is_alive, worker


@pytest.fixture
def at_work(settings: Settings) -> Iterator[Process]:
    with worker(settings, "--slots", "1") as process:
        yield process


def reaches(database: Database, run_id: str, status: RunStatus) -> Run:
    return eventually(lambda: run if (run := read(database, run_id)).status is status else None)


def story(database: Database, run_id: str) -> list[str]:
    with database.read() as connection:
        return [status for _, status, _ in queries.events_of(connection, run_id)]


def test_a_frozen_run_holds_no_process_and_goes_on_where_it_was(
    database: Database, dispatch: Dispatch, at_work: Process, tmp_path: Path
) -> None:
    """With one slot a run waits, another runs meanwhile, and the first goes on after its wait."""
    diary = tmp_path / "diary"
    run_id = dispatch.trigger(order("naps", {"path": str(diary), "seconds": 6})).run_id
    frozen = reaches(database, run_id, RunStatus.FROZEN)
    process = int(diary.read_text().split()[-1])
    eventually(lambda: not is_alive(process))
    assert frozen.worker_id is None and not frozen.is_admitted
    assert output(final_run(database, dispatch.trigger(order("hello-world", 1)).run_id))
    assert not read(database, run_id).status.is_final
    done = final_run(database, run_id)
    assert output(done)["before"] == 1 and output(done)["started"] == 2
    assert words(diary) == ["before", "started", "started"]
    assert story(database, run_id) == [
        "queued",
        "executing",
        "frozen",
        "queued",
        "executing",
        "completed",
    ]
    with database.read() as connection:
        assert len(queries.attempts_of(connection, run_id)) == 1, "a wait is no new attempt"
    assert done.duration_ms < 6000, "waiting is not active time"


def test_generations_wait_for_each_other_in_one_slot(
    database: Database, dispatch: Dispatch, at_work: Process
) -> None:
    """Parent, child and grandchild wait in one slot without a deadlock, and know each other."""
    parent = final_run(database, dispatch.trigger(order("family", 2)).run_id)
    assert output(parent)["child"]["child"]["depth"] == 0
    with database.read() as connection:
        (child,) = queries.children_of(connection, parent.id)
        (grandchild,) = queries.children_of(connection, child.id)
        known = queries.find_run(connection, grandchild.id)
    assert known is not None
    assert (known.depth, known.root_id, known.parent_id) == (2, parent.id, child.id)
    assert known.trigger_function == "triggerAndWait"


def test_children_that_fail_and_batches_are_results_for_the_parent(
    database: Database, dispatch: Dispatch, at_work: Process
) -> None:
    """A failed child is a value; a batch comes back in order; a lone child goes its own way."""
    parent = final_run(database, dispatch.trigger(order("parent-of-a-failure")).run_id)
    told = output(parent)
    assert told["ok"] is False and told["error"]["name"] == "MeantToFail"
    assert told["batch"] == [{"echo": 1}, {"echo": 2}, {"echo": 3}]
    alone = final_run(database, told["alone"])
    assert "left-alone" in msgspec.json.decode(alone.tags)
    with database.read() as connection:
        functions = [child.trigger_function for child in queries.children_of(connection, parent.id)]
        batch_ids = {child.batch_id for child in queries.children_of(connection, parent.id)}
    assert functions == ["triggerAndWait", *["batchTriggerAndWait"] * 3, "trigger"]
    assert len(batch_ids) == 2 and None in batch_ids


def test_a_token_wakes_its_run_when_completed_or_when_its_time_is_over(
    database: Database, dispatch: Dispatch, at_work: Process
) -> None:
    """The first completion counts; a token without one times out."""
    run_id = dispatch.trigger(order("waits-for-a-token")).run_id
    frozen = reaches(database, run_id, RunStatus.FROZEN)
    token_id = msgspec.json.decode(frozen.metadata or "{}")["token"]
    dispatch.complete_token(token_id, {"approved": True})
    dispatch.complete_token(token_id, {"approved": False})
    assert output(final_run(database, run_id)) == {"ok": True, "output": {"approved": True}}
    late = final_run(database, dispatch.trigger(order("waits-for-a-token", 0.2)).run_id)
    assert output(late) == {"ok": False, "output": None}
    with database.read() as connection:
        statuses = {token.status for token in waiting.tokens_of(connection, "alice", 10)}
    assert statuses == {"COMPLETED", "TIMED_OUT"}


def test_a_delayed_run_starts_when_it_is_due(
    database: Database, dispatch: Dispatch, at_work: Process
) -> None:
    """Delayed, rescheduled, started: not before its time."""
    run_id = dispatch.trigger(order("hello-world", 1, delay_until=now_ms() + 3_600_000)).run_id
    delayed = read(database, run_id)
    assert delayed.status is RunStatus.DELAYED and delayed.delayed_until is not None
    due_at = now_ms() + 300
    dispatch.reschedule(run_id, due_at)
    done = final_run(database, run_id)
    assert done.started_at is not None and done.started_at >= due_at
    with pytest.raises(Conflict, match="completed"):
        dispatch.reschedule(run_id, now_ms())


def test_a_run_expires_unless_it_starts_in_time(
    database: Database, dispatch: Dispatch, at_work: Process, tmp_path: Path
) -> None:
    """A run whose ttl passes in the queue ends as expired, naming the ttl."""
    diary = tmp_path / "diary"
    blocker = order("one-at-a-time", {"path": str(diary), "nap_seconds": 2})
    first = dispatch.trigger(blocker).run_id
    second = dispatch.trigger(order("one-at-a-time", {"path": str(diary)}, ttl_seconds=1)).run_id
    expired = final_run(database, second)
    assert expired.status is RunStatus.EXPIRED and expired.expired_at is not None
    assert "ttl of 1s" in error(expired)["message"] and expired.started_at is None
    assert final_run(database, first).status is RunStatus.COMPLETED
    assert words(diary) == ["in", "out"]


def test_waiting_runs_are_canceled_at_once_and_their_children_too(
    database: Database, dispatch: Dispatch, at_work: Process, tmp_path: Path
) -> None:
    """Delayed, frozen and pending runs end without a process; a parent takes its children along."""
    delayed = dispatch.trigger(order("hello-world", delay_until=now_ms() + 3_600_000)).run_id
    pending = dispatch.trigger(order("nobody-knows-me")).run_id
    frozen = dispatch.trigger(order("naps", {"path": str(tmp_path / "d"), "seconds": 600})).run_id
    reaches(database, frozen, RunStatus.FROZEN)
    for run_id in (delayed, pending, frozen):
        assert dispatch.cancel(run_id) is RunStatus.CANCELED
        assert read(database, run_id).finished_at is not None
    assert dispatch.cancel(delayed) is RunStatus.CANCELED, "again is no error"


def test_an_executing_run_is_told_then_killed(
    database: Database, dispatch: Dispatch, at_work: Process, tmp_path: Path
) -> None:
    """A task that listens cleans up; one that does not is killed after the grace period."""
    for task in ("cleans-up", "does-not-listen"):
        diary = tmp_path / task
        run_id = dispatch.trigger(order(task, {"path": str(diary)})).run_id
        eventually(lambda diary=diary: "began" in words(diary))
        process = int(diary.read_text().split()[-1])
        assert dispatch.cancel(run_id) is RunStatus.EXECUTING
        ended = final_run(database, run_id)
        assert ended.status is RunStatus.CANCELED and error(ended)["name"] == "Canceled"
        eventually(lambda process=process: not is_alive(process))
        assert ("cleaned" in words(diary)) is (task == "cleans-up")


def test_a_run_that_takes_too_long_is_timed_out(
    database: Database, dispatch: Dispatch, at_work: Process
) -> None:
    """Past its longest duration the run is stopped, and the error says so."""
    run = final_run(database, dispatch.trigger(order("takes-too-long")).run_id)
    assert run.status is RunStatus.TIMED_OUT
    assert error(run) == {
        "name": "MaxDurationExceeded",
        "message": "the run was active for longer than its maxDuration of 0.5 s",
    }


def test_a_task_chooses_the_time_of_its_next_attempt(
    database: Database, dispatch: Dispatch, at_work: Process, tmp_path: Path
) -> None:
    """Raising a Retry makes the run reattempting until then."""
    run_id = dispatch.trigger(order("chooses-its-time", {"path": str(tmp_path / "d")})).run_id
    assert output(final_run(database, run_id)) == 2
    assert "reattempting" in story(database, run_id)


def test_a_task_tags_itself_within_limits(
    database: Database, dispatch: Dispatch, at_work: Process
) -> None:
    """Ten tags beside the account's; more, or foreign ones, are refused."""
    ten = [f"tag-{number}" for number in range(10)]
    tagged = final_run(database, dispatch.trigger(order("tags-itself", ten)).run_id)
    assert msgspec.json.decode(tagged.tags) == ["account:alice", *ten]
    for tags in ([*ten, "eleven"], ["account:bob"], [""]):
        refused = final_run(database, dispatch.trigger(order("tags-itself", tags)).run_id)
        assert refused.status is RunStatus.FAILED, tags


def test_a_replay_is_the_same_again(
    database: Database, dispatch: Dispatch, at_work: Process
) -> None:
    """A new run with the old one's payload, tags, first metadata and test flag."""
    first = dispatch.trigger(
        order("counts", tags=("demo",), metadata={"start": 1}, is_test=True)
    ).run_id
    final_run(database, first)
    again = final_run(database, dispatch.replay(first).run_id)
    assert again.id != first and again.status is RunStatus.COMPLETED
    assert msgspec.json.decode(again.tags) == ["account:alice", "demo"]
    assert msgspec.json.decode(again.metadata or "{}")["start"] == 1 and again.is_test


def test_a_replay_carries_every_option(database: Database, dispatch: Dispatch) -> None:
    """Priority, ttl, version, limits; not the key, the delay and the parent."""
    options = {
        "priority_seconds": 2.5,
        "ttl_seconds": 5400,
        "locked_version": "v7",
        "queue": "q",
        "concurrency_key": "k",
        "machine": "micro",
        "max_attempts": 4,
        "max_duration_seconds": 30,
    }
    first = dispatch.trigger(
        order("hello-world", idempotency_key="once", delay_until=now_ms() + 60_000, **options)
    ).run_id
    again = read(database, dispatch.replay(first).run_id)
    old = read(database, first)
    kept = ("priority_ms", "ttl", "locked_version", "lane", "machine", "max_attempts")
    assert [getattr(again, name) for name in kept] == [getattr(old, name) for name in kept]
    assert again.max_duration_ms == 30_000 and again.ttl == "1h30m"
    assert again.idempotency_key is None and again.delayed_until is None


def test_a_paused_queue_holds_its_runs_back(
    database: Database, dispatch: Dispatch, at_work: Process, tmp_path: Path
) -> None:
    """Paused, nothing starts; resumed, everything does; keys have copies of the queue."""
    diary = tmp_path / "diary"
    dispatch.change_queue("narrow", is_paused=True)
    ids = [
        dispatch.trigger(order("one-at-a-time", {"path": str(diary)}, concurrency_key=key)).run_id
        for key in ("a", "a", "b")
    ]
    with database.read() as connection:
        assert queues.counts(connection, "narrow") == (0, 3)
    dispatch.change_queue("narrow", is_paused=False)
    assert {final_run(database, run_id).status for run_id in ids} == {RunStatus.COMPLETED}


def test_an_unstarted_run_with_more_priority_goes_first(
    database: Database, dispatch: Dispatch, at_work: Process, tmp_path: Path
) -> None:
    """Priority is a head start in seconds."""
    diary = tmp_path / "diary"
    dispatch.change_queue("narrow", is_paused=True)
    payload = {"path": str(diary)}
    slow = dispatch.trigger(order("one-at-a-time", payload)).run_id
    quick = dispatch.trigger(order("one-at-a-time", payload, priority_seconds=60)).run_id
    dispatch.change_queue("narrow", is_paused=False)
    runs = [final_run(database, run_id) for run_id in (quick, slow)]
    assert (runs[0].started_at or 0) < (runs[1].started_at or 0)


def test_a_run_that_eats_its_memory_crashes_and_says_so(
    database: Database, dispatch: Dispatch, at_work: Process
) -> None:
    """Beyond what its machine has the run is killed; the worker lives on."""
    run = final_run(database, dispatch.trigger(order("eats-memory")).run_id)
    assert run.status is RunStatus.CRASHED and error(run)["name"] == "OutOfMemory"
    assert "0.25 GB of machine micro" in error(run)["message"]
    assert output(final_run(database, dispatch.trigger(order("hello-world", 1)).run_id))


def test_a_run_with_priority_is_performed_before_older_ones(
    database: Database, dispatch: Dispatch, at_work: Process
) -> None:
    """Its head start counts among those that have a place and wait for a slot, too."""
    busy = dispatch.trigger(order("sleep", {"seconds": 1})).run_id
    reaches(database, busy, RunStatus.EXECUTING)
    older = [dispatch.trigger(order("hello-world")).run_id for _ in range(3)]
    urgent = dispatch.trigger(order("hello-world", priority_seconds=3600)).run_id
    begun = {run_id: final_run(database, run_id).started_at for run_id in (*older, urgent)}
    assert min(begun, key=lambda run_id: begun[run_id] or 0) == urgent
