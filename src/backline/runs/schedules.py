"""Schedules: a task, a cron line, a zone. Each fire is one run that carries its schedule."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from backline.clock import TimestampMs, iso, now_ms
from backline.db import Connection
from backline.errors import NotFound
from backline.ids import AccountId, new_id
from backline.runs.cron import check_cron, fires, next_fire
from backline.runs.run import NewRun
from backline.runs.tables import schedules

UPCOMING = 10
"""How many later times a run is told of, as in Trigger.dev."""


class Schedule(msgspec.Struct, frozen=True):
    """When a task is triggered by the clock. Fields are in the order of the table."""

    id: str
    account_id: AccountId
    task_identifier: str
    cron: str
    timezone: str
    external_id: str | None
    """The caller's own name for what the schedule is about."""
    deduplication_key: str | None
    environment: str
    is_active: bool
    created_at: TimestampMs
    last_fire_at: TimestampMs | None
    next_fire_at: TimestampMs | None


def upsert(
    connection: Connection,
    *,
    account_id: AccountId,
    task_identifier: str,
    cron: str,
    timezone: str = "UTC",
    external_id: str | None = None,
    deduplication_key: str | None = None,
    environment: str = "dev",
) -> Schedule:
    """Make a schedule, or change the account's one that has the same deduplication key.

    Raises ``InvalidInput`` for a cron line or a zone that can not be.
    """
    check_cron(cron, timezone)
    values = {
        "task_identifier": task_identifier,
        "cron": cron,
        "timezone": timezone,
        "external_id": external_id,
        "next_fire_at": next_fire(cron, timezone, now_ms()),
    }
    held = _held(connection, account_id, deduplication_key)
    if held is not None:
        connection.execute(sa.update(schedules).where(schedules.c.id == held).values(values))
        return find(connection, held)
    schedule_id = new_id("sched")
    connection.execute(
        sa.insert(schedules),
        values
        | {
            "id": schedule_id,
            "account_id": account_id,
            "deduplication_key": _own(account_id, deduplication_key),
            "environment": environment,
            "is_active": True,
            "created_at": now_ms(),
        },
    )
    return find(connection, schedule_id)


def _own(account_id: AccountId, key: str | None) -> str | None:
    """Keep the keys of different accounts apart."""
    return None if key is None else f"{account_id}/{key}"


def _held(connection: Connection, account_id: AccountId, key: str | None) -> str | None:
    if key is None:
        return None
    held: str | None = connection.execute(
        sa.select(schedules.c.id).where(schedules.c.deduplication_key == _own(account_id, key))
    ).scalar()
    return held


def find(connection: Connection, schedule_id: str) -> Schedule:
    """Return a schedule. Raises ``NotFound``."""
    row = connection.execute(sa.select(schedules).where(schedules.c.id == schedule_id)).first()
    if row is None:
        raise NotFound(f"no schedule {schedule_id}")
    return Schedule(*row)


def of_account(connection: Connection, account_id: AccountId) -> list[Schedule]:
    """Return an account's schedules, the newest first."""
    rows = connection.execute(
        sa.select(schedules)
        .where(schedules.c.account_id == account_id)
        .order_by(schedules.c.id.desc())
    )
    return [Schedule(*row) for row in rows]


def switch(connection: Connection, schedule_id: str, *, is_active: bool) -> Schedule:
    """Let a schedule rest, or go on from now. Raises ``NotFound``."""
    known = find(connection, schedule_id)
    following = next_fire(known.cron, known.timezone, now_ms()) if is_active else None
    connection.execute(
        sa.update(schedules)
        .where(schedules.c.id == schedule_id)
        .values(is_active=is_active, next_fire_at=following)
    )
    return find(connection, schedule_id)


def remove(connection: Connection, schedule_id: str) -> None:
    """Remove a schedule; runs that it made stay. Raises ``NotFound``."""
    find(connection, schedule_id)
    connection.execute(sa.delete(schedules).where(schedules.c.id == schedule_id))


def due(connection: Connection, most: int) -> list[Schedule]:
    """Return the schedules whose next fire is due."""
    rows = connection.execute(
        sa.select(schedules).where(schedules.c.next_fire_at <= now_ms()).limit(most)
    )
    return [Schedule(*row) for row in rows]


def fire(connection: Connection, schedule: Schedule) -> NewRun | None:
    """Take one fire and return the run to open for it; None when another worker took it.

    However long nobody kept time, one late run is made, for the last time that
    was missed; the others are skipped.
    """
    missed = schedule.next_fire_at
    if missed is None:
        return None
    nominal = _last_missed(schedule, missed)
    taken = connection.execute(
        sa.update(schedules)
        .where(schedules.c.id == schedule.id, schedules.c.next_fire_at == missed)
        .values(
            last_fire_at=nominal,
            next_fire_at=next_fire(schedule.cron, schedule.timezone, max(nominal, now_ms())),
        )
    )
    return None if taken.rowcount == 0 else _run(schedule, nominal)


def _last_missed(schedule: Schedule, first: TimestampMs) -> TimestampMs:
    """Return the latest nominal time that has passed, walking back from now in widening steps."""
    now = now_ms()
    step_ms = 60_000
    while (since := now - step_ms) > first:
        passed = [at for at in fires(schedule.cron, schedule.timezone, since, 60) if at <= now]
        if passed:
            return passed[-1]
        step_ms *= 4
    return max(
        at for at in [first, *fires(schedule.cron, schedule.timezone, first, 60)] if at <= now
    )


def _run(schedule: Schedule, nominal: TimestampMs) -> NewRun:
    upcoming = fires(schedule.cron, schedule.timezone, nominal, UPCOMING)
    payload: dict[str, Any] = {
        "type": "IMPERATIVE",
        "scheduleId": schedule.id,
        "timestamp": iso(nominal),
        "timezone": schedule.timezone,
        "upcoming": [iso(moment) for moment in upcoming],
    }
    if schedule.last_fire_at is not None:
        payload["lastTimestamp"] = iso(schedule.last_fire_at)
    if schedule.external_id is not None:
        payload["externalId"] = schedule.external_id
    return NewRun(
        account_id=schedule.account_id,
        task_identifier=schedule.task_identifier,
        payload=payload,
        environment=schedule.environment,
        schedule=describe(schedule),
    )


def describe(schedule: Schedule) -> dict[str, Any]:
    """Return what a run shows of the schedule that made it."""
    described: dict[str, Any] = {
        "id": schedule.id,
        "generator": {"type": "CRON", "expression": schedule.cron, "description": schedule.cron},
        "timezone": schedule.timezone,
    }
    if schedule.external_id is not None:
        described["externalId"] = schedule.external_id
    if schedule.deduplication_key is not None:
        described["deduplicationKey"] = schedule.deduplication_key.partition("/")[2]
    return described
