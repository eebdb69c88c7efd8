"""Queues: how many runs of a kind execute at once, decided here and not by the engine.

Every task has a queue of its own, ``task/<identifier>``, unless its author or
the trigger names another. A concurrency key makes a copy of the queue per key,
each with the queue's limit; such a copy, or the queue itself, is a *lane*.
Only admitted runs count: a run that waits gives its place back.
"""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from backline.clock import TimestampMs, now_ms
from backline.db import Connection, insert_ignoring
from backline.errors import NotFound
from backline.runs.status import RunStatus
from backline.runs.tables import queue_starts, run_queues, runs

DEFAULT_RATE_PERIOD_MS = 1000


class Queue(msgspec.Struct, frozen=True):
    """A queue and its limits. Fields are in the order of the table."""

    name: str
    concurrency_limit: int | None = None
    override_limit: int | None = None
    rate_limit: int | None = None
    rate_period_ms: int | None = None
    is_paused: bool = False
    retry_at: TimestampMs | None = None

    @property
    def limit(self) -> int | None:
        """The limit in force: an operator's wins over the author's."""
        return self.concurrency_limit if self.override_limit is None else self.override_limit


def lane_of(queue: str, concurrency_key: str | None) -> str:
    """Name the lane of a run. A key may hold anything; the line break keeps lanes apart."""
    return queue if concurrency_key is None else f"{queue}\n{concurrency_key}"


def queue_of(lane: str) -> str:
    """Return the queue that a lane is a copy of."""
    return lane.partition("\n")[0]


def declare(connection: Connection, name: str, concurrency_limit: int | None) -> None:
    """Write a queue down as a task's author declared it; what operators set stays."""
    if not insert_ignoring(
        connection,
        run_queues,
        name=name,
        concurrency_limit=concurrency_limit,
        is_paused=False,
    ):
        connection.execute(
            sa.update(run_queues)
            .where(run_queues.c.name == name)
            .values(concurrency_limit=concurrency_limit)
        )


_BY_NAME = sa.select(run_queues).where(run_queues.c.name == sa.bindparam("queue"))


def find(connection: Connection, name: str) -> Queue:
    """Return a queue; one that nobody declared has no limits."""
    row = connection.execute(_BY_NAME, {"queue": name}).first()
    return Queue(name) if row is None else Queue(*row)


def every(connection: Connection) -> list[Queue]:
    """Return all declared queues by name."""
    rows = connection.execute(sa.select(run_queues).order_by(run_queues.c.name))
    return [Queue(*row) for row in rows]


def change(connection: Connection, name: str, **values: object) -> Queue:
    """Set what an operator may set: ``is_paused``, ``override_limit``, ``rate_limit`` …

    Raises ``NotFound`` for a queue that no task declares.
    """
    changed = connection.execute(
        sa.update(run_queues).where(run_queues.c.name == name).values(**values)
    )
    if changed.rowcount == 0:
        raise NotFound(f"no task declares a queue {name!r}")
    return find(connection, name)


_TAKEN_IN_ALL = sa.select(sa.func.count()).where(runs.c.is_admitted)
_TAKEN = _TAKEN_IN_ALL.where(runs.c.lane == sa.bindparam("of_lane"))


_STANDING = sa.select(
    _TAKEN_IN_ALL.scalar_subquery(), _TAKEN.scalar_subquery(), run_queues
).select_from(
    sa.select(sa.literal(1))
    .subquery()
    .outerjoin(run_queues, run_queues.c.name == sa.bindparam("queue"))
)


class Standing(msgspec.Struct, frozen=True):
    """How full it is: the admitted runs of the whole environment and of a lane, and its queue."""

    taken_in_all: int
    taken: int
    queue: Queue


def standing(connection: Connection, lane: str) -> Standing:
    """Return how a lane stands, in one statement, for every trigger and every end asks."""
    name = queue_of(lane)
    row = connection.execute(_STANDING, {"of_lane": lane, "queue": name}).one()
    taken_in_all, taken, *columns = row
    return Standing(taken_in_all, taken, Queue(name) if columns[0] is None else Queue(*columns))


def places_taken_in_all(connection: Connection) -> int:
    """Count the admitted runs of the whole environment."""
    return connection.execute(_TAKEN_IN_ALL).scalar_one()


def starts_left(connection: Connection, queue: Queue) -> int:
    """Count the starts that a queue's rate still allows; when it allows none, note when it will."""
    assert queue.rate_limit is not None
    period_ms = queue.rate_period_ms or DEFAULT_RATE_PERIOD_MS
    starts = queue_starts.c
    mine = starts.queue == queue.name
    connection.execute(sa.delete(queue_starts).where(mine, starts.at <= now_ms() - period_ms))
    made = connection.execute(sa.select(starts.at).where(mine).order_by(starts.at)).scalars().all()
    left = queue.rate_limit - len(made)
    retry_at = None if left > 0 else made[-queue.rate_limit] + period_ms
    change(connection, queue.name, retry_at=retry_at)
    return left


def note_start(connection: Connection, queue: Queue) -> None:
    """Count a start against the queue's rate."""
    connection.execute(sa.insert(queue_starts), {"queue": queue.name, "at": now_ms()})


_WAITING = (
    sa.select(runs.c.id, runs.c.lane)
    .where(runs.c.is_admitted.is_(False), runs.c.status == RunStatus.QUEUED.value)
    .order_by(runs.c.position, runs.c.id)
    .limit(sa.bindparam("most"))
)
_WAITING_IN = _WAITING.where(runs.c.lane == sa.bindparam("of_lane"))
_WAITING_ELSEWHERE = _WAITING.where(runs.c.lane.not_in(sa.bindparam("lanes", expanding=True)))


def waiting(
    connection: Connection,
    most: int,
    *,
    lane: str | None = None,
    not_in: frozenset[str] = frozenset(),
) -> list[tuple[str, str]]:
    """Return (id, lane) of the runs next in order, of one lane, or of all but some."""
    if lane is not None:
        rows = connection.execute(_WAITING_IN, {"of_lane": lane, "most": most})
    else:
        rows = connection.execute(_WAITING_ELSEWHERE, {"lanes": list(not_in), "most": most})
    return [(run_id, lane) for run_id, lane in rows]


def counts(connection: Connection, name: str) -> tuple[int, int]:
    """Return how many of the queue's runs are admitted and how many wait."""
    rows = connection.execute(
        sa.select(runs.c.is_admitted, sa.func.count())
        .where(
            runs.c.queue == name,
            runs.c.status.in_([RunStatus.QUEUED.value, RunStatus.EXECUTING.value]),
        )
        .group_by(runs.c.is_admitted)
    )
    by_place = {bool(admitted): count for admitted, count in rows}
    return by_place.get(True, 0), by_place.get(False, 0)


def rate_retries_due(connection: Connection) -> list[str]:
    """Return the queues whose rate limit has room again."""
    due = sa.select(run_queues.c.name).where(run_queues.c.retry_at <= now_ms())
    return list(connection.execute(due).scalars())
