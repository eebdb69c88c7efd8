"""What a run says while it executes: collected, and written in intervals."""

from __future__ import annotations

from backline.clock import now_ms, stopwatch
from backline.runs import LogLine

WRITE_INTERVAL_MS = 100
"""How late a line may reach whoever follows the run."""
MOST_WAITING_CHARACTERS = 256 * 1024
"""A flood is written in pieces of this size, whatever the interval."""
MOST_CHARACTERS = 8 * 1024 * 1024
"""What one attempt may say in all; the rest is dropped, and the log says so."""


class LiveLog:
    """The lines of one attempt, numbered on from those of earlier ones."""

    def __init__(self, last_number: int) -> None:
        self._number = last_number
        self._waiting: list[LogLine] = []
        self._waiting_characters = 0
        self._said_characters = 0
        self._waited_ms = stopwatch()

    def add(self, stream: str, text: str, level: str = "info") -> None:
        """Take in what the task said."""
        if self._said_characters > MOST_CHARACTERS:
            return
        self._said_characters += len(text)
        if self._said_characters > MOST_CHARACTERS:
            text = f"… the log ends here: more than {MOST_CHARACTERS} characters\n"
        self._number += 1
        if not self._waiting:
            self._waited_ms = stopwatch()
        # Postgres has no NUL in text.
        clean = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
        self._waiting.append(LogLine(self._number, now_ms(), stream, clean, level))
        self._waiting_characters += len(clean)

    def due_seconds(self) -> float | None:
        """Return how long the next write may wait; None when there is nothing to write."""
        if not self._waiting:
            return None
        if self._waiting_characters > MOST_WAITING_CHARACTERS:
            return 0.0
        return max(0, WRITE_INTERVAL_MS - self._waited_ms()) / 1000

    def take(self) -> list[LogLine]:
        """Return the lines that wait for being written now."""
        lines, self._waiting, self._waiting_characters = self._waiting, [], 0
        return lines
