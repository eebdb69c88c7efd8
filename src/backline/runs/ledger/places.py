"""Places in the queue: who waits for one, and who is given one."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from backline.clock import TimestampMs, now_ms
from backline.db import Connection
from backline.ids import RunId
from backline.runs.ledger.moves import move
from backline.runs.status import RunStatus
from backline.runs.tables import runs


class Ticket(msgspec.Struct, frozen=True):
    """A run's admission: what the engine needs to perform it once."""

    run_id: RunId
    number: int
    """1 for the first admission; a run is admitted again after each wait and each retry."""
    version: str | None
    """Only workers of this version may take it; None for any."""


def admit(connection: Connection, run_id: RunId) -> Ticket | None:
    """Give a queued run a place; None when it is not waiting for one any more."""
    row = connection.execute(
        sa.update(runs)
        .where(
            runs.c.id == run_id,
            runs.c.status == RunStatus.QUEUED.value,
            runs.c.is_admitted.is_(False),
        )
        .values(is_admitted=True, admitted_at=now_ms(), admission_count=runs.c.admission_count + 1)
        .returning(
            runs.c.admission_count,
            runs.c.locked_version,
            runs.c.attempt_count,
            runs.c.version,
            runs.c.environment,
        )
    ).first()
    if row is None:
        return None
    # What began on a version goes on with it; in development the newest code is what one wants.
    is_pinned = row.attempt_count > 0 and row.environment != "dev"
    return Ticket(run_id, row.admission_count, row.version if is_pinned else row.locked_version)


def enqueue(connection: Connection, run_id: RunId, old: RunStatus, detail: str) -> bool:
    """Let a run that waited for something wait for a place. Its age in the queue is kept."""
    now = now_ms()
    first_queued = sa.func.coalesce(runs.c.queued_at, now)
    ttl = sa.case((runs.c.queued_at.is_(None), runs.c.expires_at), else_=None)
    return move(
        connection,
        run_id,
        old,
        RunStatus.QUEUED,
        detail,
        queued_at=first_queued,
        due_at=None,
        expires_at=ttl,
    )


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
