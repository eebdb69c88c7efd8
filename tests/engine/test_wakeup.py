from __future__ import annotations

import inspect
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import cast

import pytest
from dbos import DBOS, _core, _queue

from backline.engine.wakeup import LONGEST_POLL_SECONDS, Bell, _RingingWorkflows

SLEEPER = "queue-worker-runs"


@pytest.fixture
def stop() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def sleeper(stop: threading.Event, timeout_seconds: float) -> tuple[threading.Thread, list[bool]]:
    """Start a thread that sleeps once, as DBOS's queue threads do."""
    answers: list[bool] = []
    thread = threading.Thread(
        target=lambda: answers.append(stop.wait(timeout=timeout_seconds)), name=SLEEPER
    )
    thread.start()
    return thread, answers


def test_dbos_sleeps_where_the_bell_hangs() -> None:
    """A release of DBOS whose queue threads sleep elsewhere shows here first."""
    assert "stop_event.wait(timeout=polling_interval" in inspect.getsource(_queue)
    assert next(iter(inspect.signature(_queue.queue_worker_thread).parameters)) == "stop_event"
    assert 'name=f"queue-worker-{queue_name}"' in inspect.getsource(_queue.queue_thread)


def test_dbos_counts_a_workflow_until_its_record_is_written() -> None:
    """The entry that holds a slot is released last, through the method that rings."""
    source = inspect.getsource(_core._execute_workflow_wthread)
    assert source.index(".then(") < source.index("entry.release()")
    assert "self._active_workflows_set" in inspect.getsource(DBOS.__init__)
    assert "_remove(" in inspect.getsource(_core.ActiveWorkflowEntry.release)


def test_a_slot_that_gets_free_rings(stop: threading.Event) -> None:
    """The queue is looked at again as soon as something that was executed is done."""
    bell = Bell()
    bell.hang_on(stop, frozenset({SLEEPER}))
    executing = _RingingWorkflows(bell)
    entry = executing.add("run_1", "runs")
    thread, answers = sleeper(stop, LONGEST_POLL_SECONDS)
    entry.release()
    thread.join()
    assert (executing.count_for_queue("runs"), answers) == (0, [False])


def test_dbos_adds_its_events_before_its_threads_sleep() -> None:
    """Events hear the bell from the moment they are on the instance's list, so none sleeps deaf."""
    source = inspect.getsource(DBOS._launch)
    adds = source.index("self.background_thread_stop_events.append(evt)")
    assert adds < source.index("target=queue_thread, args=(evt, self)")


def test_a_ring_ends_the_sleep(stop: threading.Event) -> None:
    """A queue thread wakes when the bell rings, and is not told to stop."""
    bell = Bell()
    bell.hang_on(stop, frozenset({threading.current_thread().name, SLEEPER}))
    thread, answers = sleeper(stop, LONGEST_POLL_SECONDS)
    bell.ring()
    thread.join()
    assert answers == [False]


def test_a_ring_while_nobody_sleeps_is_heard_later(stop: threading.Event) -> None:
    """A run triggered while the queue thread is busy is not slept through."""
    bell = Bell()
    bell.hang_on(stop, frozenset({threading.current_thread().name, SLEEPER}))
    bell.ring()
    assert stop.wait(timeout=LONGEST_POLL_SECONDS) is False


def test_a_ring_is_heard_once(stop: threading.Event) -> None:
    """After a ring the thread sleeps again."""
    bell = Bell()
    bell.hang_on(stop, frozenset({threading.current_thread().name, SLEEPER}))
    bell.ring()
    stop.wait(timeout=LONGEST_POLL_SECONDS)
    thread, answers = sleeper(stop, 0.05)
    thread.join()
    assert answers == [False] and not stop.is_set()


def test_other_threads_sleep_on(stop: threading.Event) -> None:
    """DBOS's threads for other things share the event and do not hear the bell."""
    bell = Bell()
    bell.hang_on(stop, frozenset({"queue-worker-others"}))
    thread, answers = sleeper(stop, LONGEST_POLL_SECONDS)
    bell.ring()
    thread.join(timeout=0.1)
    assert thread.is_alive()
    stop.set()
    thread.join()
    assert answers == [True]


def test_long_sleepers_are_left_alone(stop: threading.Event) -> None:
    """A ring does not end a sleep that is longer than any poll."""
    bell = Bell()
    bell.hang_on(stop, frozenset({threading.current_thread().name, SLEEPER}))
    thread, answers = sleeper(stop, LONGEST_POLL_SECONDS * 10)
    bell.ring()
    assert thread.is_alive()
    stop.set()
    thread.join()
    assert answers == [True]


def test_who_is_told_to_stop_does_not_sleep_on(stop: threading.Event) -> None:
    """A worker that stops does not wait for the end of a poll."""
    bell = Bell()
    bell.hang_on(stop, frozenset({SLEEPER}))
    thread, answers = sleeper(stop, LONGEST_POLL_SECONDS)
    stop.set()
    thread.join(timeout=LONGEST_POLL_SECONDS / 2)
    assert answers == [True]


def test_a_ring_waits_for_a_slot(stop: threading.Event) -> None:
    """While every slot is taken nothing is asked for; the ring is heard when one gets free."""
    bell, engine = Bell(), cast(DBOS, SimpleNamespace())
    bell.wake_engine(engine, ["runs"], slots=1)
    engine.background_thread_stop_events.append(stop)
    entry = engine._active_workflows_set.add("run_1", "runs")
    thread, answers = sleeper(stop, LONGEST_POLL_SECONDS)
    bell.ring()
    thread.join(timeout=0.1)
    assert thread.is_alive()
    entry.release()
    thread.join()
    assert answers == [False]
