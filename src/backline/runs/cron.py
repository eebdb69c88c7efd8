"""When a cron line fires: five fields, in a time zone, right also where clocks change.

A fire is a *nominal* minute of the zone's wall clock. Where the clock jumps
ahead, a fire at a fixed hour that does not exist happens when the jump is over.
Where it is set back, a fixed hour fires once, the first time; a line that fires
every so many minutes of any hour goes on through both passes, as it does
everywhere else.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from croniter import croniter

from backline.clock import TimestampMs

_LONGEST_SHIFT = timedelta(hours=3)
"""No zone has ever set its clock by more; the search begins so much earlier."""


def next_fire(cron: str, timezone: str, after: TimestampMs) -> TimestampMs:
    """Return the first nominal time after a moment."""
    return fires(cron, timezone, after, 1)[0]


def fires(cron: str, timezone: str, after: TimestampMs, count: int) -> list[TimestampMs]:
    """Return the next nominal times after a moment."""
    zone = ZoneInfo(timezone)
    start = datetime.fromtimestamp(after / 1000, UTC)
    # Counted on the wall clock, without a zone: the arithmetic of cron knows no other.
    wall = croniter(cron, (start.astimezone(zone) - _LONGEST_SHIFT).replace(tzinfo=None))
    found: set[TimestampMs] = set()
    while True:
        local = wall.get_next(datetime)
        moments = _moments(local, zone, is_hourly=_is_hourly(cron))
        found.update(moment for moment in moments if moment > after)
        # A later wall time may be an earlier moment, but only within a change of the clock.
        if len(found) >= count and local > _wall(sorted(found)[count - 1], zone) + _LONGEST_SHIFT:
            return sorted(found)[:count]


def _wall(moment: TimestampMs, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(moment / 1000, zone).replace(tzinfo=None)


def _is_hourly(cron: str) -> bool:
    """Tell whether a line fires in every hour, and so counts minutes rather than hours."""
    return cron.split()[1].startswith("*")


def _moments(local: datetime, zone: ZoneInfo, *, is_hourly: bool) -> list[TimestampMs]:
    """Return when a wall time happens: once, in rare nights twice or a little later."""
    first = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    second = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    exists = first.astimezone(zone).replace(tzinfo=None) == local
    if not exists:
        # In the gap: `fold=1` reads the wall time by the offset after the jump.
        return [] if is_hourly else [_ms(_end_of_gap(local, zone))]
    if is_hourly and second != first:
        return [_ms(first), _ms(second)]
    return [_ms(first)]


def _end_of_gap(local: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment at which the clock has jumped over a wall time."""
    before = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    after = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    low, high = min(before, after), max(before, after)
    offset = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


def _ms(moment: datetime) -> TimestampMs:
    return round(moment.timestamp() * 1000)
