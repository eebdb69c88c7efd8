"""The metadata of a run that executes: changed at once, written in intervals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backline.clock import stopwatch
from backline.runtime import messages as say

WRITE_INTERVAL_MS = 200
"""Progress is for eyes, and each write is a transaction: five a second are enough."""


class LiveMetadata:
    """What the task has said so far, and what of it the ledger does not know yet."""

    def __init__(self, values: dict[str, Any], write: Callable[[dict[str, Any]], object]) -> None:
        self.values = values
        self._write = write
        self._is_changed = False
        self._since_write: Callable[[], int] | None = None

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
        self._is_changed = True

    def due_seconds(self) -> float | None:
        """Return how long the next write may wait; None when there is nothing to write."""
        if not self._is_changed:
            return None
        if self._since_write is None:
            return 0.0
        return max(0, WRITE_INTERVAL_MS - self._since_write()) / 1000

    def flush(self) -> None:
        """Write what changed, now."""
        if self._is_changed:
            self._is_changed = False
            self._since_write = stopwatch()
            self._write(self.values)


def _as_list(held: Any) -> list[Any]:
    if held is None:
        return []
    return held if isinstance(held, list) else [held]


def _as_number(held: Any) -> float:
    return held if isinstance(held, (int, float)) and not isinstance(held, bool) else 0
