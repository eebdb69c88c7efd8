from __future__ import annotations

import inspect
import threading
from collections.abc import Iterator
from typing import cast

import pytest
from dbos import DBOS, _core, _queue
from dbos._core import ActiveWorkflowById

from backline.db import Database
from backline.engine.wakeup import (
    ANYTHING,
    DUE,
    MOST_SLOTS,
    QUEUE_THREAD,
    QUIET_POLL_SECONDS,
    Bell,
    ring_at_commit,
)

QUEUE = "runs"


class Engine:
    """What of DBOS the bell is hung into."""

    background_thread_stop_events: list[threading.Event]
    _active_workflows_set: ActiveWorkflowById


@pytest.fixture
def bell() -> Bell:
    return Bell()


@pytest.fixture
def engine(bell: Bell, stop: threading.Event) -> Engine:
    """An engine of one slot, whose queue threads sleep on the event."""
    engine = Engine()
    bell.wake_engine(cast(DBOS, engine), [QUEUE, "others"], slots=1)
    engine.background_thread_stop_events.append(stop)
    return engine


@pytest.fixture
def stop() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def sleeper(
    stop: threading.Event, timeout_seconds: float = QUIET_POLL_SECONDS, queue: str = QUEUE
) -> tuple[threading.Thread, list[bool]]:
    """Start a thread that sleeps once, as DBOS's queue threads do."""
    answers: list[bool] = []
    thread = threading.Thread(
        target=lambda: answers.append(stop.wait(timeout=timeout_seconds)),
        name=QUEUE_THREAD.format(queue=queue),
    )
    thread.start()
    return thread, answers


def goes_on_sleeping(thread: threading.Thread) -> bool:
    thread.join(timeout=0.1)
    return thread.is_alive()


def wakes(thread: threading.Thread, answers: list[bool]) -> bool:
    """Say whether it wakes well before it would by itself, and is not told to stop."""
    thread.join(timeout=QUIET_POLL_SECONDS / 2)
    return answers == [False]


def ends_when_told(stop: threading.Event, thread: threading.Thread, answers: list[bool]) -> bool:
    stop.set()
    thread.join()
    return answers == [True]


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
    assert "_active_workflows_set.count_for_queue(" in inspect.getsource(_queue.queue_worker_thread)


def test_dbos_adds_its_events_before_its_threads_sleep() -> None:
    """Events hear the bell from the moment they are on the instance's list, so none sleeps deaf."""
    source = inspect.getsource(DBOS._launch)
    adds = source.index("self.background_thread_stop_events.append(evt)")
    assert adds < source.index("target=queue_thread, args=(evt, self)")


@pytest.mark.usefixtures("engine")
def test_a_ring_ends_the_sleep(bell: Bell, stop: threading.Event) -> None:
    """A queue thread wakes when the bell rings for its queue, and is not told to stop."""
    thread, answers = sleeper(stop)
    bell.ring([QUEUE])
    assert wakes(thread, answers)


@pytest.mark.usefixtures("engine")
def test_a_ring_while_nobody_sleeps_is_heard_later(bell: Bell, stop: threading.Event) -> None:
    """A run triggered while the queue thread is busy is not slept through."""
    bell.ring([QUEUE])
    thread, answers = sleeper(stop)
    assert wakes(thread, answers)


@pytest.mark.usefixtures("engine")
def test_a_ring_is_heard_once(bell: Bell, stop: threading.Event) -> None:
    """After a ring the thread sleeps again."""
    bell.ring([QUEUE])
    sleeper(stop)[0].join()
    thread, _ = sleeper(stop)
    assert goes_on_sleeping(thread)


@pytest.mark.usefixtures("engine")
def test_other_queues_sleep_on(bell: Bell, stop: threading.Event) -> None:
    """A ring wakes only who polls the queue that something was put into."""
    thread, _ = sleeper(stop, queue="others")
    bell.ring([QUEUE, DUE])
    assert goes_on_sleeping(thread)


@pytest.mark.usefixtures("engine")
def test_other_threads_sleep_on(bell: Bell, stop: threading.Event) -> None:
    """DBOS's threads for other things share the event and do not hear the bell."""
    thread, answers = sleeper(stop, queue="of nobody")
    bell.ring([QUEUE])
    assert goes_on_sleeping(thread)
    assert ends_when_told(stop, thread, answers)


@pytest.mark.usefixtures("engine")
def test_what_nobody_uses_is_looked_for_seldom(stop: threading.Event) -> None:
    """DBOS looks for queues and schedules every second; an idle worker need not."""
    thread, answers = sleeper(stop, 0.01, queue="of nobody")
    assert goes_on_sleeping(thread)
    assert ends_when_told(stop, thread, answers)


@pytest.mark.usefixtures("engine")
def test_while_nobody_rings_a_queue_is_polled_seldom(stop: threading.Event) -> None:
    """The poll is only the net for rings that got lost."""
    thread, answers = sleeper(stop, 0.01)
    assert goes_on_sleeping(thread)
    assert ends_when_told(stop, thread, answers)


@pytest.mark.usefixtures("engine")
def test_after_a_ring_a_queue_is_polled_soon_again(bell: Bell, stop: threading.Event) -> None:
    """What the first poll did not get, because another worker was at it, does not wait long."""
    bell.ring([QUEUE])
    sleeper(stop)[0].join()
    thread, answers = sleeper(stop, 0.01)
    assert wakes(thread, answers)


@pytest.mark.usefixtures("engine")
def test_who_is_told_to_stop_does_not_sleep_on(stop: threading.Event) -> None:
    """A worker that stops does not wait for the end of a poll."""
    thread, answers = sleeper(stop)
    stop.set()
    thread.join(timeout=QUIET_POLL_SECONDS / 2)
    assert answers == [True]


def test_a_queue_that_left_no_slot_is_asked_again_when_one_gets_free(
    engine: Engine, stop: threading.Event
) -> None:
    """It may have more."""
    entry = engine._active_workflows_set.add("run_1", QUEUE)
    thread, answers = sleeper(stop)
    assert goes_on_sleeping(thread)
    entry.release()
    assert wakes(thread, answers)


def engine_of_two_slots(bell: Bell, stop: threading.Event) -> Engine:
    engine = Engine()
    bell.wake_engine(cast(DBOS, engine), [QUEUE], slots=2)
    engine.background_thread_stop_events.append(stop)
    return engine


def test_a_queue_that_left_a_slot_has_no_more(bell: Bell, stop: threading.Event) -> None:
    """Nobody asks it again before the bell rings."""
    active = engine_of_two_slots(bell, stop)._active_workflows_set
    assert active.count_for_queue(QUEUE) == MOST_SLOTS - 2
    active.add("run_1", QUEUE).release()
    thread, _ = sleeper(stop)
    assert goes_on_sleeping(thread)


def test_a_slot_that_gets_free_while_a_queue_is_polled_is_not_lost(
    bell: Bell, stop: threading.Event
) -> None:
    """The poll took what it had room for when it began; there may be more for the other slot."""
    active = engine_of_two_slots(bell, stop)._active_workflows_set
    active.count_for_queue(QUEUE)
    first = active.add("run_1", QUEUE)
    assert active.count_for_queue(QUEUE) == MOST_SLOTS - 1
    first.release()
    active.add("run_2", QUEUE)
    assert wakes(*sleeper(stop))


def test_a_queue_that_found_no_slot_is_asked_again_when_one_gets_free(
    engine: Engine, stop: threading.Event
) -> None:
    """Another queue had taken it."""
    entry = engine._active_workflows_set.add("run_1", QUEUE)
    assert engine._active_workflows_set.count_for_queue("others") == MOST_SLOTS
    entry.release()
    thread, answers = sleeper(stop, queue="others")
    assert wakes(thread, answers)


def test_a_ring_outlasts_the_sleep_while_no_slot_is_free(
    bell: Bell, engine: Engine, stop: threading.Event
) -> None:
    """The poll that comes between finds no room."""
    bell.ring([QUEUE])
    assert wakes(*sleeper(stop))
    entry = engine._active_workflows_set.add("run_1", "others")
    bell.ring([QUEUE])
    assert wakes(*sleeper(stop, 0.01))
    entry.release()
    assert wakes(*sleeper(stop))


def test_a_run_that_has_ended_makes_room_before_dbos_has_its_record(
    bell: Bell, engine: Engine, stop: threading.Event
) -> None:
    """The next one is asked for meanwhile, once."""
    entry = engine._active_workflows_set.add("run_1", QUEUE)
    thread, answers = sleeper(stop)
    bell.free_slot("run_1")
    assert wakes(thread, answers)
    assert engine._active_workflows_set.count_for_queue(QUEUE) == MOST_SLOTS - 1
    assert engine._active_workflows_set.activeList() == ["run_1"]
    entry.release()
    thread, _ = sleeper(stop)
    assert goes_on_sleeping(thread)


def test_a_run_that_comes_again_needs_a_slot_again(bell: Bell, engine: Engine) -> None:
    """After a wait it has another admission; after a dead worker it may have the same."""
    for _ in range(2):
        entry = engine._active_workflows_set.add("run_1", QUEUE)
        assert engine._active_workflows_set.count_for_queue(QUEUE) == MOST_SLOTS
        bell.free_slot("run_1")
        entry.release()


@pytest.mark.parametrize("queue", [QUEUE, "others"])
def test_a_ring_waits_for_a_slot(
    bell: Bell, engine: Engine, stop: threading.Event, queue: str
) -> None:
    """While every slot is taken nothing is asked for; the ring is heard when one gets free."""
    entry = engine._active_workflows_set.add("run_1", QUEUE)
    thread, answers = sleeper(stop, queue=queue)
    bell.ring([queue])
    assert goes_on_sleeping(thread)
    entry.release()
    assert wakes(thread, answers)


def test_what_a_transaction_brings_about_rings_when_it_is_committed(
    bell: Bell, database: Database, stop: threading.Event
) -> None:
    """Whoever looks before would not see it yet."""
    sleep, heard = bell.listener(stop, DUE), []
    with bell.acting(database) as connection:
        ring_at_commit(connection, DUE)
        thread = threading.Thread(target=lambda: heard.append(sleep(QUIET_POLL_SECONDS)))
        thread.start()
        assert goes_on_sleeping(thread)
    assert wakes(thread, heard)


def test_what_was_rolled_back_rings_for_nobody(
    bell: Bell, database: Database, stop: threading.Event
) -> None:
    """A trigger that is refused wakes no worker, and neither does the next transaction for it."""
    sleep = bell.listener(stop, DUE)
    with pytest.raises(KeyError), bell.acting(database) as connection:
        ring_at_commit(connection, DUE)
        raise KeyError
    with bell.acting(database):
        pass
    thread = threading.Thread(target=sleep, args=(QUIET_POLL_SECONDS,))
    thread.start()
    assert goes_on_sleeping(thread)
    stop.set()
    bell.ring([DUE])


def test_who_wants_to_hear_anything_hears_every_act(
    bell: Bell, database: Database, stop: threading.Event
) -> None:
    """Those who follow a run see its end, which is no news for anybody else."""
    sleep, heard = bell.listener(stop, ANYTHING), []
    thread = threading.Thread(target=lambda: heard.append(sleep(QUIET_POLL_SECONDS)))
    thread.start()
    with bell.acting(database):
        pass
    assert wakes(thread, heard)
