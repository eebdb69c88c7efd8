"""Start a run when it is triggered, not when the next poll happens to come.

DBOS's queue threads sleep in ``stop_event.wait(timeout)`` on events that the
instance lists in ``background_thread_stop_events``. Those events get a ``wait``
that also returns when a bell rings for the thread's queue, and the instance's list
of executing workflows, by which DBOS counts the slots that are taken, rings it
when one gets free.
Polling stays as the safety net, soon after a ring and seldom while nobody
rings: if a release of DBOS does otherwise, runs merely start a poll later, and
the tests beside this file fail. What else DBOS's threads look for every second
backline never makes; an idle worker looks for it as seldom.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from dbos import DBOS
from dbos._core import ActiveWorkflowById

from backline.db import Connection, Database

QUIET_POLL_SECONDS = 5.0
"""How long a sleeper sleeps that heard no ring; what got lost is found then."""

QUEUE_THREAD = "queue-worker-{queue}"
"""DBOS's name for the thread that polls a queue."""

DUE = "due"
"""News that something will fall due, or was canceled: what timekeepers listen for.

Other news is the name of one of the engine's queues, in which a run was put.
"""
ANYTHING = "anything"
"""What those listen for who want to hear every ring."""

_NEWS = "news of the transaction"


class Messenger(Protocol):
    """Carries news to other processes."""

    def send_at_commit(self, connection: Connection, news: Collection[str]) -> None:
        """Send with the transaction, where the database does that."""
        ...

    def send(self, news: Collection[str]) -> None:
        """Send what the database does not, when the transaction is committed."""
        ...


def ring_at_commit(connection: Connection, news: str) -> None:
    """Let the bell ring for this when the transaction that `Bell.acting` opened is committed."""
    connection.info.setdefault(_NEWS, set()).add(news)


class Bell:
    """Wakes whoever sleeps in this process until there is something to do."""

    def __init__(self) -> None:
        self._ears: dict[str, list[_Ear]] = {}
        self._takers: _SlotTakers | None = None
        self.messenger: Messenger | None = None
        """Passes the news on to other processes."""

    @contextmanager
    def acting(self, database: Database) -> Iterator[Connection]:
        """Open an exclusive transaction; when it is committed, ring for what it brought about."""
        with database.exclusive() as connection:
            connection.info[_NEWS] = set()
            yield connection
            news: set[str] = connection.info.pop(_NEWS)
            if news and self.messenger is not None:
                self.messenger.send_at_commit(connection, news)
        self.ring(news)
        if news and self.messenger is not None:
            self.messenger.send(news)

    def ring(self, news: Collection[str] = ()) -> None:
        """Wake those sleepers of this process that listen for this news, or for anything."""
        for name in (*news, ANYTHING):
            for ear in self._ears.get(name, ()):
                ear.ring()

    def wake_engine(self, engine: DBOS, queues: Collection[str], slots: int) -> None:
        """Let DBOS poll these queues when the bell rings, and whenever one of the slots gets free.

        While none is free a ring waits: there is nothing that a poll could do. To be
        called before the engine is launched.
        """
        ears = {queue: _Ear() for queue in queues}
        takers = _SlotTakers(ears)
        for queue, ear in ears.items():
            ear.may_wake = lambda: takers.taken() < slots
            self._add(queue, ear)
        engine.background_thread_stop_events = _HearingEvents(ears)
        engine._active_workflows_set = self._takers = takers

    def free_slot(self, workflow_id: str) -> None:
        """Let the next workflow have the slot of this one, of which DBOS only writes its record yet."""
        if self._takers is not None:
            self._takers.leave(workflow_id)

    def listener(self, stop: threading.Event, news: str) -> Callable[[float], bool]:
        """Return a sleep for one thread of our own, ended by a ring; it tells whether to stop.

        ``stop`` is heard at once when a ring follows it, else after the sleep.
        """
        ear = _Ear()
        self._add(news, ear)
        return lambda seconds: ear.sleep(min(seconds, QUIET_POLL_SECONDS), stop)

    def _add(self, news: str, ear: _Ear) -> None:
        self._ears.setdefault(news, []).append(ear)


class _Ear:
    """Hears for one sleeper, and remembers a ring that came while it was awake."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._is_rung = False
        self._was_rung = False
        self.may_wake: Callable[[], bool] = lambda: True

    def ring(self) -> None:
        """Wake the sleeper, now or as soon as it may."""
        with self._changed:
            self._is_rung = True
            self._changed.notify_all()

    def look_up(self) -> None:
        """Let the sleeper see that it may wake, or shall stop."""
        with self._changed:
            self._changed.notify_all()

    def sleep_between_polls(self, poll_seconds: float, stop: threading.Event) -> bool:
        """Sleep so long when the last sleep ended with a ring, else longer."""
        return self.sleep(poll_seconds if self._was_rung else QUIET_POLL_SECONDS, stop)

    def sleep(self, timeout_seconds: float, stop: threading.Event) -> bool:
        """Sleep until a ring that was not heard yet. Returns whether to stop."""
        deadline = time.monotonic() + timeout_seconds
        with self._changed:
            while not stop.is_set() and not (self._is_rung and self.may_wake()):
                seconds_left = deadline - time.monotonic()
                if seconds_left <= 0:
                    break
                self._changed.wait(seconds_left)
            self._was_rung, self._is_rung = self._is_rung, False
        return stop.is_set()


class _HearingEvents(list[threading.Event]):
    """DBOS adds an event before it starts the threads that sleep on it: not even the first is deaf."""

    def __init__(self, ears: dict[str, _Ear]) -> None:
        super().__init__()
        self._ears = {QUEUE_THREAD.format(queue=queue): ear for queue, ear in ears.items()}

    def append(self, event: threading.Event) -> None:
        _give_ears(event, self._ears)
        super().append(event)


def _give_ears(event: threading.Event, ears: dict[str, _Ear]) -> None:
    """Let the threads of these names that sleep on the event hear the bell, and its end too.

    The others look for queues and schedules that we never make, and sleep accordingly.
    """
    wait_for_stop, stop = event.wait, event.set

    def hear(timeout: float | None = None) -> bool:
        ear = ears.get(threading.current_thread().name)
        if timeout is None:
            return wait_for_stop()
        if ear is None:
            return wait_for_stop(max(timeout, QUIET_POLL_SECONDS))
        return ear.sleep_between_polls(min(timeout, QUIET_POLL_SECONDS), event)

    def stop_and_tell() -> None:
        stop()
        for ear in ears.values():
            ear.look_up()

    event.wait = hear  # type: ignore[method-assign]
    event.set = stop_and_tell  # type: ignore[method-assign]


class _SlotTakers(ActiveWorkflowById):
    """What DBOS executes. It counts against the slots, of all queues together, while it has one."""

    def __init__(self, ears: dict[str, _Ear]) -> None:
        super().__init__()
        self._ears = ears
        self._left: set[str] = set()
        """Workflows that need no slot any more; DBOS still writes its record of them."""

    def count_for_queue(self, _queue_name: str) -> int:
        return self.taken()

    def taken(self) -> int:
        """Return how many slots are taken, of whichever queue."""
        with self._lock:
            return sum(len(buckets) for key, buckets in self._m.items() if key not in self._left)

    def leave(self, key: str) -> None:
        """Count a workflow no more."""
        with self._lock:
            buckets = list(self._m.get(key, ()))
            self._left |= {key} if buckets else set()
        self._tell_of_room(buckets)

    def _remove(self, key: str, bucket: Any) -> None:
        with self._lock:
            had_left = key in self._left
        super()._remove(key, bucket)
        with self._lock:
            if key not in self._m:
                self._left.discard(key)
        if not had_left:
            self._tell_of_room([bucket])

    def _tell_of_room(self, buckets: Collection[Any]) -> None:
        """Let the queue that the slot was taken from be polled, and the others if they were rung for."""
        queues = {bucket[0] for bucket in buckets if bucket is not None}
        for queue, ear in self._ears.items():
            if queue in queues:
                ear.ring()
            else:
                ear.look_up()
