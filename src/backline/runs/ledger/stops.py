"""Ends that come from outside: a run is canceled, or waited longer than it may."""

from __future__ import annotations

import sqlalchemy as sa

from backline.clock import now_ms
from backline.db import Connection
from backline.ids import RunId
from backline.runs.ledger.keys import free_key
from backline.runs.ledger.moves import as_json, move
from backline.runs.run import RunError
from backline.runs.status import AttemptStatus, RunStatus
from backline.runs.tables import attempts, runs, waits

CANCELED_BY_CALLER = "canceled by a caller"


def cancel(connection: Connection, run_id: RunId, status: RunStatus, detail: str) -> bool:
    """Cancel a run that no process performs: it is final at once."""
    error = RunError(name="Canceled", message=detail)
    moved = move(
        connection,
        run_id,
        status,
        RunStatus.CANCELED,
        detail,
        finished_at=now_ms(),
        is_admitted=False,
        due_at=None,
        expires_at=None,
        error=as_json(error),
    )
    if moved:
        _end_waiting(connection, run_id, AttemptStatus.CANCELED)
    return moved


def ask_to_cancel(connection: Connection, run_id: RunId) -> bool:
    """Tell the worker that performs a run to stop it. Returns whether one does."""
    asked = connection.execute(
        sa.update(runs)
        .where(runs.c.id == run_id, runs.c.status == RunStatus.EXECUTING.value)
        .values(cancel_asked_at=sa.func.coalesce(runs.c.cancel_asked_at, now_ms()))
    )
    return asked.rowcount > 0


def expire(connection: Connection, run_id: RunId, ttl: str) -> bool:
    """End a run that waited longer than it may."""
    now = now_ms()
    error = RunError(name="Expired", message=f"the run did not start within its ttl of {ttl}")
    moved = move(
        connection,
        run_id,
        RunStatus.QUEUED,
        RunStatus.EXPIRED,
        error.message,
        finished_at=now,
        expired_at=now,
        expires_at=None,
        is_admitted=False,
        error=as_json(error),
    )
    if moved:
        free_key(connection, run_id)
    return moved


def _end_waiting(connection: Connection, run_id: RunId, status: AttemptStatus) -> None:
    """Close what a run that ends without its worker left open: a paused attempt, a wait."""
    now = now_ms()
    connection.execute(
        sa.update(attempts)
        .where(attempts.c.run_id == run_id, attempts.c.completed_at.is_(None))
        .values(status=status.value, updated_at=now, completed_at=now)
    )
    connection.execute(sa.delete(waits).where(waits.c.run_id == run_id))
