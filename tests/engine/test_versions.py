"""A run goes on with the code that began it, waits for it visibly, or is moved by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from backline.clock import now_ms
from backline.db import Database
from backline.engine import Bell, Dispatch, RunQueue
from backline.engine.recovery import hand_back
from backline.errors import Conflict, NotFound
from backline.ids import new_id
from backline.runs import NewRun, Run, RunStatus, Wait, Worker, catalog, ledger, queries, queues
from backline.sdk import TaskFacts
from backline.settings import Settings
from tests.processes import backline, eventually, final_run, worker


class Fleet:
    """Workers of several versions, as the ledger sees them, and a queue with room for one."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.queue = RunQueue(database)
        self.dispatch = Dispatch(database, self.queue, Bell())

    def arrive(self, version: str) -> str:
        """Let a worker of this version announce the task. Returns its id."""
        here = Worker(new_id("worker"), "host", "1:1", version, 1, now_ms(), now_ms())
        facts = TaskFacts(identifier="mix", queue="narrow", concurrency_limit=1, ttl_seconds=3600)
        with self.database.exclusive() as connection:
            catalog.announce(connection, here, [facts])
            self.dispatch.admit(connection, ["mix"], version)
        return here.id

    def leave(self, worker_id: str) -> None:
        """Take a worker's runs over, as after its death."""
        hand_back(self.queue, self.dispatch, worker_id)

    def trigger(self, **more: Any) -> str:
        order = {"environment": "prod"} | more
        new = NewRun(account_id="alice", task_identifier="mix", **order)
        return self.dispatch.trigger(new).run_id

    def start(self, run_id: str, worker_id: str, version: str) -> bool:
        with self.database.write() as connection:
            return ledger.start_attempt(connection, run_id, worker_id, version) is not None

    def freeze(self, run_id: str) -> None:
        run = self.read(run_id)
        assert run.attempt_id is not None and run.worker_id is not None
        waits = [Wait(key="nap", kind="time", until=now_ms() + 3_600_000)]
        with self.database.exclusive() as connection:
            assert ledger.freeze(
                connection,
                run_id,
                run.attempt_id,
                run.worker_id,
                waits,
                active_ms=1,
                cost_cents=0.0,
            )
            self.dispatch.after_end(connection, run)

    def wake(self, run_id: str) -> None:
        with self.database.exclusive() as connection:
            assert ledger.wake(connection, run_id, "nap", "null")
            self.dispatch.fill(connection)

    def read(self, run_id: str) -> Run:
        with self.database.read() as connection:
            run = queries.find_run(connection, run_id)
        assert run is not None
        return run

    def stands(self, run_id: str) -> tuple[RunStatus, bool]:
        run = self.read(run_id)
        return run.status, bool(run.is_admitted)


QUEUED_WITH_A_PLACE = (RunStatus.QUEUED, True)
QUEUED_WITHOUT = (RunStatus.QUEUED, False)
WAITS = (RunStatus.PENDING_VERSION, False)


@pytest.fixture
def fleet(database: Database) -> Iterator[Fleet]:
    fleet = Fleet(database)
    yield fleet
    fleet.queue.close()


def test_a_run_locked_to_a_version_waits_for_its_worker(fleet: Fleet) -> None:
    """Another version's worker is not enough, and it takes nobody's place meanwhile."""
    fleet.arrive("v1")
    locked, free = fleet.trigger(locked_version="v2"), fleet.trigger()
    assert fleet.stands(locked) == WAITS and fleet.read(locked).needed_version == "v2"
    assert fleet.stands(free) == QUEUED_WITH_A_PLACE
    fleet.arrive("v1")
    assert fleet.stands(locked) == WAITS
    fleet.arrive("v2")
    assert fleet.read(locked).status is RunStatus.QUEUED


def test_a_run_that_wakes_without_its_version_waits_visibly(fleet: Fleet) -> None:
    """It gives its turn to the next, and goes on when its version is back."""
    first = fleet.arrive("v1")
    run_id = fleet.trigger()
    assert fleet.start(run_id, first, "v1")
    fleet.freeze(run_id)
    fleet.leave(first)
    second = fleet.arrive("v2")
    fleet.wake(run_id)
    assert fleet.stands(run_id) == WAITS and fleet.read(run_id).needed_version == "v1"
    other = fleet.trigger()
    assert fleet.stands(other) == QUEUED_WITH_A_PLACE and fleet.start(other, second, "v2")
    fleet.arrive("v1")
    assert fleet.stands(run_id) == QUEUED_WITHOUT, "the place is taken now"
    with fleet.database.read() as connection:
        told = [detail for _, _, detail in queries.events_of(connection, run_id)]
    assert "no worker has version v1" in told


def test_a_dead_workers_run_goes_to_its_own_version_alone(fleet: Fleet) -> None:
    """Whatever worker hears of it first."""
    first, second, third = fleet.arrive("v1"), fleet.arrive("v1"), fleet.arrive("v2")
    run_id = fleet.trigger()
    assert fleet.start(run_id, first, "v1")
    fleet.leave(first)
    assert fleet.stands(run_id) == QUEUED_WITH_A_PLACE
    assert not fleet.start(run_id, third, "v2")
    assert fleet.start(run_id, second, "v1")
    fleet.leave(second)
    assert fleet.stands(run_id) == WAITS


def test_in_development_the_newest_code_goes_on(fleet: Fleet) -> None:
    """Nothing is bound by having begun."""
    first, second = fleet.arrive("v1"), fleet.arrive("v2")
    run_id = fleet.trigger(environment="dev")
    assert fleet.start(run_id, first, "v1")
    fleet.leave(first)
    assert fleet.stands(run_id) == QUEUED_WITH_A_PLACE
    assert fleet.start(run_id, second, "v2")


def test_a_place_is_not_kept_for_a_version_that_left(fleet: Fleet) -> None:
    """A run that was let in, and that no worker can begin any more, gives it to the next."""
    first = fleet.arrive("v1")
    fleet.arrive("v2")
    locked, next_one = fleet.trigger(locked_version="v1"), fleet.trigger()
    assert fleet.stands(locked) == QUEUED_WITH_A_PLACE
    assert fleet.stands(next_one) == QUEUED_WITHOUT
    fleet.leave(first)
    assert fleet.stands(locked) == WAITS
    assert fleet.stands(next_one) == QUEUED_WITH_A_PLACE


def test_runs_that_wait_for_a_version_do_not_hide_those_behind_them(fleet: Fleet) -> None:
    """However many they are, whoever can start does."""
    first = fleet.arrive("v1")
    fleet.dispatch.change_queue("narrow", is_paused=True)
    locked = [fleet.trigger(locked_version="v1") for _ in range(3)]
    free = fleet.trigger()
    with fleet.database.write() as connection:
        catalog.retire(connection, first)
        queues.change(connection, "narrow", is_paused=False)
    fleet.arrive("v2")
    assert fleet.stands(free) == QUEUED_WITH_A_PLACE
    assert {fleet.stands(run_id) for run_id in locked} == {WAITS}


@pytest.mark.parametrize("target", ["v2", None])
def test_an_operator_moves_a_run_on(fleet: Fleet, target: str | None) -> None:
    """To a version, or to any; from there on it is bound to the one that took it."""
    first = fleet.arrive("v1")
    run_id = fleet.trigger()
    assert fleet.start(run_id, first, "v1")
    fleet.leave(first)
    second = fleet.arrive("v2")
    assert fleet.stands(run_id) == WAITS
    fleet.dispatch.move(run_id, target)
    assert fleet.stands(run_id) == QUEUED_WITH_A_PLACE
    assert fleet.start(run_id, second, "v2")
    assert (fleet.read(run_id).version, fleet.read(run_id).needed_version) == ("v2", "v2")


def test_a_run_may_be_moved_before_it_begins(fleet: Fleet) -> None:
    """From one worker's queue to another's, or to a version that is still to come."""
    first, second = fleet.arrive("v1"), fleet.arrive("v2")
    run_id = fleet.trigger(locked_version="v1")
    fleet.dispatch.move(run_id, "v2")
    assert fleet.stands(run_id) == QUEUED_WITH_A_PLACE
    assert not fleet.start(run_id, first, "v1")
    fleet.dispatch.move(run_id, "v3")
    assert fleet.stands(run_id) == WAITS
    fleet.dispatch.move(run_id, "v2")
    assert fleet.start(run_id, second, "v2")


def test_runs_of_an_unknown_task_get_what_its_author_declares(fleet: Fleet) -> None:
    """Queue and time to live, once a worker says; what their triggers said stays."""
    ids = [
        fleet.trigger(),
        fleet.trigger(concurrency_key="k", ttl_seconds=60),
        fleet.trigger(queue="own"),
        fleet.trigger(delay_until=now_ms() + 60_000),
    ]
    fleet.arrive("v1")
    known = [fleet.read(run_id) for run_id in ids]
    assert [run.queue for run in known] == ["narrow", "narrow", "own", "narrow"]
    assert [run.lane for run in known] == ["narrow", "narrow\nk", "own", "narrow"]
    assert [run.ttl for run in known] == ["1h", "1m", "1h", "1h"]
    assert [bool(run.is_admitted) for run in known] == [True, True, True, False]


def test_what_executes_or_has_ended_is_not_moved(fleet: Fleet) -> None:
    """And what does not exist can not be."""
    first = fleet.arrive("v1")
    run_id = fleet.trigger()
    fleet.start(run_id, first, "v1")
    with pytest.raises(Conflict, match="executing"):
        fleet.dispatch.move(run_id, None)
    waiting = fleet.trigger()
    fleet.dispatch.cancel(waiting)
    with pytest.raises(Conflict, match="canceled"):
        fleet.dispatch.move(waiting, None)
    with pytest.raises(NotFound):
        fleet.dispatch.move("run_none", None)


def test_a_run_is_handed_on_to_a_worker_that_knows_its_task(fleet: Fleet) -> None:
    """Of another version if there is one; where nobody knows it, it waits without a place."""
    first = fleet.arrive("v1")
    run_id = fleet.trigger(environment="dev")
    with fleet.database.write() as connection:
        assert not ledger.start_attempt(connection, run_id, "worker_x", "v2", {"other"})
    assert fleet.dispatch.pass_on(run_id, {"other"}, "v2")
    assert not fleet.dispatch.pass_on(run_id, {"mix"}, "v1")
    assert fleet.stands(run_id) == QUEUED_WITH_A_PLACE
    assert fleet.read(run_id).admission_count == 2
    with fleet.database.write() as connection:
        catalog.retire(connection, first)
    assert fleet.dispatch.pass_on(run_id, {"other"}, "v2")
    assert fleet.stands(run_id) == WAITS
    assert not fleet.dispatch.pass_on(run_id, {"other"}, "v2")
    second = fleet.arrive("v1")
    assert fleet.start(run_id, second, "v1")
    assert not fleet.dispatch.pass_on(run_id, {"other"}, "v2")


def test_workers_may_know_different_tasks(
    database: Database, settings: Settings, dispatch: Dispatch
) -> None:
    """Whichever of two hears of a run first, the one that knows its task performs it."""
    with worker(settings, "--slots", "1"), backline(settings, "worker", "--slots", "2") as ignorant:
        ignorant.wait_until_ready()
        orders = [
            NewRun(account_id="alice", task_identifier="async-hello", payload=str(number))
            for number in range(12)
        ]
        run_ids = [each.run_id for each in dispatch.trigger_many(orders)]
        done = [final_run(database, run_id) for run_id in run_ids]
    assert {run.status for run in done} == {RunStatus.COMPLETED}
    assert max(run.admission_count for run in done) > 1, "some were handed on"


def test_an_upgrade_by_real_workers(
    database: Database, settings: Settings, dispatch: Dispatch, tmp_path: Path
) -> None:
    """The old worker dies, the new one takes new runs; the old run waits, and is moved."""
    diary = tmp_path / "diary"

    def order(task: str, payload: Any) -> NewRun:
        return NewRun(account_id="alice", task_identifier=task, payload=payload, environment="prod")

    def status(run_id: str) -> RunStatus:
        with database.read() as connection:
            run = queries.find_run(connection, run_id)
        assert run is not None
        return run.status

    with worker(settings, "--slots", "1", BACKLINE_VERSION="20261123.1") as old:
        nap = {"path": str(diary), "nap_seconds": 60}
        run_id = dispatch.trigger(order("two-steps", nap)).run_id
        eventually(lambda: diary.exists() and "second" in diary.read_text())
        with worker(settings, "--slots", "1", BACKLINE_VERSION="20261123.2"):
            old.kill()
            eventually(lambda: status(run_id) is RunStatus.PENDING_VERSION)
            fresh = dispatch.trigger(order("hello-world", 1)).run_id
            assert final_run(database, fresh).version == "20261123.2"
            assert status(run_id) is RunStatus.PENDING_VERSION
            dispatch.move(run_id, "20261123.2")
            done = final_run(database, run_id)
    assert msgspec.json.decode(done.output or "null") == {"first": 1, "second": "slept"}
    assert done.version == "20261123.2" and diary.read_text().count("first") == 1
