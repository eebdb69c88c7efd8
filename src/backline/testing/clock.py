"""A clock that stands still until a run waits."""

from __future__ import annotations

from datetime import UTC, datetime

from backline.clock import TimestampMs

_BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)


class StillClock:
    """The time of runs inside a test: an hour's wait takes no time and moves it by an hour."""

    def __init__(self, start: datetime = _BEGINNING) -> None:
        self._start_ms = self._ms = round(start.timestamp() * 1000)

    def now_ms(self) -> TimestampMs:
        """Return the moment at which it stands."""
        return self._ms

    @property
    def now(self) -> datetime:
        """The moment at which it stands, in UTC."""
        return datetime.fromtimestamp(self._ms / 1000, UTC)

    @property
    def passed_seconds(self) -> float:
        """How far it was moved in all."""
        return (self._ms - self._start_ms) / 1000

    def move_to(self, moment_ms: TimestampMs) -> None:
        """Move it forward; a moment that has passed changes nothing."""
        self._ms = max(self._ms, moment_ms)
