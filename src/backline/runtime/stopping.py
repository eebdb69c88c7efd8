"""How a run's process takes the signal that tells it to stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Literal

from backline.sdk import RunStopped

StopKind = Literal["canceled", "failed", "handed_back"]
"""What becomes of the run: it ends, it is tried again, it goes on elsewhere."""

SIGNALS: Final[dict[StopKind, signal.Signals]] = {
    "canceled": signal.SIGTERM,
    "failed": signal.SIGUSR1,
    "handed_back": signal.SIGUSR2,
}
"""By which a run's process is told."""


class StopSign:
    """Remembers that the run is to stop, and interrupts the task unless it looks by itself.

    Signals arrive in the main thread, between any two of its instructions.
    """

    def __init__(self) -> None:
        self.is_up = False
        """Whether the run is to stop."""
        self.kind: StopKind = "canceled"
        """Why, when it is up."""
        self.is_watched = False
        """Whether the task looks by itself, and must not be interrupted."""
        self.interrupt: Callable[[], object] = _raise_stopped
        """What interrupts the task; an async one is canceled by its event loop instead."""
        self._held = 0
        self._is_owed = False

    def interrupt_by_raising(self) -> None:
        """Let ``RunStopped`` interrupt, as it does unless somebody knows better."""
        self.interrupt = _raise_stopped

    def listen(self) -> None:
        """Take the signals from now on."""
        for kind, number in SIGNALS.items():
            signal.signal(number, lambda *_, kind=kind: self.put_up(kind))

    def ignore(self) -> None:
        """The task has ended: from now on a signal changes nothing."""
        for number in SIGNALS.values():
            signal.signal(number, signal.SIG_IGN)

    def put_up(self, kind: StopKind = "canceled") -> None:
        """Tell the task to stop; only the first time counts."""
        if self.is_up:
            return
        self.is_up, self.kind = True, kind
        if self._held:
            self._is_owed = True
        elif not self.is_watched:
            self.interrupt()

    @contextmanager
    def held_back(self) -> Iterator[None]:
        """Interrupt only after the block: half a message would end the conversation."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
        if self._is_owed and not self._held:
            self._is_owed = False
            self.interrupt()


def _raise_stopped() -> None:
    raise RunStopped("the run was stopped")
