"""Schedules fire once, late ones once, resting ones not; their runs say who made them."""

from __future__ import annotations

import threading
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
from backline.ids import new_id
from backline.runs import Run, Worker, catalog, queries, schedules
from backline.runs.cron import next_fire
from backline.runs.tables import schedules as table
from backline.sdk import Cron, Scheduled, TaskFacts

MINUTE_MS = 60_000


@pytest.fixture
def timekeepers(database: Database) -> Iterator[list[Timekeeper]]:
    queue = RunQueue(database)
    yield [Timekeeper(database, Dispatch(database, queue, Bell())) for _ in range(2)]
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
    assert shown["generator"]["description"] == "every minute"


def test_the_payload_has_real_dates_for_its_task(
    database: Database, timekeepers: list[Timekeeper]
) -> None:
    """The second fire names the first; a task that asks for ``Scheduled`` gets dates."""
    schedule = scheduled(database, timezone="Europe/Berlin")
    first = overdue(database, schedule, MINUTE_MS)
    timekeepers[0].look()
    overdue(database, schedule, MINUTE_MS)
    timekeepers[0].look()
    run = runs_of(database)[0]
    fired = msgspec.convert(msgspec.json.decode(run.payload or ""), Scheduled)
    assert fired.last_timestamp is not None and fired.timezone == "Europe/Berlin"
    assert round(fired.last_timestamp.timestamp() * 1000) == first
    assert fired.type == "IMPERATIVE" and fired.upcoming[0] > fired.timestamp


def test_a_fire_makes_one_run_when_many_look_at_a_time(database: Database) -> None:
    """Eight timekeepers with connections of their own, each looking again and again."""
    schedule = scheduled(database)
    overdue(database, schedule, MINUTE_MS)
    queue = RunQueue(database)
    together = threading.Barrier(8)

    def look() -> None:
        timekeeper = Timekeeper(database, Dispatch(database, queue, Bell()))
        together.wait()
        for _ in range(3):
            timekeeper.look()

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    queue.close()
    assert len(runs_of(database)) == 1


@pytest.mark.parametrize("wrong", [{"timezone": "Atlantis/Deep"}, {"cron": "0 0 31 2 *"}])
def test_a_schedule_that_can_not_be_read_rests_alone(
    database: Database,
    timekeepers: list[Timekeeper],
    caplog: pytest.LogCaptureFixture,
    wrong: dict[str, str],
) -> None:
    """On a machine without its zone, say; whatever else is due goes on."""
    broken, good = scheduled(database), scheduled(database)
    for schedule in (broken, good):
        overdue(database, schedule, MINUTE_MS)
    with database.write() as connection:
        connection.execute(sa.update(table).where(table.c.id == broken.id).values(wrong))
    timekeepers[0].look()
    (run,) = runs_of(database)
    assert msgspec.json.decode(run.payload or "")["scheduleId"] == good.id
    with database.read() as connection:
        assert not schedules.find(connection, broken.id).is_active
    assert broken.id in caplog.text


def test_a_scheduled_run_costs_the_flat_fee(database: Database) -> None:
    """As one that a caller triggered."""
    queue = RunQueue(database)
    dispatch = Dispatch(database, queue, Bell(), run_base_cents=0.25)
    overdue(database, scheduled(database), MINUTE_MS)
    Timekeeper(database, dispatch).look()
    queue.close()
    assert runs_of(database)[0].base_cost_cents == 0.25


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


def announced(database: Database, *tasks: TaskFacts, account_id: str = "house") -> None:
    """Let a worker that starts now announce these tasks."""
    worker = Worker(new_id("worker"), "host", "1:1", "v1", 1, now_ms(), now_ms())
    with database.exclusive() as connection:
        catalog.announce(connection, worker, tasks)
        for facts in tasks:
            schedules.declare(connection, facts, account_id, "prod")


def declared(database: Database) -> list[schedules.Schedule]:
    with database.read() as connection:
        return schedules.of_account(connection, "house")


DIGEST = TaskFacts(identifier="digest", cron=Cron("0 9 * * 1", "Europe/Berlin"))


def test_a_declared_schedule_is_made_once_whoever_announces_it(database: Database) -> None:
    """Two workers announce the task; one schedule says so."""
    announced(database, DIGEST)
    announced(database, DIGEST)
    (schedule,) = declared(database)
    assert (schedule.cron, schedule.timezone) == ("0 9 * * 1", "Europe/Berlin")
    assert schedule.is_declared and schedule.deduplication_key == "digest"
    assert schedule.environment == "prod" and schedule.next_fire_at


def test_announcing_again_keeps_what_was_missed_and_what_rests(database: Database) -> None:
    """A restart neither skips a fire that is due nor wakes what an operator put to rest."""
    announced(database, DIGEST)
    (schedule,) = declared(database)
    missed = overdue(database, schedule, 8 * 24 * 60 * MINUTE_MS)
    announced(database, DIGEST)
    assert declared(database)[0].next_fire_at == missed
    with database.write() as connection:
        schedules.switch(connection, schedule.id, is_active=False)
    announced(database, DIGEST)
    changed = msgspec.structs.replace(DIGEST, cron=Cron("0 7 * * *"))
    announced(database, changed)
    (resting,) = declared(database)
    assert resting.next_fire_at is None and resting.cron == "0 7 * * *"


def test_a_declared_schedule_follows_the_code(
    database: Database, timekeepers: list[Timekeeper]
) -> None:
    """Another line changes it, and its runs say who made them; without a line it is gone."""
    announced(database, DIGEST)
    announced(database, msgspec.structs.replace(DIGEST, cron=Cron("* * * * *")))
    (schedule,) = declared(database)
    overdue(database, schedule, MINUTE_MS)
    timekeepers[0].look()
    with database.read() as connection:
        (made,) = queries.newest_runs(connection, "house", 10)
        run = queries.find_run(connection, made.id)
    assert run is not None
    assert msgspec.json.decode(run.payload or "")["type"] == "DECLARATIVE"
    announced(database, TaskFacts(identifier="digest"))
    assert declared(database) == []


def test_a_changed_schedule_that_rests_goes_on_resting(database: Database) -> None:
    """An upsert by the same key does not wake it."""
    schedule = scheduled(database, deduplication_key="daily")
    with database.write() as connection:
        schedules.switch(connection, schedule.id, is_active=False)
    assert scheduled(database, deduplication_key="daily", cron="0 9 * * *").next_fire_at is None
