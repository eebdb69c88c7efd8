"""Runs that ended long ago are forgotten, with all that hangs on them, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from backline.clock import now_ms
from backline.db import Database
from backline.engine import Bell, Dispatch, Retention, RunQueue
from backline.errors import BacklineError
from backline.files import Shelf
from backline.ids import earliest_id, new_id
from backline.runs import AttemptStatus, LogLine, NewRun, RunStatus, Worker, catalog, ledger
from backline.runs.ledger import Ending
from backline.runs.tables import (
    attempts,
    batches,
    idempotency_keys,
    run_events,
    run_logs,
    run_tags,
    runs,
    steps,
    tokens,
    workers,
)
from backline.runs.waiting import complete_token, open_token, share_child
from backline.sdk import TaskFacts
from backline.settings import Settings
from backline.storage import open_store
from tests.processes import eventually, worker

DAY_MS = 24 * 3600 * 1000
WORKER = "worker_1"


class House:
    """A ledger with an engine behind it, and a shelf; runs in it can be made old."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database
        self.queue = RunQueue(database)
        self.dispatch = Dispatch(database, self.queue, Bell())
        self.shelf = Shelf(database, open_store(settings.storage_url), settings)
        self.retention = Retention(database, self.queue, self.shelf.forget_runs, keep_days=7)
        with database.exclusive() as connection:
            here = Worker(WORKER, "host", "1:1", "v1", 1, now_ms(), now_ms())
            catalog.announce(connection, here, [TaskFacts(identifier="mix")])

    def run(self, *, days_old: float, is_ended: bool = True, **more: Any) -> str:
        """Make a run that has everything a run can have, and ended so long ago."""
        order = {"tags": ("tour",), "idempotency_key": new_id("key")} | more
        new = NewRun(account_id="alice", task_identifier="mix", **order)
        run_id = self.dispatch.trigger(new).run_id
        with self.database.write() as connection:
            attempt = ledger.start_attempt(connection, run_id, WORKER, "v1")
            assert attempt is not None
            ledger.keep_step(connection, run_id, attempt.id, WORKER, "one", "1")
            line = LogLine(1, now_ms(), "log", "said")
            ledger.write_log(connection, run_id, attempt.id, WORKER, [line])
            if is_ended:
                ending = Ending(
                    run=RunStatus.COMPLETED,
                    attempt=AttemptStatus.COMPLETED,
                    detail="over",
                    active_ms=1,
                )
                assert ledger.end_attempt(connection, run_id, attempt.id, WORKER, ending)
                long_ago = now_ms() - round(days_old * DAY_MS)
                connection.execute(
                    sa.update(runs).where(runs.c.id == run_id).values(finished_at=long_ago)
                )
        return run_id

    def count(self, table: sa.Table | sa.TextClause) -> int:
        with self.database.read() as connection:
            statement = sa.select(sa.func.count()).select_from(table)
            return connection.execute(statement).scalar_one()

    def engine_rows(self) -> int:
        schema = "" if self.database.is_embedded else "dbos."
        return self.count(sa.text(f"{schema}workflow_status"))

    def left(self) -> set[str]:
        with self.database.read() as connection:
            return set(connection.execute(sa.select(runs.c.id)).scalars())


@pytest.fixture
def house(database: Database, settings: Settings) -> Iterator[House]:
    house = House(database, settings)
    yield house
    house.queue.close()


def test_an_old_run_takes_all_that_is_its_own_along(house: House) -> None:
    """Attempts, steps, events, log, tags, key, and what the engine kept."""
    house.run(days_old=8)
    parts = (attempts, steps, run_events, run_logs, run_tags, idempotency_keys, runs)
    assert all(house.count(table) for table in parts) and house.engine_rows() == 1
    assert house.retention.sweep() == 1
    assert [house.count(table) for table in parts] == [0] * len(parts)
    assert house.engine_rows() == 0
    assert house.retention.sweep() == 0


def test_what_is_young_or_goes_on_stays(house: House) -> None:
    """Whole, and so do its parts."""
    young, going = house.run(days_old=6), house.run(days_old=0, is_ended=False)
    house.run(days_old=8)
    assert house.retention.sweep() == 1
    assert house.left() == {young, going}
    assert house.count(steps) == house.count(run_logs) == house.engine_rows() == 2


def test_a_result_that_a_parent_waits_for_stays(house: House) -> None:
    """However old, until the parent has ended; a child nobody waits for goes."""
    parent = house.run(days_old=0, is_ended=False)
    awaited = house.run(days_old=30, parent_id=parent, resume_key="batch")
    house.run(days_old=30, parent_id=parent)
    shared = house.run(days_old=30)
    with house.database.write() as connection:
        share_child(connection, shared, parent, "call")
    assert house.retention.sweep() == 1
    assert house.left() == {parent, awaited, shared}
    with house.database.write() as connection:
        connection.execute(sa.update(runs).where(runs.c.id == parent).values(finished_at=now_ms()))
    assert house.retention.sweep() == 2
    assert house.left() == {parent}


def test_files_that_a_run_made_go_with_it(house: House, tmp_path: Path) -> None:
    """Rows and content; uploads and what younger runs made stay."""
    path = tmp_path / "mix.wav"
    path.write_bytes(b"sound")
    kept = {"account_id": "alice", "file_name": "mix.wav", "mime_type": "audio/wav"}
    old, young = house.run(days_old=8), house.run(days_old=1)
    made = [house.shelf.save(path, **kept, run_id=run_id) for run_id in (old, young, None)]
    places = [house.shelf.local_path(file) for file in made]
    house.retention.sweep()
    assert [house.shelf.find(file.id) is None for file in made] == [True, False, False]
    assert [place is not None and place.exists() for place in places] == [False, True, True]


def test_a_storage_that_is_away_keeps_the_run_for_another_time(house: House) -> None:
    """Nothing is forgotten whose files are still there."""

    def refuse(run_ids: object) -> None:
        raise BacklineError("storage is away")

    run_id = house.run(days_old=8)
    sweeper = Retention(house.database, house.queue, refuse, keep_days=7)
    with pytest.raises(BacklineError, match="away"):
        sweeper.sweep()
    assert house.left() == {run_id} and house.engine_rows() == 1
    assert house.retention.sweep() == 1


def test_many_runs_go_in_batches(house: House) -> None:
    """Two that sweep at a time do not mind each other."""
    for _ in range(60):
        house.run(days_old=8)
    other = Retention(house.database, house.queue, house.shelf.forget_runs, keep_days=7)
    gone = [sweeper.sweep() for sweeper in (house.retention, other, house.retention)]
    assert gone == [50, 10, 0] and house.left() == set()


def test_leftovers_go_too(house: House) -> None:
    """Empty batches, finished tokens, workers that stopped, keys whose time is over."""
    long_ago = now_ms() - 8 * DAY_MS
    with house.database.write() as connection:
        for moment in (long_ago, now_ms()):
            batch_id = earliest_id("batch", moment)
            ledger.open_batch(connection, batch_id, "alice", 1)
            token = open_token(connection, "alice", timeout_at=None)
            complete_token(connection, token.id, "1")
            old = {"id": earliest_id("waitpoint", moment), "completed_at": moment}
            connection.execute(sa.update(tokens).where(tokens.c.id == token.id).values(old))
            gone = Worker(new_id("worker"), "h", "1:1", "v", 1, moment, moment, stopped_at=moment)
            catalog.announce(connection, gone, [])
        waiting = open_token(connection, "alice", timeout_at=None)
        connection.execute(
            sa.update(tokens)
            .where(tokens.c.id == waiting.id)
            .values(id=earliest_id("waitpoint", long_ago) + "0")
        )
    key = house.run(days_old=1, idempotency_key_ttl_seconds=0.001)
    assert key and house.count(idempotency_keys) == 1
    eventually(lambda: house.retention.sweep() == 0 and house.count(idempotency_keys) == 0)
    assert (house.count(batches), house.count(tokens)) == (1, 2)
    assert house.count(workers) == 2, "the one that announced, and the one that stopped now"


def test_what_belongs_to_no_run_is_looked_for_once_a_day(house: House) -> None:
    """With the moment before which things are old."""
    asked: list[int] = []
    sweeper = Retention(
        house.database, house.queue, house.shelf.forget_runs, 7, forget_others=asked.append
    )
    for _ in range(3):
        sweeper.sweep()
    [moment] = asked
    assert 0 <= now_ms() - 7 * DAY_MS - moment < DAY_MS


def test_a_worker_forgets_when_it_is_told_to(house: House, settings: Settings) -> None:
    """With the setting, without being asked."""
    house.run(days_old=8)
    young = house.run(days_old=1)
    with worker(settings, BACKLINE_RETENTION_DAYS="7"):
        eventually(lambda: house.left() == {young})
