"""Start a run when it is triggered, not when the next poll happens to come.

DBOS's queue threads sleep in ``stop_event.wait(timeout)`` on events that the
instance lists in ``background_thread_stop_events``. Those events get a ``wait``
that also returns when a bell rings, and the instance's list of executing
workflows rings it when one leaves, for then a slot is free. Polling stays as
the safety net: if a release of DBOS does otherwise, runs merely start a poll
later, and the tests beside this file fail.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from dbos import DBOS
from dbos._core import ActiveWorkflowById

LONGEST_POLL_SECONDS = 5.0
"""Whoever sleeps longer than this waits for something else than work."""

QUEUE_THREAD = "queue-worker-{queue}"
"""DBOS's name for the thread that polls a queue."""


class Bell:
    """Wakes whoever sleeps in this process until there is something to do."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._rings = 0
        self._calls: Counter[str] = Counter()
        self._has_slot: Callable[[], bool] = _always
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

    def call(self, thread_name: str) -> None:
        """Wake one thread of this process."""
        with self._changed:
            self._calls[thread_name] += 1
            self._changed.notify_all()

    def hang_on(self, event: threading.Event, thread_names: frozenset[str]) -> None:
        """Let the threads of these names that sleep on this event hear the bell, and its end too."""
        wait_for_stop, stop = event.wait, event.set
        wait = self._waiter(event, lambda: self._has_slot())

        def hear(timeout: float | None = None) -> bool:
            is_listener = threading.current_thread().name in thread_names
            return (wait if is_listener else wait_for_stop)(timeout)

        def stop_and_ring() -> None:
            stop()
            self.ring_here()

        event.wait = hear  # type: ignore[method-assign]
        event.set = stop_and_ring  # type: ignore[method-assign]

    def wake_engine(self, engine: DBOS, queues: list[str], slots: int) -> None:
        """Let DBOS poll these queues when the bell rings, and whenever one of the slots gets free.

        While none is free a ring waits: there is nothing that a poll could do. To be
        called before the engine is launched.
        """
        names = frozenset(QUEUE_THREAD.format(queue=queue) for queue in queues)
        engine.background_thread_stop_events = _HearingEvents(self, names)
        executing = _RingingWorkflows(self)
        self._has_slot = lambda: len(executing.activeList()) < slots
        engine._active_workflows_set = executing

    def listener(self, stop: threading.Event) -> Callable[[float], bool]:
        """Return a sleep for one thread of our own, ended by a ring; it tells whether to stop."""
        wait = self._waiter(stop, _always)
        return lambda seconds: wait(min(seconds, LONGEST_POLL_SECONDS))

    def _waiter(
        self, stop: threading.Event, may_wake: Callable[[], bool]
    ) -> Callable[[float | None], bool]:
        wait_for_stop = stop.wait
        heard: dict[int, int] = {}

        def wait(timeout: float | None = None) -> bool:
            if timeout is None or timeout > LONGEST_POLL_SECONDS:
                return wait_for_stop(timeout)
            thread = threading.get_ident()
            heard[thread] = self._sleep(heard.get(thread, 0), stop, may_wake, timeout)
            return stop.is_set()

        return wait

    def _sleep(
        self,
        heard: int,
        stop: threading.Event,
        may_wake: Callable[[], bool],
        timeout_seconds: float,
    ) -> int:
        """Sleep until a ring that was not heard yet. Returns the number of rings so far."""
        deadline, me = time.monotonic() + timeout_seconds, threading.current_thread().name
        with self._changed:
            while not stop.is_set() and (self._rings + self._calls[me] == heard or not may_wake()):
                seconds_left = deadline - time.monotonic()
                if seconds_left <= 0:
                    break
                self._changed.wait(seconds_left)
            return self._rings + self._calls[me]


def _always() -> bool:
    return True


class _HearingEvents(list[threading.Event]):
    """DBOS adds an event before it starts the threads that sleep on it: not even the first is deaf."""

    def __init__(self, bell: Bell, thread_names: frozenset[str]) -> None:
        super().__init__()
        self._bell = bell
        self._thread_names = thread_names

    def append(self, event: threading.Event) -> None:
        self._bell.hang_on(event, self._thread_names)
        super().append(event)


class _RingingWorkflows(ActiveWorkflowById):
    """What DBOS executes; it counts against the slots until DBOS has written its own record."""

    def __init__(self, bell: Bell) -> None:
        super().__init__()
        self._bell = bell

    def _remove(self, key: str, bucket: Any) -> None:
        super()._remove(key, bucket)
        if bucket is not None:
            self._bell.call(QUEUE_THREAD.format(queue=bucket[0]))
