"""Stays with a command until it ends: takes its output, watches its limits, ends it when due."""

from __future__ import annotations

import contextlib
import os
import selectors
import time
from collections.abc import Callable
from typing import Final, cast

from backline.clock import stopwatch
from backline.sandbox.bubblewrap import Started
from backline.sandbox.command import Finished, LimitName, Sink, Stream
from backline.sandbox.limits import Limits

_PIECE_BYTES: Final = 65_536
_REST_FACTOR: Final = 10
"""A watch that took so long rests ten times as long: a tenth of a core at most."""

Excess = Callable[[], LimitName | None]
"""Looks whether a room uses too much, and names the limit."""


class Watch:
    """Something that is looked at again and again, not too often for what a look costs."""

    def __init__(self, look: Excess, shortest_seconds: float) -> None:
        self._look = look
        self._shortest_seconds = shortest_seconds
        self.due = time.monotonic() + shortest_seconds

    def check(self) -> LimitName | None:
        began = time.monotonic()
        if began < self.due:
            return None
        excess = self._look()
        now = time.monotonic()
        self.due = now + max(self._shortest_seconds, (now - began) * _REST_FACTOR)
        return excess


class Supervision:
    """Follows one started room to its end."""

    def __init__(
        self, room: Started, limits: Limits, sink: Sink, watches: tuple[Watch, ...] = ()
    ) -> None:
        self._room = room
        self._limits = limits
        self._sink = sink
        self._watches = watches
        self._deadline = time.monotonic() + limits.duration_seconds
        self._counts: dict[Stream, int] = {"stdout": 0, "stderr": 0}
        self._excess: LimitName | None = None
        self._elapsed_ms = stopwatch()

    def follow(self) -> Finished:
        """Wait for the end of the command, and of everything that it left behind."""
        bwrap = os.pidfd_open(self._room.process.pid)
        with selectors.DefaultSelector() as selector:
            selector.register(bwrap, selectors.EVENT_READ)
            for stream, pipe in self._pipes().items():
                os.set_blocking(pipe, False)
                selector.register(pipe, selectors.EVENT_READ, stream)
            try:
                self._listen(selector, bwrap)
            finally:
                os.close(bwrap)
        return self._conclude()

    def _pipes(self) -> dict[Stream, int]:
        return {"stdout": self._room.stdout.fileno(), "stderr": self._room.stderr.fileno()}

    def _listen(self, selector: selectors.BaseSelector, bwrap: int) -> None:
        while True:
            for key, _ in selector.select(self._patience_seconds()):
                if key.fd == bwrap:
                    return
                if not self._take(cast("Stream", key.data), key.fd):
                    selector.unregister(key.fd)
            self._check()

    def _patience_seconds(self) -> float:
        dues = [self._deadline, *(watch.due for watch in self._watches)]
        # Once it is killed, only its end is waited for.
        return 0.5 if self._excess else max(0.0, min(dues) - time.monotonic())

    def _check(self) -> None:
        if self._excess:
            return
        if time.monotonic() >= self._deadline:
            self._stop("duration")
        for watch in self._watches:
            if (excess := watch.check()) is not None:
                self._stop(excess)

    def _stop(self, limit: LimitName) -> None:
        self._excess = self._excess or limit
        self._room.kill()

    def _take(self, stream: Stream, pipe: int) -> bool:
        """Pass on what a pipe holds. Returns whether more may come."""
        piece = os.read(pipe, _PIECE_BYTES)
        room_left = self._limits.output_bytes - self._counts[stream]
        self._counts[stream] += len(piece)
        if room_left > 0 and piece:
            self._sink(stream, piece[:room_left])
        if len(piece) > room_left:
            self._stop("output")
            return False  # a full pipe holds the writer until it is dead
        return bool(piece)

    def _conclude(self) -> Finished:
        duration_ms = self._elapsed_ms()
        exit_code = self._room.process.wait()
        # What the command left running must be gone before anyone looks at the home.
        self._room.kill()
        self._room.wait_until_empty()
        for stream, pipe in self._pipes().items():
            self._drain(stream, pipe)
        return Finished(
            exit_code=exit_code if exit_code >= 0 else 128 - exit_code,
            limit=self._excess,
            duration_ms=duration_ms,
            stdout_bytes=self._counts["stdout"],
            stderr_bytes=self._counts["stderr"],
        )

    def _drain(self, stream: Stream, pipe: int) -> None:
        """Take what is still in a pipe; nobody is left who could write more."""
        with contextlib.suppress(BlockingIOError):
            while self._take(stream, pipe):
                pass
