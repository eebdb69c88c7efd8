"""Stopping a run that executes: its task is told by a signal, and killed when it does not listen."""

from __future__ import annotations

import threading
from typing import Literal

import msgspec

from backline.engine.memory import used_bytes
from backline.runtime import Channel, Child
from backline.runtime.stopping import StopKind
from backline.sdk.stopping import GRACE_SECONDS

StopReason = Literal["canceled", "timed_out", "silent", "out_of_memory", "handed_back"]

_KINDS: dict[StopReason, StopKind] = {
    "silent": "failed",
    "out_of_memory": "failed",
    "handed_back": "handed_back",
}
"""What the task is told, when it is not that its run ends."""

NEARLY_FULL = 0.8
"""Killed from outside while it used so much of its memory, a run is taken to have wanted more."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What a run may use; None is no limit."""

    memory_bytes: int
    longest_seconds: float | None = None
    """How much longer it may be active."""
    silent_seconds: float | None = None
    """How long it may say nothing."""


class Leash:
    """Holds one executing run. Safe to pull from any thread, and more than once."""

    def __init__(self, child: Child, channel: Channel, limits: Limits) -> None:
        self._child = child
        self._channel = channel
        self._limits = limits
        self._most_used_bytes = 0
        self._pulling = threading.Lock()
        self._timers: list[threading.Timer] = []
        self.reason: StopReason | None = None
        """Why the run was stopped; None while it goes on."""
        if limits.longest_seconds is not None:
            self._later(limits.longest_seconds, lambda: self.pull("timed_out"))

    def pull(self, reason: StopReason) -> None:
        """Tell the task to stop now, and kill it after the grace period. The first reason stays."""
        with self._pulling:
            if self.reason is not None:
                return
            self.reason = reason
        self._child.tell(_KINDS.get(reason, "canceled"))
        self._later(GRACE_SECONDS, self._child.kill)

    def look(self) -> None:
        """Stop the run when it uses more memory than it may, or is silent for too long."""
        if self.reason is not None:
            return
        longest = self._limits.silent_seconds
        if longest is not None and self._channel.silent_seconds() > longest:
            self.pull("silent")
            return
        used = used_bytes(self._child.pid)
        self._most_used_bytes = max(self._most_used_bytes, used)
        if used > self._limits.memory_bytes:
            self.pull("out_of_memory")
            self._child.kill()  # asking it to stop would take some more

    def release(self) -> None:
        """Let go: the run has ended by itself, or by being pulled."""
        if self.reason is None and self._child.was_killed and self._was_nearly_full():
            self.reason = "out_of_memory"  # the kernel was faster than our look
        for timer in self._timers:
            timer.cancel()

    def _was_nearly_full(self) -> bool:
        return self._most_used_bytes > NEARLY_FULL * self._limits.memory_bytes

    def _later(self, seconds: float, act: object) -> None:
        timer = threading.Timer(seconds, act)  # type: ignore[arg-type]
        timer.daemon = True
        self._timers.append(timer)
        timer.start()
