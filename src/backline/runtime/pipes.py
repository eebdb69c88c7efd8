"""The pipes into which a run's process writes whatever goes to its standard output and error."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Final

STREAMS: Final = ("stdout", "stderr")
MOST_LAST_WORDS_BYTES: Final = 8 * 1024
"""Of each stream, the newest. They travel in one message, where junk takes three times its size."""


class Pipes:
    """A mouth to write to and an ear to read from, for each stream. Reading never waits."""

    def __init__(self) -> None:
        pairs = {stream: os.pipe2(os.O_CLOEXEC) for stream in STREAMS}
        self.ears = {stream: ear for stream, (ear, _) in pairs.items()}
        self._mouths = {stream: mouth for stream, (_, mouth) in pairs.items()}
        for ear in self.ears.values():
            os.set_blocking(ear, False)

    def speak_through(self) -> None:
        """Make the mouths this process's standard output and error, also for what it starts."""
        for stream, mouth in self._mouths.items():
            # Whoever imported the task modules may have left a stream of its own here.
            getattr(sys, stream).flush()
            os.dup2(mouth, STREAMS.index(stream) + 1)
        self.close_mouths()

    def read(self, stream: str, most_bytes: int = 64 * 1024) -> bytes:
        """Return what waits to be read, or nothing."""
        try:
            return os.read(self.ears[stream], most_bytes)
        except BlockingIOError:
            return b""

    def read_rest(self) -> list[tuple[str, str]]:
        """Return what nobody has read, as (stream, text)."""
        rest = [(stream, self._read_rest(stream)) for stream in STREAMS]
        return [(stream, text) for stream, text in rest if text]

    def _read_rest(self, stream: str) -> str:
        data = b""
        while piece := self.read(stream):
            data = (data + piece)[-MOST_LAST_WORDS_BYTES:]
        return data.decode(errors="replace")

    def close_mouths(self) -> None:
        """Leave writing to the other side."""
        for mouth in self._mouths.values():
            os.close(mouth)
        self._mouths = {}

    def close_ears(self) -> None:
        """Leave reading to the other side."""
        for ear in self.ears.values():
            with contextlib.suppress(OSError):
                os.close(ear)
