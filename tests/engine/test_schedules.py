"""Schedules fire once, late ones once, resting ones not; their runs say who made them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from backline.clock import iso, now_ms
from backline.db import Database
from backline.engine import Bell, Dispatch, RunQueue
from backline.engine.timekeeper import Timekeeper
from backline.errors import NotFound
from backline.runs import Run, queries, schedules
from backline.runs.cron import next_fire
from backline.runs.tables import schedules as table

MINUTE_MS = 60_000


@pytest.fixture
def timekeepers(database: Database) -> Iterator[list[Timekeeper]]:
    queue = RunQueue(database)
    yield [Timekeeper(database, Dispatch(database, queue, Bell()), Bell()) for _ in range(2)]
    queue.close()


def scheduled(database: Database, **more: Any) -> schedules.Schedule:
    with database.write() as connection:
        return schedules.upsert(
            connection,
            **{"account_id": "alice", "task_identifier": "digest", "cron": "* * * * *"} | more,
        )


def overdue(database: Database, schedule: schedules.Schedule, by_ms: int) -> int:
    """Pretend that nobody kept time for so long."""
    first = next_fire(schedule.cron, schedule.timezone, now_ms() - by_ms)
    with database.write() as connection:
        connection.execute(
            sa.update(table).where(table.c.id == schedule.id).values(next_fire_at=first)
        )
    return first


def runs_of(database: Database) -> list[Run]:
    with database.read() as connection:
        known = queries.newest_runs(connection, "alice", 100)
        found = [queries.find_run(connection, run.id) for run in known]
    return [run for run in found if run is not None]


def test_a_fire_makes_one_run_however_many_keep_time(
    database: Database, timekeepers: list[Timekeeper]
) -> None:
    """Two timekeepers see the same fire; one run comes of it, and says which schedule made it."""
    schedule = scheduled(database, external_id="fan-42", deduplication_key="digest/42")
    first = overdue(database, schedule, MINUTE_MS)
    for timekeeper in timekeepers:
        timekeeper.look()
    (run,) = runs_of(database)
    payload = msgspec.json.decode(run.payload or "")
    assert payload["scheduleId"] == schedule.id and payload["externalId"] == "fan-42"
    assert payload["timestamp"] == iso(first) and "lastTimestamp" not in payload
    assert len(payload["upcoming"]) == 10 and payload["upcoming"][0] > payload["timestamp"]
    shown = msgspec.json.decode(run.schedule or "")
    assert shown["id"] == schedule.id and shown["deduplicationKey"] == "digest/42"
    assert shown["generator"]["expression"] == "* * * * *"


@pytest.mark.parametrize("away_ms", [5 * MINUTE_MS, 3 * 24 * 60 * MINUTE_MS])
def test_after_an_outage_one_late_run_is_made(
    database: Database, timekeepers: list[Timekeeper], away_ms: int
) -> None:
    """The last time that was missed is made up for; the others are skipped."""
    schedule = scheduled(database)
    overdue(database, schedule, away_ms)
    timekeepers[0].look()
    timekeepers[1].look()
    (run,) = runs_of(database)
    timestamp = msgspec.json.decode(run.payload or "")["timestamp"]
    assert timestamp >= iso(now_ms() - 2 * MINUTE_MS)
    with database.read() as connection:
        following = schedules.find(connection, schedule.id).next_fire_at
    assert following is not None and following > now_ms()


def test_a_resting_schedule_does_not_fire(
    database: Database, timekeepers: list[Timekeeper]
) -> None:
    """Switched off it has no next time; switched on it goes on from now."""
    schedule = scheduled(database)
    with database.write() as connection:
        assert schedules.switch(connection, schedule.id, is_active=False).next_fire_at is None
    timekeepers[0].look()
    assert runs_of(database) == []
    with database.write() as connection:
        assert schedules.switch(connection, schedule.id, is_active=True).next_fire_at


def test_a_deduplication_key_names_one_schedule_of_an_account(database: Database) -> None:
    """The same key changes the schedule; another account's is another one."""
    first = scheduled(database, deduplication_key="daily")
    again = scheduled(database, deduplication_key="daily", cron="0 9 * * *")
    other = scheduled(database, deduplication_key="daily", account_id="bob")
    assert again.id == first.id and again.cron == "0 9 * * *" and other.id != first.id


def test_a_removed_schedule_is_gone(database: Database) -> None:
    """Its runs stay, it does not."""
    schedule = scheduled(database)
    with database.write() as connection:
        schedules.remove(connection, schedule.id)
        with pytest.raises(NotFound, match=schedule.id):
            schedules.find(connection, schedule.id)
        assert schedules.of_account(connection, "alice") == []
