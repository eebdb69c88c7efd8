"""The one clock: every time in backline is UTC milliseconds from here.

Times are kept as integers, milliseconds since 1970, and leave the house as
ISO 8601 with milliseconds and ``Z``.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache

TimestampMs = int
"""Milliseconds since 1970-01-01T00:00:00Z."""


def now_ms() -> TimestampMs:
    """Return the present moment."""
    return time.time_ns() // 1_000_000


def stopwatch() -> Callable[[], int]:
    """Start counting; each call returns the whole milliseconds since. Unmoved by clock changes."""
    begun = time.monotonic_ns()
    return lambda: (time.monotonic_ns() - begun) // 1_000_000


def milliseconds(seconds: float | None) -> int | None:
    """Return seconds as whole milliseconds; None stays None."""
    return None if seconds is None else round(seconds * 1000)


def iso(timestamp_ms: TimestampMs) -> str:
    """Write a moment as ISO 8601: ``2026-11-23T09:30:00.125Z``."""
    return f"{_iso_second(timestamp_ms // 1000)}.{timestamp_ms % 1000:03d}Z"


@lru_cache(maxsize=16_384)
def _iso_second(timestamp_seconds: int) -> str:
    # Lists of runs are read again and again, and writing dates is a third of their cost.
    return datetime.fromtimestamp(timestamp_seconds, UTC).isoformat()[:19]


_UNITS_SECONDS = {"w": 604_800, "d": 86_400, "h": 3600, "hr": 3600, "m": 60, "s": 1}
_DURATION = re.compile(r"(?:\d{1,9}(?:w|d|hr|h|m|s))+")


def parse_duration_seconds(text: str) -> int:
    """Read a duration such as ``1h30m`` or ``45s``; units are w, d, h (or hr), m and s.

    Raises ``ValueError`` when the text is none.
    """
    if len(text) > 100 or not _DURATION.fullmatch(text):
        raise ValueError(f"{text!r} is no duration such as 45s, 10m or 1h30m")
    parts = re.findall(r"(\d+)(w|d|hr|h|m|s)", text)
    return sum(int(number) * _UNITS_SECONDS[unit] for number, unit in parts)


def duration_text(seconds: float) -> str:
    """Write a duration the same way, in whole seconds: 5400 is ``1h30m``."""
    left = max(0, round(seconds))
    parts = []
    for unit in ("w", "d", "h", "m", "s"):
        count, left = divmod(left, _UNITS_SECONDS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def parse_iso(text: str) -> TimestampMs:
    """Read an ISO 8601 moment; one without a zone is taken as UTC.

    Raises ``ValueError`` when the text is no date.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)
