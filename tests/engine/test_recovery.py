from __future__ import annotations

import time
from collections.abc import Collection, Iterator

import pytest
import sqlalchemy as sa

from backline import clock
from backline.db import Connection, Database
from backline.engine import Bell, Dispatch, RunQueue
from backline.engine.queue import QUEUE
from backline.engine.recovery import MOST_LOSSES, Departure, Strays, Watch, hand_back
from backline.runs import NewRun, RunStatus, Worker, catalog, ledger, queries
from backline.sdk import TaskFacts
from tests.processes import eventually

STALE_MS = 100
HELLO = TaskFacts(identifier="hello-world")


@pytest.fixture(autouse=True)
def _soon_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "STALE_AFTER_MS", STALE_MS)


@pytest.fixture
def queue(database: Database) -> Iterator[RunQueue]:
    queue = RunQueue(database)
    yield queue
    queue.close()


@pytest.fixture
def bell() -> Bell:
    return Bell()


@pytest.fixture
def dispatch(database: Database, queue: RunQueue, bell: Bell) -> Dispatch:
    return Dispatch(database, queue, bell)


@pytest.fixture
def watch(database: Database, queue: RunQueue, dispatch: Dispatch) -> Watch:
    return Watch(database, queue, dispatch, "worker_me")


def announce(database: Database, worker_id: str, facts: TaskFacts = HELLO) -> None:
    """Enter a worker of another machine."""
    now = clock.now_ms()
    worker = Worker(worker_id, "elsewhere", "1:1", "v1", 1, now, now)
    with database.exclusive() as connection:
        catalog.announce(connection, worker, [facts])


def beat(database: Database, worker_id: str) -> None:
    with database.write() as connection:
        assert catalog.beat(connection, worker_id)


def look_for(watch: Watch, seconds: float) -> list[str]:
    """Look as often as a living worker does, and return whom it took over from."""
    dead: list[str] = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        dead += watch.take_over()
        time.sleep(STALE_MS / 1000 / 10)
    return dead


def executing(database: Database, dispatch: Dispatch, worker_id: str) -> str:
    """Trigger a run and let that worker claim it."""
    run_id = dispatch.trigger(NewRun(account_id="alice", task_identifier="hello-world")).run_id
    with database.write() as connection:
        assert ledger.start_attempt(connection, run_id, worker_id, "v1")
    return run_id


def status(database: Database, run_id: str) -> RunStatus:
    with database.read() as connection:
        run = queries.find_run(connection, run_id)
    assert run is not None
    return run.status


def test_a_worker_whose_heart_stands_still_loses_its_runs(
    database: Database, dispatch: Dispatch, watch: Watch
) -> None:
    """Its run waits in the queue again, and it is off the list."""
    announce(database, "worker_dead")
    run_id = executing(database, dispatch, "worker_dead")
    assert eventually(watch.take_over) == ["worker_dead"]
    assert status(database, run_id) is RunStatus.QUEUED
    with database.read() as connection:
        assert catalog.unretired(connection) == []


def test_a_run_that_kills_worker_after_worker_crashes(
    database: Database, queue: RunQueue, dispatch: Dispatch
) -> None:
    """After too many losses it is not given to another worker."""
    workers = [f"worker_{number}" for number in range(MOST_LOSSES)]
    for worker_id in workers:
        announce(database, worker_id)
    run_id = dispatch.trigger(NewRun(account_id="alice", task_identifier="hello-world")).run_id
    seen = []
    for worker_id in workers:
        with database.write() as connection:
            assert ledger.start_attempt(connection, run_id, worker_id, "v1")
        hand_back(queue, dispatch, worker_id)
        seen.append(status(database, run_id))
    assert seen == [RunStatus.QUEUED] * (MOST_LOSSES - 1) + [RunStatus.CRASHED]


def test_a_run_outlives_any_number_of_upgrades(
    database: Database, queue: RunQueue, dispatch: Dispatch
) -> None:
    """Workers that their operator stopped are not held against it."""
    announce(database, "worker_stays")
    run_id = dispatch.trigger(NewRun(account_id="alice", task_identifier="hello-world")).run_id
    for number in range(MOST_LOSSES + 1):
        announce(database, f"worker_{number}")
        with database.write() as connection:
            assert ledger.start_attempt(connection, run_id, f"worker_{number}", "v1")
        hand_back(queue, dispatch, f"worker_{number}", Departure.STOPPED)
    assert status(database, run_id) is RunStatus.QUEUED


def test_what_must_not_begin_twice_is_interrupted(
    database: Database, queue: RunQueue, dispatch: Dispatch
) -> None:
    """A task that says so ends with its worker, and the error says what to do."""
    announce(database, "worker_dead", facts=TaskFacts(identifier="mail-all-fans", resumable=False))
    run_id = dispatch.trigger(NewRun(account_id="alice", task_identifier="mail-all-fans")).run_id
    with database.write() as connection:
        assert ledger.start_attempt(connection, run_id, "worker_dead", "v1")
    hand_back(queue, dispatch, "worker_dead")
    with database.read() as connection:
        run = queries.find_run(connection, run_id)
    assert run is not None and run.status is RunStatus.INTERRUPTED
    assert "replay the run" in (run.error or "")


class Messenger:
    """Hears what other processes are told."""

    def __init__(self) -> None:
        self.heard: set[str] = set()

    def send_at_commit(self, connection: Connection, news: Collection[str]) -> None:
        """The news is heard when the transaction is over."""

    def send(self, news: Collection[str]) -> None:
        self.heard |= set(news)


def test_workers_are_rung_for_what_is_put_back(
    database: Database, queue: RunQueue, bell: Bell, dispatch: Dispatch
) -> None:
    """They need not wait for a poll to take over what a dead worker left."""
    announce(database, "worker_dead")
    run_id = dispatch.trigger(NewRun(account_id="alice", task_identifier="hello-world")).run_id
    with database.write() as connection:
        assert ledger.start_attempt(connection, run_id, "worker_dead", "v1")
    bell.messenger = messenger = Messenger()
    hand_back(queue, dispatch, "worker_dead")
    assert QUEUE in messenger.heard


def test_a_clock_that_jumps_kills_nobody(
    database: Database, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A watcher whose clock is an hour ahead still sees that the other's heart beats."""
    announce(database, "worker_alive")
    true_time_ns = time.time_ns
    for _ in range(10):
        beat(database, "worker_alive")
        with monkeypatch.context() as patch:
            patch.setattr(clock.time, "time_ns", lambda: true_time_ns() + 3_600 * 10**9)
            assert look_for(watch, STALE_MS / 1000 / 4) == []


def test_a_heart_that_is_behind_the_time_is_alive_while_it_beats(
    database: Database, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine whose clock is a day late is not taken for dead."""
    announce(database, "worker_late")
    yesterday = clock.now_ms() - 86_400_000
    for tick in range(10):
        monkeypatch.setattr(catalog, "now_ms", lambda tick=tick: yesterday + tick)
        beat(database, "worker_late")
        assert look_for(watch, STALE_MS / 1000 / 4) == []


def test_who_was_away_itself_judges_nobody(database: Database, watch: Watch) -> None:
    """After an outage of the database every worker gets the time to beat again."""
    announce(database, "worker_alive")
    watch.take_over()
    time.sleep(2 * STALE_MS / 1000)
    assert watch.take_over() == []


def test_what_a_worker_takes_after_its_death_is_handed_on(
    database: Database, dispatch: Dispatch, queue: RunQueue, watch: Watch
) -> None:
    """Its last statement was still on the way when it was taken off the list."""
    announce(database, "worker_dead")
    run_id = dispatch.trigger(NewRun(account_id="alice", task_identifier="hello-world")).run_id
    hand_back(queue, dispatch, "worker_dead")
    give(database, run_id, "worker_dead")
    watch.take_over()
    assert queue.given_to("worker_dead") == []


def test_what_never_arrived_is_queued_again(
    database: Database, dispatch: Dispatch, queue: RunQueue
) -> None:
    """The engine gave a run to this worker, and nobody performs it: at the second look it goes back."""
    announce(database, "worker_me")
    run_id = dispatch.trigger(NewRun(account_id="alice", task_identifier="hello-world")).run_id
    give(database, run_id, "worker_me")
    strays = Strays(queue, "worker_me", list)
    assert strays.put_back() == set(), "it may be on its way"
    assert strays.put_back() == {run_id}
    assert queue.given_to("worker_me") == []


def test_what_is_performed_is_no_stray(
    database: Database, dispatch: Dispatch, queue: RunQueue
) -> None:
    """A run that executes here is left alone however often one looks."""
    announce(database, "worker_me")
    run_id = dispatch.trigger(NewRun(account_id="alice", task_identifier="hello-world")).run_id
    give(database, run_id, "worker_me")
    strays = Strays(queue, "worker_me", lambda: [run_id])
    assert [strays.put_back() for _ in range(3)] == [set(), set(), set()]
    assert queue.given_to("worker_me") == [run_id]


def give(database: Database, run_id: str, worker_id: str) -> None:
    """Leave the engine's row as its claim does when the database goes away right after."""
    table = "workflow_status" if database.is_embedded else "dbos.workflow_status"
    with database.write() as connection:
        connection.execute(
            sa.text(
                f"UPDATE {table} SET status='PENDING', executor_id=:worker WHERE workflow_uuid=:run"
            ),
            {"worker": worker_id, "run": run_id},
        )
