"""Schedules: a task, a cron line, a zone. Each fire is one run that carries its schedule.

Callers make schedules, and a task's code may declare one. A declared schedule
is written down when a worker announces its task, and follows the code: whoever
announces last is right.
"""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from backline.clock import TimestampMs, now_ms
from backline.db import Connection
from backline.errors import NotFound
from backline.ids import AccountId, new_id
from backline.runs.cron import next_fire
from backline.runs.tables import schedules
from backline.sdk import Cron, TaskFacts

_DECLARED = "declared"
"""In place of an account in the keys of declared schedules, which are one per task."""


class Schedule(msgspec.Struct, frozen=True):
    """When a task is triggered by the clock. Fields are in the order of the table."""

    id: str
    account_id: AccountId
    task_identifier: str
    cron: str
    timezone: str
    external_id: str | None
    """The caller's own name for what the schedule is about."""
    key: str | None
    """Whose it is and its deduplication key, as the table keeps them apart."""
    environment: str
    is_active: bool
    created_at: TimestampMs
    last_fire_at: TimestampMs | None
    next_fire_at: TimestampMs | None
    is_declared: bool = False
    """Whether the task's code declares it; then only the code changes it."""

    @property
    def deduplication_key(self) -> str | None:
        """The key that the caller gave; a declared schedule's is its task."""
        return None if self.key is None else self.key.partition("/")[2]


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
    when = Cron(cron, timezone)
    held = _held(connection, _own(account_id, deduplication_key))
    if held is not None:
        return change(
            connection,
            held.id,
            task_identifier=task_identifier,
            when=when,
            external_id=external_id,
        )
    schedule = Schedule(
        new_id("sched"),
        account_id,
        task_identifier,
        when.expression,
        when.timezone,
        external_id,
        _own(account_id, deduplication_key),
        environment,
        is_active=True,
        created_at=now_ms(),
        last_fire_at=None,
        next_fire_at=next_fire(when.expression, when.timezone, now_ms()),
    )
    return _insert(connection, schedule)


def change(
    connection: Connection,
    schedule_id: str,
    *,
    task_identifier: str,
    when: Cron,
    external_id: str | None,
) -> Schedule:
    """Give a schedule another task, time or name; the next fire is counted from now.

    One that rests goes on resting. Raises ``NotFound``.
    """
    known = find(connection, schedule_id)
    following = next_fire(when.expression, when.timezone, now_ms()) if known.is_active else None
    connection.execute(
        sa.update(schedules)
        .where(schedules.c.id == schedule_id)
        .values(
            task_identifier=task_identifier,
            cron=when.expression,
            timezone=when.timezone,
            external_id=external_id,
            next_fire_at=following,
        )
    )
    return find(connection, schedule_id)


def declare(
    connection: Connection, facts: TaskFacts, account_id: AccountId, environment: str
) -> None:
    """Keep the schedule that a task's code declares, and drop one that it declares no more.

    Unchanged it is left alone: whoever announces it, fires that were missed
    stay missed, and one that an operator put to rest goes on resting.
    """
    key = _own(_DECLARED, facts.identifier)
    held = _held(connection, key)
    if facts.cron is None:
        if held is not None:
            remove(connection, held.id)
    elif held is None:
        _insert(connection, _declared(facts, facts.cron, account_id, environment))
    elif Cron(held.cron, held.timezone) != facts.cron:
        change(
            connection,
            held.id,
            task_identifier=facts.identifier,
            when=facts.cron,
            external_id=None,
        )


def _declared(facts: TaskFacts, when: Cron, account_id: AccountId, environment: str) -> Schedule:
    return Schedule(
        new_id("sched"),
        account_id,
        facts.identifier,
        when.expression,
        when.timezone,
        None,
        _own(_DECLARED, facts.identifier),
        environment,
        is_active=True,
        created_at=now_ms(),
        last_fire_at=None,
        next_fire_at=next_fire(when.expression, when.timezone, now_ms()),
        is_declared=True,
    )


def _own(owner: str, key: str | None) -> str | None:
    """Keep the keys of different accounts apart."""
    return None if key is None else f"{owner}/{key}"


def _insert(connection: Connection, schedule: Schedule) -> Schedule:
    values = msgspec.structs.asdict(schedule)
    values["deduplication_key"] = values.pop("key")
    connection.execute(sa.insert(schedules), values)
    return schedule


def _held(connection: Connection, key: str | None) -> Schedule | None:
    if key is None:
        return None
    row = connection.execute(
        sa.select(schedules).where(schedules.c.deduplication_key == key)
    ).first()
    return None if row is None else Schedule(*row)


def seek(connection: Connection, schedule_id: str) -> Schedule | None:
    """Return a schedule, or None."""
    row = connection.execute(sa.select(schedules).where(schedules.c.id == schedule_id)).first()
    return None if row is None else Schedule(*row)


def find(connection: Connection, schedule_id: str) -> Schedule:
    """Return a schedule. Raises ``NotFound``."""
    found = seek(connection, schedule_id)
    if found is None:
        raise NotFound(f"no schedule {schedule_id}")
    return found


def of_account(connection: Connection, account_id: AccountId, most: int = 100) -> list[Schedule]:
    """Return an account's newest schedules, the newest first."""
    rows = connection.execute(
        sa.select(schedules)
        .where(schedules.c.account_id == account_id)
        .order_by(schedules.c.id.desc())
        .limit(most)
    )
    return [Schedule(*row) for row in rows]


def switch(connection: Connection, schedule_id: str, *, is_active: bool) -> Schedule:
    """Let a schedule rest, or go on from now; one that is so already stays as it is.

    Raises ``NotFound``.
    """
    known = find(connection, schedule_id)
    if known.is_active == is_active:
        return known
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
