"""Fires: the moment of a schedule becomes a run, once, whoever keeps time."""

from __future__ import annotations

from typing import Any, Literal

import sqlalchemy as sa

from backline.clock import TimestampMs, iso, now_ms
from backline.db import Connection
from backline.runs.cron import fires, next_fire
from backline.runs.cron_words import in_words
from backline.runs.run import NewRun
from backline.runs.schedules import Schedule
from backline.runs.tables import schedules

UPCOMING = 10
"""How many later times a run is told of, as in Trigger.dev."""


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
    following = fires(schedule.cron, schedule.timezone, nominal, UPCOMING)
    payload: dict[str, Any] = {
        "type": kind_of(schedule),
        "scheduleId": schedule.id,
        "timestamp": iso(nominal),
        "timezone": schedule.timezone,
        "upcoming": [iso(moment) for moment in following],
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


def kind_of(schedule: Schedule) -> Literal["DECLARATIVE", "IMPERATIVE"]:
    """Return Trigger.dev's word for who made a schedule: code, or a caller."""
    return "DECLARATIVE" if schedule.is_declared else "IMPERATIVE"


def upcoming(schedule: Schedule, count: int = UPCOMING) -> list[TimestampMs]:
    """Return the next nominal times; none of a schedule that rests."""
    if schedule.next_fire_at is None:
        return []
    return [
        schedule.next_fire_at,
        *fires(schedule.cron, schedule.timezone, schedule.next_fire_at, count - 1),
    ]


def describe(schedule: Schedule) -> dict[str, Any]:
    """Return what a run shows of the schedule that made it."""
    described: dict[str, Any] = {
        "id": schedule.id,
        "generator": {
            "type": "CRON",
            "expression": schedule.cron,
            "description": in_words(schedule.cron),
        },
        "timezone": schedule.timezone,
    }
    if schedule.external_id is not None:
        described["externalId"] = schedule.external_id
    if schedule.deduplication_key is not None:
        described["deduplicationKey"] = schedule.deduplication_key
    return described
