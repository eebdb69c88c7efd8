"""Moving a run from one status to another, and noting why.

A move changes a run only *where it is still as it was seen*; when no row
changed, another process was first, and the caller is told so. The new status
and its event row share the transaction. Whoever executes a run writes under
its attempt's id, so a worker that was declared dead can not write any more.

Building a statement takes longer than running it on a row or two, so those of
every run's life are built once, here and in the modules beside.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec
import sqlalchemy as sa

from backline.clock import TimestampMs, now_ms
from backline.db import Connection
from backline.ids import AttemptId, RunId
from backline.runs.run import Run
from backline.runs.status import RunStatus, may_move
from backline.runs.tables import run_events, runs


class Plus(msgspec.Struct, frozen=True):
    """Adds to what the column holds."""

    value: float


class IfEmpty(msgspec.Struct, frozen=True):
    """Is written where the column holds nothing yet."""

    value: Any


def move(
    connection: Connection,
    run_id: RunId,
    old: RunStatus,
    new: RunStatus,
    detail: str,
    *,
    holder: tuple[AttemptId, str] | None = None,
    **changes: Any,
) -> bool:
    """Move a run from ``old`` to ``new`` if it is still there, noting why.

    ``changes`` are new values of columns, or a `Plus` or `IfEmpty` of one. With
    ``holder`` it moves only while that attempt on that worker has the run. Returns
    whether the run moved; raises ``ValueError`` for a move that the table of
    moves does not have.
    """
    if not may_move(old, new):
        raise ValueError(f"a run can not go from {old} to {new}")
    now = now_ms()
    changes |= {"status": new.value, "updated_at": now}
    ways = tuple((name, type(change)) for name, change in changes.items())
    values = {
        f"new_{name}": change.value if isinstance(change, Plus | IfEmpty) else change
        for name, change in changes.items()
    }
    values |= {"run_id": run_id, "old": old.value}
    if holder is not None:
        values |= {"attempt": holder[0], "worker": holder[1]}
    if connection.execute(_moving(ways, holder is not None), values).rowcount == 0:
        return False
    note(connection, run_id, new, detail, now)
    return True


@cache
def _moving(ways: tuple[tuple[str, type], ...], is_held: bool) -> sa.Update:
    """Return the statement that changes these columns of a run, each in its way."""
    still = [runs.c.id == sa.bindparam("run_id"), runs.c.status == sa.bindparam("old")]
    if is_held:
        still += [
            runs.c.attempt_id == sa.bindparam("attempt"),
            runs.c.worker_id == sa.bindparam("worker"),
        ]
    changes = {name: _changed(runs.c[name], way) for name, way in ways}
    return sa.update(runs).where(*still).values(changes)


def _changed(column: sa.Column[Any], way: type) -> sa.ColumnElement[Any]:
    new = sa.bindparam(f"new_{column.name}", type_=column.type)
    if way is Plus:
        return column + new
    return sa.func.coalesce(column, new) if way is IfEmpty else new


_LOCKED = (
    sa.select(*[runs.c[name] for name in Run.__struct_fields__])
    .where(runs.c.id == sa.bindparam("run_id"))
    .with_for_update()
)


def lock(connection: Connection, run_id: RunId) -> Run | None:
    """Read a run that nobody else moves until the transaction ends.

    For acts that look at its status first: between a plain look and the act a
    worker may claim it, since claims are not exclusive. SQLite has one writer
    at a time anyway.
    """
    row = connection.execute(_LOCKED, {"run_id": run_id}).first()
    return None if row is None else Run(*row)


_HELD = sa.select(runs.c.id).where(
    runs.c.id == sa.bindparam("run_id"),
    runs.c.attempt_id == sa.bindparam("attempt"),
    runs.c.worker_id == sa.bindparam("worker"),
)


def holds(connection: Connection, run_id: RunId, attempt_id: AttemptId, worker_id: str) -> bool:
    """Say whether that attempt on that worker still has the run."""
    mine = {"run_id": run_id, "attempt": attempt_id, "worker": worker_id}
    return connection.execute(_HELD, mine).first() is not None


_NOTE = sa.insert(run_events)


def note(
    connection: Connection, run_id: RunId, status: RunStatus, detail: str, at: TimestampMs
) -> None:
    """Write the event row of a run's new status."""
    event = {"run_id": run_id, "at": at, "status": status.value, "detail": detail}
    connection.execute(_NOTE, event)


def as_json(value: object) -> str:
    """Return a value as the JSON text in which the ledger keeps it."""
    return msgspec.json.encode(value).decode()
