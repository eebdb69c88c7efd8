"""What a task prints, on its way to the run's log."""

from __future__ import annotations

import io

from backline.sdk import Context


class Printed(io.TextIOBase):
    """A stream whose whole lines land in the run's log."""

    def __init__(self, context: Context, stream: str) -> None:
        self._context = context
        self._stream = stream
        self._begun = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        *lines, self._begun = (self._begun + text).split("\n")
        if lines:
            self._context.output(self._stream, "\n".join(lines) + "\n")
        return len(text)

    def flush(self) -> None:
        if self._begun:
            begun, self._begun = self._begun, ""
            self._context.output(self._stream, begun)
