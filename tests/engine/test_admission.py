"""The promise of the queues, against random lives: no limit is exceeded, no room is left unused."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from backline.clock import now_ms
from backline.db import Database, connect
from backline.engine import Bell, Dispatch, RunQueue
from backline.ids import new_id
from backline.runs import (
    AttemptStatus,
    NewRun,
    RunError,
    RunStatus,
    Wait,
    Worker,
    catalog,
    ledger,
    queries,
    queues,
)
from backline.runs.ledger import Ending
from backline.runs.tables import queue_starts
from backline.sdk import TaskFacts
from tests.conftest import PostgresHost

ENVIRONMENT_LIMIT = 4
WORKER = Worker("worker_1", "here", "1:1", "v1", 9, 0, 0)
TASKS = {"wide": None, "narrow": 1, "double": 2}
KEYS = st.sampled_from([None, "a"])
LANES = [queues.lane_of(name, key) for name in TASKS for key in (None, "a")]

Blank = Callable[[], AbstractContextManager[Database]]
"""Opens an empty database with all tables, for one life."""


@pytest.fixture(params=["sqlite", "postgres"])
def blank(request: pytest.FixtureRequest, tmp_path: Path) -> Blank:
    """Empty databases, as many as there are lives, once of each kind."""
    if request.param == "sqlite":
        pattern: Path = request.getfixturevalue("sqlite_pattern")
        return lambda: _blank_file(pattern, tmp_path)
    host: PostgresHost = request.getfixturevalue("postgres")
    return lambda: _blank_postgres(host)


@contextmanager
def _blank_file(pattern: Path, folder: Path) -> Iterator[Database]:
    path = folder / f"{new_id('test')}.db"
    shutil.copy(pattern, path)
    database = connect(f"sqlite:///{path}")
    yield database
    database.close()
    path.unlink()


@contextmanager
def _blank_postgres(host: PostgresHost) -> Iterator[Database]:
    url = host.create()
    database = connect(url)
    yield database
    database.close()
    host.drop(url)


class Lives(RuleBasedStateMachine):
    """Random triggers, starts, ends, waits, losses and changes of limits."""

    def __init__(self, blank: Blank) -> None:
        super().__init__()
        self.blank = blank
        self.stack = ExitStack()

    @initialize()
    def open(self) -> None:
        self.database = self.stack.enter_context(self.blank())
        self.queue = RunQueue(self.database)
        self.stack.callback(self.queue.close)
        self.dispatch = Dispatch(
            self.database, self.queue, Bell(), concurrency_limit=ENVIRONMENT_LIMIT
        )
        self.ids: list[str] = []
        self.inside = dict.fromkeys(LANES, 0)
        facts = [
            TaskFacts(identifier=name, queue=name, concurrency_limit=limit)
            for name, limit in TASKS.items()
        ]
        with self.database.exclusive() as connection:
            catalog.announce(connection, WORKER, facts)

    def pick(self, status: RunStatus, admitted: bool, draw: int) -> str | None:
        with self.database.read() as connection:
            runs = [queries.find_run(connection, run_id) for run_id in self.ids]
        fit = [r.id for r in runs if r and r.status is status and r.is_admitted is admitted]
        return fit[draw % len(fit)] if fit else None

    @rule(
        task=st.sampled_from(sorted(TASKS)),
        key=KEYS,
        priority=st.integers(0, 5),
        count=st.integers(1, 4),
    )
    def trigger(self, task: str, key: str | None, priority: int, count: int) -> None:
        order = NewRun(
            account_id="alice",
            task_identifier=task,
            concurrency_key=key,
            priority_seconds=float(priority),
        )
        self.ids += [done.run_id for done in self.dispatch.trigger_many([order] * count)]

    @rule()
    def start_all(self) -> None:
        while (run_id := self.pick(RunStatus.QUEUED, True, 0)) is not None:
            with self.database.write() as connection:
                assert ledger.start_attempt(connection, run_id, WORKER.id, "v1") is not None

    @rule(
        draw=st.integers(0, 99),
        status=st.sampled_from([RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.REATTEMPTING]),
    )
    def end(self, draw: int, status: RunStatus) -> None:
        run_id = self.pick(RunStatus.EXECUTING, True, draw)
        if run_id is None:
            return
        ending = Ending(run=status, attempt=AttemptStatus.FAILED, detail="", active_ms=1)
        with self.database.exclusive() as connection:
            run = queries.find_run(connection, run_id)
            assert run is not None
            assert ledger.end_attempt(connection, run_id, run.attempt_id, WORKER.id, ending)
            self.dispatch.after_end(connection, run)

    @rule(draw=st.integers(0, 99))
    def try_again(self, draw: int) -> None:
        run_id = self.pick(RunStatus.REATTEMPTING, False, draw)
        if run_id is not None:
            with self.database.exclusive() as connection:
                ledger.enqueue(connection, run_id, RunStatus.REATTEMPTING, "due")
                self.dispatch.fill(connection)

    @rule(draw=st.integers(0, 99))
    def freeze(self, draw: int) -> None:
        run_id = self.pick(RunStatus.EXECUTING, True, draw)
        if run_id is None:
            return
        with self.database.exclusive() as connection:
            run = queries.find_run(connection, run_id)
            assert run is not None
            ledger.freeze(
                connection,
                run_id,
                run.attempt_id,
                WORKER.id,
                [Wait(key=f"wait{run.admission_count}", kind="time", until=1)],
                active_ms=1,
                cost_cents=0,
            )
            self.dispatch.after_end(connection, run)

    @rule(draw=st.integers(0, 99))
    def wake(self, draw: int) -> None:
        run_id = self.pick(RunStatus.FROZEN, False, draw)
        if run_id is None:
            return
        with self.database.exclusive() as connection:
            key = queries.wait_due_first(connection, run_id)
            assert key is not None and ledger.wake(connection, run_id, key, "null")
            self.dispatch.fill(connection)

    @rule(draw=st.integers(0, 99))
    def lose(self, draw: int) -> None:
        run_id = self.pick(RunStatus.EXECUTING, True, draw)
        if run_id is None:
            return
        with self.database.exclusive() as connection:
            run = queries.find_run(connection, run_id)
            assert run is not None
            becomes = RunStatus.CRASHED if run.loss_count else RunStatus.QUEUED
            gone = RunError(name="WorkerLost", message="the worker is gone")
            loss = ledger.Loss(becomes, gone, counts=True)
            lost = ledger.lose_attempt(connection, run, WORKER.id, loss)
            if lost and becomes.is_final:
                self.dispatch.after_end(connection, run)

    @rule(draw=st.integers(0, 99))
    def cancel(self, draw: int) -> None:
        if self.ids:
            self.dispatch.cancel(self.ids[draw % len(self.ids)])

    @rule(name=st.sampled_from(sorted(TASKS)), is_paused=st.booleans())
    def pause(self, name: str, is_paused: bool) -> None:
        self.dispatch.change_queue(name, is_paused=is_paused)

    @rule(name=st.sampled_from(sorted(TASKS)), limit=st.sampled_from([None, 0, 1, 2, 3]))
    def change_limit(self, name: str, limit: int | None) -> None:
        """A lower limit stops nobody who is inside already, and lets nobody else in."""
        self.dispatch.change_queue(name, override_limit=limit)

    @invariant()
    def limits_hold_and_room_is_used(self) -> None:
        if not hasattr(self, "database"):
            return
        with self.database.read() as connection:
            taken = queues.places_taken_in_all(connection)
            assert taken <= ENVIRONMENT_LIMIT
            for lane in LANES:
                queue = queues.find(connection, queues.queue_of(lane))
                inside = queues.standing(connection, lane).taken
                if queue.limit is not None and inside > queue.limit:
                    assert inside <= self.inside[lane], f"{lane!r} was full and let another one in"
                self.inside[lane] = inside
                left_out = queues.waiting(connection, 1, lane=lane)
                has_room = queue.limit is None or inside < queue.limit
                if taken < ENVIRONMENT_LIMIT and has_room and not queue.is_paused:
                    assert not left_out, f"{lane!r} has room and leaves {left_out} waiting"

    def teardown(self) -> None:
        self.stack.close()


def test_no_limit_is_exceeded_and_no_room_left_unused(blank: Blank) -> None:
    """Whatever happens to runs and limits, in whatever order."""
    run_state_machine_as_test(
        lambda: Lives(blank),
        settings=settings(
            max_examples=15,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,  # the same lives in every run of the suite
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_a_rate_holds_over_all_keys(database: Database, dispatch: Dispatch) -> None:
    """Two starts a day, whatever ends meanwhile; then room comes back by itself."""
    with database.exclusive() as connection:
        catalog.announce(connection, WORKER, [TaskFacts(identifier="mix", queue="rated")])
    dispatch.change_queue("rated", rate_limit=2, rate_period_ms=86_400_000, is_paused=True)
    orders = [
        NewRun(account_id="alice", task_identifier="mix", concurrency_key=key) for key in "aba"
    ]
    ids = [done.run_id for done in dispatch.trigger_many(orders)]

    dispatch.change_queue("rated", is_paused=False)

    def has_place(run_id: str) -> bool:
        with database.read() as connection:
            run = queries.find_run(connection, run_id)
        return run is not None and bool(run.is_admitted)

    assert [has_place(run_id) for run_id in ids] == [True, True, False]
    dispatch.cancel(ids[0])
    assert not has_place(ids[2])
    with database.exclusive() as connection:
        assert (queues.find(connection, "rated").retry_at or 0) > now_ms()
        connection.execute(sa.update(queue_starts).values(at=queue_starts.c.at - 86_400_001))
        dispatch.fill(connection)
    assert has_place(ids[2])
