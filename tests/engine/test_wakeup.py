from __future__ import annotations

import inspect
import threading
from collections.abc import Iterator

import pytest
from dbos import DBOS, _queue

from backline.engine.wakeup import LONGEST_POLL_SECONDS, Bell


@pytest.fixture
def stop() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def sleeper(stop: threading.Event, timeout_seconds: float) -> tuple[threading.Thread, list[bool]]:
    """Start a thread that sleeps once, as DBOS's queue threads do."""
    answers: list[bool] = []
    thread = threading.Thread(target=lambda: answers.append(stop.wait(timeout=timeout_seconds)))
    thread.start()
    return thread, answers


def test_dbos_sleeps_where_the_bell_hangs() -> None:
    """A release of DBOS whose queue threads sleep elsewhere shows here first."""
    assert "stop_event.wait(timeout=polling_interval" in inspect.getsource(_queue)
    assert next(iter(inspect.signature(_queue.queue_worker_thread).parameters)) == "stop_event"


def test_dbos_adds_its_events_before_its_threads_sleep() -> None:
    """Events hear the bell from the moment they are on the instance's list."""
    source = inspect.getsource(DBOS._launch)
    adds = source.index("self.background_thread_stop_events.append(evt)")
    assert adds < source.index("target=queue_thread, args=(evt, self)")
    bell, event = Bell(), threading.Event()
    bell.hearing_events().append(event)
    bell.ring()
    assert event.wait(timeout=LONGEST_POLL_SECONDS) is False


def test_a_ring_ends_the_sleep(stop: threading.Event) -> None:
    """A queue thread wakes when the bell rings, and is not told to stop."""
    bell = Bell()
    bell.hang_on(stop)
    thread, answers = sleeper(stop, LONGEST_POLL_SECONDS)
    bell.ring()
    thread.join()
    assert answers == [False]


def test_a_ring_while_nobody_sleeps_is_heard_later(stop: threading.Event) -> None:
    """A run triggered while the queue thread is busy is not slept through."""
    bell = Bell()
    bell.hang_on(stop)
    bell.ring()
    assert stop.wait(timeout=LONGEST_POLL_SECONDS) is False


def test_a_ring_is_heard_once(stop: threading.Event) -> None:
    """After a ring the thread sleeps again."""
    bell = Bell()
    bell.hang_on(stop)
    bell.ring()
    stop.wait(timeout=LONGEST_POLL_SECONDS)
    thread, answers = sleeper(stop, 0.05)
    thread.join()
    assert answers == [False] and not stop.is_set()


def test_a_delayed_ring_comes(stop: threading.Event) -> None:
    """A slot that is being left wakes the queue a moment later."""
    bell = Bell()
    bell.hang_on(stop)
    bell.ring_soon()
    assert stop.wait(timeout=LONGEST_POLL_SECONDS) is False


def test_long_sleepers_are_left_alone(stop: threading.Event) -> None:
    """A ring does not wake threads that are no queue threads."""
    bell = Bell()
    bell.hang_on(stop)
    thread, answers = sleeper(stop, LONGEST_POLL_SECONDS * 10)
    bell.ring()
    assert thread.is_alive()
    stop.set()
    thread.join()
    assert answers == [True]
