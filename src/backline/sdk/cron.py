"""When a task is triggered by the clock: a cron line of five fields, read in a time zone.

The fields are minute, hour, day of the month, month and weekday, as in every
crontab: ``*``, lists, ranges and steps, English names of months and weekdays,
``L`` for the last day or weekday of a month, ``#`` for the n-th.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from backline.errors import InvalidInput

FIELDS = ("minute", "hour", "day", "month", "weekday")

_FIELD = re.compile(r"[0-9a-z*,/\-#?]+", re.IGNORECASE)
_BY_CHANCE = re.compile(r"\b[hr]\b", re.IGNORECASE)
"""Some readers draw such a field by chance, anew each time they look."""


class Cron(msgspec.Struct, frozen=True):
    """A schedule as a task's author declares it: ``Cron("0 9 * * 1", timezone="Europe/Berlin")``.

    Raises ``InvalidInput`` for a line or a zone that can not be.
    """

    expression: str
    """Minute, hour, day of the month, month, weekday."""
    timezone: str = "UTC"
    """An IANA name; the line is read by this zone's clock."""

    def __post_init__(self) -> None:
        check_cron(self.expression, self.timezone)


def check_cron(cron: str, timezone: str) -> None:
    """Raise ``InvalidInput``, naming the part that is wrong, for a line or a zone that can not be."""
    fields = cron.split()
    if len(fields) != len(FIELDS):
        raise InvalidInput(
            f"cron {cron[:80]!r} has {len(fields)} fields: use five, {' '.join(FIELDS)}", "cron"
        )
    for place, field in enumerate(fields):
        _check_field(cron, place, field)
    _check_fires(cron)
    check_timezone(timezone)


def check_timezone(timezone: str) -> None:
    """Raise ``InvalidInput`` for a zone that can not be."""
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidInput(
            f"timezone {timezone[:80]!r} is none: use an IANA name such as Europe/Berlin",
            "timezone",
        ) from None


def _check_field(cron: str, place: int, field: str) -> None:
    from croniter import croniter

    alone = ["*"] * len(FIELDS)
    alone[place] = field
    is_plain = _FIELD.fullmatch(field) and not _BY_CHANCE.search(field)
    if not is_plain or not croniter.is_valid(" ".join(alone)):
        raise InvalidInput(
            f"cron {cron[:80]!r}: {field[:40]!r} is no {FIELDS[place]}", field="cron"
        )


def _check_fires(cron: str) -> None:
    from croniter import CroniterBadDateError, croniter

    try:
        croniter(cron, datetime(2000, 1, 1, tzinfo=UTC)).get_next(datetime)
    except (CroniterBadDateError, ValueError):
        raise InvalidInput(
            f"cron {cron[:80]!r} never comes: no month has that day", "cron"
        ) from None


class Scheduled(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The payload of a run that the clock triggered, as its task gets it."""

    type: Literal["DECLARATIVE", "IMPERATIVE"]
    """Whether the task's code declares the schedule, or a caller made it."""
    schedule_id: str
    timestamp: datetime
    """The minute that the line names, even when the run starts late."""
    timezone: str
    upcoming: list[datetime]
    """The next ten."""
    last_timestamp: datetime | None = None
    """The one before; None the first time."""
    external_id: str | None = None
    """The caller's own name for what the schedule is about."""
