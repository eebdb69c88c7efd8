"""The metadata of a run that executes: changed at once, written in intervals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backline.clock import stopwatch
from backline.runtime import messages as say

WRITE_INTERVAL_MS = 200
"""Progress is for eyes, and each write is a transaction: five a second are enough."""
FIRST_WRITE_MS = 25
"""The first change is shown soon; a run shorter than this writes its metadata with its end."""


class LiveMetadata:
    """What the task has said so far, and what of it the ledger does not know yet."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values
        self._is_changed = False
        self._is_written = False
        self._waited_ms: Callable[[], int] = stopwatch()

    def change(self, message: say.MetadataChanged) -> None:
        """Carry out one operation of the task."""
        held = self.values.get(message.key)
        match message.operation:
            case "set":
                self.values[message.key] = message.value
            case "append":
                self.values[message.key] = [*_as_list(held), message.value]
            case "increment":
                self.values[message.key] = _as_number(held) + message.value
            case "delete":
                self.values.pop(message.key, None)
        if not self._is_written and not self._is_changed:
            self._waited_ms = stopwatch()
        self._is_changed = True

    def due_seconds(self) -> float | None:
        """Return how long the next write may wait; None when there is nothing to write."""
        if not self._is_changed:
            return None
        interval_ms = WRITE_INTERVAL_MS if self._is_written else FIRST_WRITE_MS
        return max(0, interval_ms - self._waited_ms()) / 1000

    def take(self) -> dict[str, Any] | None:
        """Return all values for being written now; None when nothing changed since."""
        if not self._is_changed:
            return None
        self._is_changed, self._is_written = False, True
        self._waited_ms = stopwatch()
        return self.values


def _as_list(held: Any) -> list[Any]:
    if held is None:
        return []
    return held if isinstance(held, list) else [held]


def _as_number(held: Any) -> float:
    return held if isinstance(held, (int, float)) and not isinstance(held, bool) else 0
