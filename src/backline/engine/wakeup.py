"""Start a run when it is triggered, not when the next poll happens to come.

DBOS's queue threads sleep in ``stop_event.wait(timeout)`` on events that the
instance lists in ``background_thread_stop_events``. Those events get a ``wait``
that also returns when a bell rings. Polling stays as the safety net: if a
release of DBOS sleeps elsewhere, runs merely start a poll later, and the test
beside this file fails.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

LONGEST_POLL_SECONDS = 5.0
"""Whoever sleeps longer than this is no queue thread and is left alone."""


SLOT_FREED_SECONDS = 0.005
"""After a run ends DBOS writes its own record before the slot counts as free."""


class Bell:
    """Wakes whoever sleeps in this process until there is something to do."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._rings = 0
        self._ring_due: float | None = None
        self.on_ring: Callable[[], object] | None = None
        """Passes the ring on to other processes."""

    def ring(self) -> None:
        """Wake whoever could have something to do now, here and in other processes."""
        self.ring_here()
        if self.on_ring is not None:
            self.on_ring()

    def ring_here(self) -> None:
        """Wake the sleepers of this process."""
        with self._changed:
            self._rings += 1
            self._changed.notify_all()

    def ring_soon(self) -> None:
        """Wake the queue threads when a slot that is being left is free."""
        with self._changed:
            self._ring_due = self._ring_due or time.monotonic() + SLOT_FREED_SECONDS
            self._changed.notify_all()

    def hang_on(self, event: threading.Event) -> None:
        """Let whoever sleeps on this event hear the bell."""
        event.wait = self._waiter(event)  # type: ignore[method-assign, assignment]

    def hearing_events(self) -> list[threading.Event]:
        """Return a list whose events hear the bell from when they are added to it.

        DBOS adds an event before it starts the thread that sleeps on it, so
        not even the first sleep is deaf.
        """
        return _HearingEvents(self)

    def listener(self, stop: threading.Event) -> Callable[[float], bool]:
        """Return a sleep for one thread of our own, ended by a ring; it tells whether to stop."""
        wait = self._waiter(stop)
        return lambda seconds: wait(min(seconds, LONGEST_POLL_SECONDS))

    def _waiter(self, stop: threading.Event) -> Callable[[float | None], bool]:
        wait_for_stop = stop.wait
        heard: dict[int, int] = {}

        def wait(timeout: float | None = None) -> bool:
            if timeout is None or timeout > LONGEST_POLL_SECONDS:
                return wait_for_stop(timeout)
            thread = threading.get_ident()
            heard[thread] = self._sleep(heard.get(thread, 0), stop, timeout)
            return stop.is_set()

        return wait

    def _sleep(self, heard: int, stop: threading.Event, timeout_seconds: float) -> int:
        """Sleep until a ring that was not heard yet. Returns the number of rings so far."""
        deadline = time.monotonic() + timeout_seconds
        with self._changed:
            while not stop.is_set() and (now := time.monotonic()) < deadline:
                if self._ring_due is not None and self._ring_due <= now:
                    self._ring_due = None
                    self._rings += 1
                    self._changed.notify_all()
                if self._rings != heard:
                    break
                self._changed.wait(min(deadline, self._ring_due or deadline) - now)
            return self._rings


class _HearingEvents(list[threading.Event]):
    def __init__(self, bell: Bell) -> None:
        super().__init__()
        self._bell = bell

    def append(self, event: threading.Event) -> None:
        self._bell.hang_on(event)
        super().append(event)
