"""Stopping a run that executes: its task is told by a signal, and killed when it does not listen."""

from __future__ import annotations

import threading
from typing import Literal

from backline.engine.memory import used_bytes
from backline.runtime import Child

StopReason = Literal["canceled", "timed_out", "out_of_memory"]

GRACE_SECONDS = 5.0
"""Between telling the task and killing its process: time to clean up."""


class Leash:
    """Holds one executing run. Safe to pull from any thread, and more than once."""

    def __init__(self, child: Child, longest_seconds: float | None, memory_bytes: int) -> None:
        self._child = child
        self._memory_bytes = memory_bytes
        self._pulling = threading.Lock()
        self._timers: list[threading.Timer] = []
        self.reason: StopReason | None = None
        """Why the run was stopped; None while it goes on."""
        if longest_seconds is not None:
            self._later(longest_seconds, lambda: self.pull("timed_out"))

    def pull(self, reason: StopReason) -> None:
        """Stop the run: SIGTERM now, SIGKILL after the grace period. The first reason stays."""
        with self._pulling:
            if self.reason is not None:
                return
            self.reason = reason
        self._child.terminate()
        self._later(GRACE_SECONDS, self._child.kill)

    def check_memory(self) -> None:
        """Kill the run when it uses more memory than it may: asking it to stop would take some more."""
        if self.reason is None and used_bytes(self._child.pid) > self._memory_bytes:
            self.pull("out_of_memory")
            self._child.kill()

    def release(self) -> None:
        """Let go: the run has ended by itself, or by being pulled."""
        for timer in self._timers:
            timer.cancel()

    def _later(self, seconds: float, act: object) -> None:
        timer = threading.Timer(seconds, act)  # type: ignore[arg-type]
        timer.daemon = True
        self._timers.append(timer)
        timer.start()
