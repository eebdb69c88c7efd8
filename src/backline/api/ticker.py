"""Wakes those who follow runs: at every ring of the process's bell, and twice a second anyway.

One thread waits for all of them, and only while somebody follows. A server that
is told to stop waits for its open answers, so followers are sent away at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from threading import Event, Lock, Thread, current_thread, main_thread
from types import FrameType

from backline.engine import ANYTHING, Bell

SECONDS_BETWEEN_TICKS = 0.5
"""What another process does rings no bell here, and is seen this much later at most."""


class Ticker:
    """One per process."""

    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        self._stopped = Event()
        self._sleep = bell.listener(self._stopped, ANYTHING)
        self._lock = Lock()
        self._waiting: list[asyncio.Future[bool]] = []
        self._thread: Thread | None = None
        self._hears_signals = False

    async def tick(self) -> bool:
        """Wait until it is worth looking again. False when the server stops."""
        waiting: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        with self._lock:
            self._waiting.append(waiting)
            if self._thread is None:
                self._thread = Thread(target=self._work, name="ticker", daemon=True)
                self._thread.start()
        return await waiting

    def close(self) -> None:
        """Wake everybody for the last time."""
        self._stopped.set()
        self._bell.ring()

    def hear_signals(self) -> None:
        """Learn of SIGTERM and SIGINT before whoever handles them waits for open answers."""
        if self._hears_signals or current_thread() is not main_thread():
            return
        self._hears_signals = True
        for number in (signal.SIGTERM, signal.SIGINT):
            self._hear(number)

    def _hear(self, number: signal.Signals) -> None:
        before = signal.getsignal(number)

        def hear(number: int, frame: FrameType | None) -> None:
            # Only a flag: the bell's lock may be held by the very code that was interrupted.
            self._stopped.set()
            if callable(before):
                before(number, frame)

        signal.signal(number, hear)
        # As asyncio, whose own handlers hear of a signal all the same, by its wake-up pipe.
        signal.siginterrupt(number, False)

    def _work(self) -> None:
        while True:
            is_over = self._sleep(SECONDS_BETWEEN_TICKS)
            with self._lock:
                waiting, self._waiting = self._waiting, []
                if not waiting:
                    self._thread = None
                    return
            for one in waiting:
                _wake(one, not is_over)


def _wake(waiting: asyncio.Future[bool], go_on: bool) -> None:
    def answer() -> None:
        if not waiting.done():
            waiting.set_result(go_on)

    # The loop is gone when the server was torn down under its followers.
    with contextlib.suppress(RuntimeError):
        waiting.get_loop().call_soon_threadsafe(answer)
