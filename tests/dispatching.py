"""The door to the engine, for tests and benches whose worker is another process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from backline.db import Database
from backline.engine import Bell, Dispatch, RunQueue, open_relay


@contextmanager
def dispatching(database: Database) -> Iterator[Dispatch]:
    """Trigger as a server does: the workers of other processes are rung for."""
    queue, bell = RunQueue(database), Bell()
    relay = open_relay(bell, database)
    relay.start(listening=False)
    try:
        yield Dispatch(database, queue, bell)
    finally:
        relay.close()
        queue.close()
