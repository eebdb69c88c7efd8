"""Start a run when it is triggered, not when the next poll happens to come.

DBOS's queue threads sleep in ``stop_event.wait(timeout)`` on events that the
instance lists in ``background_thread_stop_events``. Those events get a ``wait``
that also returns when a bell rings for the thread's queue and a slot is free, which
the instance's list of executing workflows knows: DBOS counts by it.
Polling stays as the safety net, soon after a ring and seldom while nobody
rings: if a release of DBOS does otherwise, runs merely start a poll later, and
the tests beside this file fail. What else DBOS's threads look for every second
backline never makes; an idle worker looks for it as seldom.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from dbos import DBOS
from dbos._core import ActiveWorkflowById, ActiveWorkflowEntry

from backline.db import Connection, Database

QUIET_POLL_SECONDS = 5.0
"""How long a sleeper sleeps that heard no ring; what got lost is found then."""

MOST_SLOTS = 10_000
"""More than any worker has. DBOS lets a queue have as many on each; a worker counts what it lacks as taken."""

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
        self._slots = _Slots(0, {})
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
        """Let DBOS poll these queues when the bell rings, for no more than so many slots in all.

        While none is free a ring waits: there is nothing that a poll could do. To be
        called before the engine is launched.
        """
        ears: dict[str, _Ear] = {}
        self._slots = _Slots(slots, ears)
        for queue in queues:
            ears[queue] = _Ear(lambda: self._slots.free() > 0)
            self._add(queue, ears[queue])
        engine.background_thread_stop_events = _HearingEvents(ears)
        engine._active_workflows_set = self._slots

    def free_slot(self, workflow_id: str) -> None:
        """Let the next workflow have the slot of this one, of which DBOS only writes its record yet."""
        self._slots.leave(workflow_id)

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

    def __init__(self, may_wake: Callable[[], bool] = lambda: True) -> None:
        self._changed = threading.Condition()
        self._may_wake = may_wake
        self._is_rung = False
        self._was_heard = False

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
        return self.sleep(poll_seconds if self._was_heard else QUIET_POLL_SECONDS, stop)

    def sleep(self, timeout_seconds: float, stop: threading.Event) -> bool:
        """Sleep until a ring that was not heard yet, and may be. Returns whether to stop."""
        deadline = time.monotonic() + timeout_seconds
        with self._changed:
            while not stop.is_set() and not self._hears():
                seconds_left = deadline - time.monotonic()
                if seconds_left <= 0:
                    break
                self._changed.wait(seconds_left)
            self._was_heard = self._hears()
            self._is_rung = self._is_rung and not self._was_heard
        return stop.is_set()

    def _hears(self) -> bool:
        return self._is_rung and self._may_wake()


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


class _Slots(ActiveWorkflowById):
    """What DBOS executes, by which it counts how many more it may take: the slots of this worker.

    They are one worker's own and those of all its queues together, where DBOS has
    one number for a queue on every worker. A queue whose poll found no room, or
    took as much as there was, may have more: it is rung for, and heard when there
    is room again.
    """

    def __init__(self, count: int, ears: dict[str, _Ear]) -> None:
        super().__init__()
        self._count = count
        self._ears = ears
        self._room_of_poll: Counter[str] = Counter()
        """What the newest poll of a queue may still take."""
        self._left: set[str] = set()
        """Workflows that need no slot any more; DBOS still writes its record of them."""

    def free(self) -> int:
        """Return how many slots are free; less than none when two queues were polled at once."""
        with self._lock:
            taken = (len(buckets) for key, buckets in self._m.items() if key not in self._left)
            return self._count - sum(taken)

    def count_for_queue(self, queue_name: str) -> int:
        """Answer DBOS, which asks once at the beginning of a poll."""
        room = self.free()
        with self._lock:
            self._room_of_poll[queue_name] = room
        self._ring_if_full(queue_name)
        return MOST_SLOTS - room

    def add(
        self, key: str, queue_name: str | None = None, queue_partition_key: str | None = None
    ) -> ActiveWorkflowEntry:
        entry = super().add(key, queue_name, queue_partition_key)
        if queue_name is not None:
            with self._lock:
                self._room_of_poll[queue_name] -= 1
            self._ring_if_full(queue_name)
        return entry

    def leave(self, key: str) -> None:
        """Count a workflow no more."""
        with self._lock:
            self._left |= {key} & self._m.keys()
        self._tell_of_room()

    def _remove(self, key: str, bucket: Any) -> None:
        super()._remove(key, bucket)
        with self._lock:
            self._left &= self._m.keys()
        self._tell_of_room()

    def _ring_if_full(self, queue_name: str) -> None:
        if self._room_of_poll[queue_name] <= 0 and queue_name in self._ears:
            self._ears[queue_name].ring()

    def _tell_of_room(self) -> None:
        for ear in self._ears.values():
            ear.look_up()
