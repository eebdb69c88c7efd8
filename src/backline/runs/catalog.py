"""Who works here: the workers that are alive, and the tasks that they announced."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from functools import lru_cache
from itertools import groupby

import msgspec
import sqlalchemy as sa

from backline.clock import TimestampMs, now_ms
from backline.db import Connection, upsert
from backline.runs import queues
from backline.runs.tables import announced_tasks, workers
from backline.sdk import TaskFacts

STALE_AFTER_MS = 10_000
"""A worker whose heart stood still for longer is taken for dead."""


class Worker(msgspec.Struct, frozen=True):
    """One supervisor process. Fields are in the order of the table."""

    id: str
    host: str
    process: str
    """Process id and start time on that host, so that a reused id is not mistaken for it."""
    version: str
    slots: int
    started_at: TimestampMs
    heartbeat_at: TimestampMs
    stopped_at: TimestampMs | None = None


def announce(connection: Connection, worker: Worker, tasks: Collection[TaskFacts]) -> None:
    """Write down a worker, what it can run, and the queues that its tasks declare."""
    upsert(connection, workers, ("id",), **msgspec.structs.asdict(worker))
    for facts in tasks:
        queues.declare(connection, facts.queue, facts.concurrency_limit)
        upsert(
            connection,
            announced_tasks,
            ("task_identifier", "worker_id"),
            task_identifier=facts.identifier,
            worker_id=worker.id,
            version=worker.version,
            facts=msgspec.json.encode(facts).decode(),
        )


def beat(connection: Connection, worker_id: str) -> bool:
    """Say that a worker is alive. Returns False when it was declared dead meanwhile."""
    beaten = connection.execute(
        sa.update(workers)
        .where(workers.c.id == worker_id, workers.c.stopped_at.is_(None))
        .values(heartbeat_at=now_ms())
    )
    return beaten.rowcount > 0


def retire(connection: Connection, worker_id: str) -> bool:
    """Take a worker off the list. Returns False when someone else already did."""
    retired = connection.execute(
        sa.update(workers)
        .where(workers.c.id == worker_id, workers.c.stopped_at.is_(None))
        .values(stopped_at=now_ms())
    )
    connection.execute(sa.delete(announced_tasks).where(announced_tasks.c.worker_id == worker_id))
    return retired.rowcount > 0


def withdraw(connection: Connection, worker_id: str) -> str | None:
    """Take back what a worker announced, before it is taken off the list. Returns its version."""
    connection.execute(sa.delete(announced_tasks).where(announced_tasks.c.worker_id == worker_id))
    version: str | None = connection.execute(
        sa.select(workers.c.version).where(workers.c.id == worker_id)
    ).scalar()
    return version


def unretired(connection: Connection) -> list[Worker]:
    """Return the workers that did not say goodbye, alive or not."""
    rows = connection.execute(sa.select(workers).where(workers.c.stopped_at.is_(None)))
    return [Worker(*row) for row in rows]


# Built once: every trigger asks.
_NEWEST_FACTS = (
    sa.select(announced_tasks.c.facts)
    .where(announced_tasks.c.task_identifier == sa.bindparam("task"))
    .order_by(announced_tasks.c.worker_id.desc())
    .limit(1)
)
_NEWEST_FACTS_OF_VERSION = _NEWEST_FACTS.where(announced_tasks.c.version == sa.bindparam("version"))


class KnownTask(msgspec.Struct, frozen=True):
    """A task that can run now, as the worker that started last announces it."""

    facts: TaskFacts
    versions: dict[str, int]
    """How many workers announce it under which version."""


def retired_since(connection: Connection, moment: TimestampMs) -> list[str]:
    """Return the ids of the workers that were taken off the list since then."""
    rows = connection.execute(sa.select(workers.c.id).where(workers.c.stopped_at >= moment))
    return list(rows.scalars())


def find_task(
    connection: Connection, task_identifier: str, version: str | None = None
) -> TaskFacts | None:
    """Return a task as the worker that started last announces it; None when no worker does.

    With ``version`` only workers of that version count.
    """
    if version is None:
        newest = connection.execute(_NEWEST_FACTS, {"task": task_identifier}).scalar()
    else:
        named = {"task": task_identifier, "version": version}
        newest = connection.execute(_NEWEST_FACTS_OF_VERSION, named).scalar()
    return None if newest is None else _read_facts(newest)


def versions_of(connection: Connection, task_identifier: str) -> list[str]:
    """Return the versions under which a task is announced, that of the newest worker first."""
    rows = connection.execute(
        sa.select(announced_tasks.c.version)
        .where(announced_tasks.c.task_identifier == task_identifier)
        .order_by(announced_tasks.c.worker_id.desc())
    )
    return list(dict.fromkeys(rows.scalars()))


@lru_cache(maxsize=256)
def _read_facts(text: str) -> TaskFacts:
    return msgspec.json.decode(text, type=TaskFacts)


def announced(connection: Connection) -> list[KnownTask]:
    """Return all tasks that can run now, by name."""
    rows = connection.execute(
        sa.select(announced_tasks).order_by(
            announced_tasks.c.task_identifier, announced_tasks.c.worker_id.desc()
        )
    ).all()
    found: list[KnownTask] = []
    for _, group in groupby(rows, key=lambda row: row.task_identifier):
        same = list(group)
        versions = Counter(row.version for row in same)
        found.append(KnownTask(_read_facts(same[0].facts), dict(versions)))
    return found


def known_tasks(connection: Connection) -> list[str]:
    """Return the names of all tasks that can run now, sorted."""
    rows = connection.execute(sa.select(announced_tasks.c.task_identifier).distinct())
    return sorted(rows.scalars())
