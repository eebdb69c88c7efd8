"""Places in the queue: who waits for one, and who is given one."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from backline.clock import TimestampMs, now_ms, parse_duration_seconds
from backline.db import Connection
from backline.ids import RunId
from backline.runs.ledger.moves import IfEmpty, move
from backline.runs.ledger.versions import needed_version
from backline.runs.status import RunStatus
from backline.runs.tables import runs


class Ticket(msgspec.Struct, frozen=True):
    """A run's admission: what the engine needs to perform it once."""

    run_id: RunId
    task_identifier: str
    number: int
    """1 for the first admission; a run is admitted again after each wait and each retry."""
    version: str | None
    """Only workers of this version may take it; None for any."""
    position: TimestampMs
    """Whose is smaller is performed first: when it was due, less its priority."""


_ADMIT = (
    sa.update(runs)
    .where(
        runs.c.id == sa.bindparam("run_id"),
        runs.c.status == RunStatus.QUEUED.value,
        runs.c.is_admitted.is_(False),
    )
    .values(
        is_admitted=True,
        admitted_at=sa.bindparam("now"),
        admission_count=runs.c.admission_count + 1,
    )
    .returning(
        runs.c.task_identifier,
        runs.c.admission_count,
        needed_version.label("version"),
        runs.c.position,
    )
)


def admit(connection: Connection, run_id: RunId) -> Ticket | None:
    """Give a queued run a place; None when it is not waiting for one any more."""
    row = connection.execute(_ADMIT, {"run_id": run_id, "now": now_ms()}).first()
    return None if row is None else Ticket(run_id, *row)


def enqueue(connection: Connection, run_id: RunId, old: RunStatus, detail: str) -> bool:
    """Let a run that waited for something wait for a place. Its age in the queue is kept."""
    now = now_ms()
    is_new_here = old in (RunStatus.DELAYED, RunStatus.PENDING_VERSION)
    return move(
        connection,
        run_id,
        old,
        RunStatus.QUEUED,
        detail,
        queued_at=IfEmpty(now),
        due_at=None,
        expires_at=_expiry(connection, run_id, now) if is_new_here else None,
    )


def _expiry(connection: Connection, run_id: RunId, now: TimestampMs) -> TimestampMs | None:
    """Return when a run expires that waits for a place for the first time."""
    row = connection.execute(
        sa.select(runs.c.ttl, runs.c.queued_at).where(runs.c.id == run_id)
    ).one()
    if row.ttl is None or row.queued_at is not None:
        return None
    return now + 1000 * parse_duration_seconds(row.ttl)


def reschedule(connection: Connection, run_id: RunId, due_at: TimestampMs) -> bool:
    """Move the start of a delayed run. Returns whether it still was delayed."""
    moved = connection.execute(
        sa.update(runs)
        .where(runs.c.id == run_id, runs.c.status == RunStatus.DELAYED.value)
        .values(
            due_at=due_at,
            delayed_until=due_at,
            position=due_at - runs.c.priority_ms,
            updated_at=now_ms(),
        )
    )
    return moved.rowcount > 0
