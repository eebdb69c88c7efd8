from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from backline.db import Database
from backline.engine import Bell, Relay, open_relay


@pytest.fixture
def near(database: Database) -> Iterator[tuple[Bell, Relay]]:
    bell = Bell()
    relay = open_relay(bell, database)
    yield bell, relay
    relay.close()


def test_a_ring_is_heard_by_whoever_listens_on_the_same_database(
    database: Database, near: tuple[Bell, Relay]
) -> None:
    """One process rings, another one's sleeper wakes long before its poll."""
    bell, relay = near
    far_bell = Bell()
    far = open_relay(far_bell, database)
    relay.start(listening=False)
    far.start(listening=True)
    stop, woken = threading.Event(), threading.Event()
    sleep = far_bell.listener(stop)

    def wait_for_a_ring() -> None:
        sleep(5.0)
        woken.set()

    sleeper = threading.Thread(target=wait_for_a_ring)
    sleeper.start()
    try:
        while not woken.wait(0.05):
            bell.ring()  # until the listener is there to hear it
    finally:
        stop.set()
        sleeper.join()
        far.close()
    assert woken.is_set()


def test_a_ring_from_afar_is_not_passed_on(near: tuple[Bell, Relay]) -> None:
    """Two processes do not ring each other for ever."""
    bell, _ = near
    passed_on: list[str] = []
    bell.on_ring = lambda: passed_on.append("ring")
    bell.ring_here()
    assert passed_on == []
    bell.ring()
    assert passed_on == ["ring"]


def test_a_worker_that_died_without_a_goodbye_is_forgotten(
    database: Database, near: tuple[Bell, Relay]
) -> None:
    """A socket that nobody listens on does not keep the others from hearing."""
    bell, relay = near
    relay.start(listening=True)
    bell.ring()
    second = open_relay(Bell(), database)
    second.start(listening=True)
    second.close()
    bell.ring()
