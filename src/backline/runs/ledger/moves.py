"""Moving a run from one status to another, and noting why.

A move changes a run only *where it is still as it was seen*; when no row
changed, another process was first, and the caller is told so. The new status
and its event row share the transaction. Whoever executes a run writes under
its attempt's id, so a worker that was declared dead can not write any more.
"""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from backline.clock import TimestampMs, now_ms
from backline.db import Connection
from backline.ids import AttemptId, RunId
from backline.runs.run import Run
from backline.runs.status import RunStatus, may_move
from backline.runs.tables import run_events, runs


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

    With ``holder`` it moves only while that attempt on that worker has the run. Returns
    whether the run moved; raises ``ValueError`` for a move that the table of
    moves does not have.
    """
    if not may_move(old, new):
        raise ValueError(f"a run can not go from {old} to {new}")
    now = now_ms()
    still = [runs.c.id == run_id, runs.c.status == old.value]
    if holder is not None:
        still += [runs.c.attempt_id == holder[0], runs.c.worker_id == holder[1]]
    values = {"status": new.value, "updated_at": now, **changes}
    if connection.execute(sa.update(runs).where(*still).values(values)).rowcount == 0:
        return False
    note(connection, run_id, new, detail, now)
    return True


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


def holds(connection: Connection, run_id: RunId, attempt_id: AttemptId, worker_id: str) -> bool:
    """Say whether that attempt on that worker still has the run."""
    mine = sa.select(runs.c.id).where(
        runs.c.id == run_id, runs.c.attempt_id == attempt_id, runs.c.worker_id == worker_id
    )
    return connection.execute(mine).first() is not None


def note(
    connection: Connection, run_id: RunId, status: RunStatus, detail: str, at: TimestampMs
) -> None:
    """Write the event row of a run's new status."""
    connection.execute(
        sa.insert(run_events),
        {"run_id": run_id, "at": at, "status": status.value, "detail": detail},
    )


def as_json(value: object) -> str:
    """Return a value as the JSON text in which the ledger keeps it."""
    return msgspec.json.encode(value).decode()
