"""Schedules as they travel: a task, a cron line, a zone, and when it fires next."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from backline.wire.orders import Name
from backline.wire.recoup import Moment, Uuid

CronLine = Annotated[str, Meta(min_length=1, max_length=200)]
"""Five fields: minute, hour, day of the month, month, weekday."""

Zone = Annotated[str, Meta(min_length=1, max_length=100)]
"""An IANA name, such as ``Europe/Berlin``."""

Key = Annotated[str, Meta(min_length=1, max_length=512)]


class NewSchedule(Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """An order to trigger a task by the clock."""

    task_identifier: Name
    cron: CronLine
    timezone: Zone = "UTC"
    external_id: Key | None = None
    """Your own name for what it is about; the task gets it in its payload."""
    deduplication_key: Key | None = None
    """The same key again changes the schedule instead of making another."""
    account_id: Uuid | None = None
    """Whose the runs are; the caller's own account if not said."""


class ScheduleChange(
    Struct,
    frozen=True,
    kw_only=True,
    rename="camel",
    forbid_unknown_fields=True,
    omit_defaults=True,
):
    """What shall be different; what is left out stays."""

    task_identifier: Name | UnsetType = UNSET
    cron: CronLine | UnsetType = UNSET
    timezone: Zone | UnsetType = UNSET
    external_id: Key | UnsetType | None = UNSET
    """Null takes it away."""


class CronGenerator(Struct, frozen=True, kw_only=True):
    """The line by which a schedule fires."""

    type: Literal["CRON"]
    expression: str
    description: str
    """The same in English."""


class ScheduleState(Struct, frozen=True, kw_only=True, rename="camel"):
    """A schedule, and when it fires."""

    id: str
    type: Literal["DECLARATIVE", "IMPERATIVE"]
    """Whether the task's code declares it, or a caller made it."""
    account_id: Uuid
    task_identifier: str
    active: bool
    generator: CronGenerator
    timezone: str
    external_id: str | None
    deduplication_key: str | None
    created_at: Moment
    last_run: Moment | None
    """The nominal time of the last fire."""
    next_run: Moment | None
    """Null while it rests."""
    upcoming: list[Moment]
    """The next ten, of a listing none."""


class ScheduleAnswer(Struct, frozen=True, kw_only=True):
    """A schedule as it stands after what was done to it."""

    status: Literal["success"]
    schedule: ScheduleState


class ScheduleList(Struct, frozen=True, kw_only=True):
    """Schedules of an account, the newest first."""

    status: Literal["success"]
    schedules: list[ScheduleState]


class ScheduleDeleted(Struct, frozen=True, kw_only=True):
    """The schedule that is gone."""

    status: Literal["success"]
    id: str
