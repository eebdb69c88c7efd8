from __future__ import annotations

import threading
from collections.abc import Collection, Iterator

import pytest

from backline.db import Connection, Database
from backline.engine import Bell, Relay, open_relay
from backline.engine.wakeup import ring_at_commit

NEWS = "runs@v1"


def act(bell: Bell, database: Database) -> None:
    """Do something that is news."""
    with bell.acting(database) as connection:
        ring_at_commit(connection, NEWS)


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
    sleep = far_bell.listener(stop, NEWS)

    def wait_for_a_ring() -> None:
        sleep(5.0)
        woken.set()

    sleeper = threading.Thread(target=wait_for_a_ring)
    sleeper.start()
    try:
        while not woken.wait(0.05):
            act(bell, database)  # until the listener is there to hear it
    finally:
        stop.set()
        sleeper.join()
        far.close()
    assert woken.is_set()


def test_news_from_afar_is_not_passed_on(database: Database, near: tuple[Bell, Relay]) -> None:
    """Two processes do not ring each other for ever, and what is no news is not sent at all."""
    bell, _ = near
    sent: list[Collection[str]] = []

    class Spy:
        def send_at_commit(self, connection: Connection, news: Collection[str]) -> None:
            """See nothing: what follows the commit is enough."""

        def send(self, news: Collection[str]) -> None:
            sent.append(news)

    bell.messenger = Spy()
    bell.ring([NEWS])
    with bell.acting(database):
        pass
    assert sent == []
    act(bell, database)
    assert sent == [{NEWS}]


def test_a_worker_that_died_without_a_goodbye_is_forgotten(
    database: Database, near: tuple[Bell, Relay]
) -> None:
    """A socket that nobody listens on does not keep the others from hearing."""
    bell, relay = near
    relay.start(listening=True)
    act(bell, database)
    second = open_relay(Bell(), database)
    second.start(listening=True)
    second.close()
    act(bell, database)
