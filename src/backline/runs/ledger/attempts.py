"""The attempts at a run: begun by a worker, ended by it, or lost with it."""

from __future__ import annotations

from collections.abc import Container

import msgspec
import sqlalchemy as sa

from backline.clock import TimestampMs, now_ms
from backline.db import Connection
from backline.ids import AttemptId, RunId, new_id
from backline.runs.ledger.keys import free_key
from backline.runs.ledger.moves import IfEmpty, Plus, as_json, move
from backline.runs.ledger.versions import needed_version
from backline.runs.run import Attempt, Run, RunError
from backline.runs.status import AttemptStatus, RunStatus
from backline.runs.tables import attempts, runs

_ADMITTED = sa.select(
    runs.c.attempt_id,
    runs.c.attempt_count,
    runs.c.task_identifier,
    needed_version.label("needed_version"),
).where(runs.c.id == sa.bindparam("run_id"), runs.c.is_admitted)


def start_attempt(
    connection: Connection,
    run_id: RunId,
    worker_id: str,
    version: str,
    tasks: Container[str] | None = None,
) -> Attempt | None:
    """Claim an admitted run: begin its next attempt, or go on with one that waited.

    ``tasks`` are those that the worker knows; None for all. None when another
    worker was first, the run is another one's to perform, or nobody's any more.
    """
    now = now_ms()
    row = connection.execute(_ADMITTED, {"run_id": run_id}).first()
    # Bound to a version since the engine heard of it, it was let in anew for that one.
    if row is None or row.needed_version not in (None, version):
        return None
    if tasks is not None and row.task_identifier not in tasks:
        return None
    is_new = row.attempt_id is None
    attempt_id = new_id("attempt", now) if is_new else row.attempt_id
    moved = move(
        connection,
        run_id,
        RunStatus.QUEUED,
        RunStatus.EXECUTING,
        f"attempt {'began' if is_new else 'goes on'} on {worker_id}",
        attempt_id=attempt_id,
        worker_id=worker_id,
        version=IfEmpty(version),
        started_at=IfEmpty(now),
        expires_at=None,
        attempt_count=Plus(int(is_new)),
    )
    if not moved:
        return None
    if is_new:
        return _write_attempt(connection, run_id, attempt_id, row.attempt_count + 1, worker_id, now)
    return _resume_attempt(connection, attempt_id, worker_id, now)


def _resume_attempt(
    connection: Connection, attempt_id: AttemptId, worker_id: str, now: TimestampMs
) -> Attempt:
    row = connection.execute(
        sa.update(attempts)
        .where(attempts.c.id == attempt_id)
        .values(status=AttemptStatus.EXECUTING.value, worker_id=worker_id, updated_at=now)
        .returning(*[attempts.c[name] for name in Attempt.__struct_fields__])
    ).one()
    return Attempt(*row)


_WRITE = sa.insert(attempts)


def _write_attempt(
    connection: Connection,
    run_id: RunId,
    attempt_id: AttemptId,
    number: int,
    worker_id: str,
    now: TimestampMs,
) -> Attempt:
    attempt = Attempt(
        id=attempt_id,
        run_id=run_id,
        number=number,
        status=AttemptStatus.EXECUTING,
        worker_id=worker_id,
        created_at=now,
        updated_at=now,
        started_at=now,
        completed_at=None,
        error=None,
    )
    connection.execute(_WRITE, msgspec.structs.asdict(attempt))
    return attempt


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """How an attempt ended, and what that makes of its run."""

    run: RunStatus
    attempt: AttemptStatus
    detail: str
    active_ms: int
    """How long the attempt was active."""
    cost_cents: float = 0.0
    output: str | None = None
    """JSON text of what the task returned."""
    error: RunError | None = None
    due_at: TimestampMs | None = None
    """When a reattempting run is tried again."""
    machine: str | None = None
    """Another machine for the next attempt."""


_KEEPS_KEY = frozenset({RunStatus.COMPLETED, RunStatus.CANCELED})
"""Runs that ended so keep their idempotency key; any other end frees it for a new try."""


def end_attempt(
    connection: Connection, run_id: RunId, attempt_id: AttemptId, worker_id: str, ending: Ending
) -> bool:
    """Close an attempt, move its run and give its place back.

    Returns False when the worker had lost the run before.
    """
    error = None if ending.error is None else as_json(ending.error)
    also: dict[str, object] = {}
    if ending.run.is_final:
        also |= {"finished_at": now_ms(), "output": ending.output, "error": error}
    if ending.machine is not None:
        also["machine"] = ending.machine
    moved = move(
        connection,
        run_id,
        RunStatus.EXECUTING,
        ending.run,
        ending.detail,
        holder=(attempt_id, worker_id),
        worker_id=None,
        attempt_id=None,
        is_admitted=False,
        due_at=ending.due_at,
        duration_ms=Plus(ending.active_ms),
        cost_cents=Plus(ending.cost_cents),
        failure_count=Plus(int(ending.attempt is AttemptStatus.FAILED)),
        **also,
    )
    if moved:
        _close_attempt(connection, attempt_id, ending.attempt, error)
    if moved and ending.run.is_final and ending.run not in _KEEPS_KEY:
        free_key(connection, run_id)
    return moved


class Loss(msgspec.Struct, frozen=True):
    """What becomes of a run that lost its worker."""

    becomes: RunStatus
    error: RunError
    counts: bool
    """Whether it is held against the run: too many end it."""


def lose_attempt(connection: Connection, run: Run, worker_id: str, loss: Loss) -> bool:
    """Take a run from a worker that is gone; it is queued again, or ends.

    Returns False when the worker no longer held the attempt that the run had.
    """
    if run.attempt_id is None:
        return False
    becomes, error = loss.becomes, as_json(loss.error)
    ended = {"finished_at": now_ms(), "error": error} if becomes.is_final else {}
    moved = move(
        connection,
        run.id,
        RunStatus.EXECUTING,
        becomes,
        loss.error.message,
        holder=(run.attempt_id, worker_id),
        worker_id=None,
        attempt_id=None,
        # Queued again it keeps its place: the engine hands it to another worker by itself.
        is_admitted=not becomes.is_final,
        loss_count=Plus(int(loss.counts)),
        **ended,
    )
    if moved:
        _close_attempt(connection, run.attempt_id, AttemptStatus.FAILED, error)
    if moved and becomes.is_final:
        free_key(connection, run.id)
    return moved


_CLOSE = (
    sa.update(attempts)
    .where(attempts.c.id == sa.bindparam("attempt"))
    .values(
        status=sa.bindparam("ended"),
        updated_at=sa.bindparam("now"),
        completed_at=sa.bindparam("now"),
        error=sa.bindparam("why"),
    )
)


def _close_attempt(
    connection: Connection, attempt_id: AttemptId, status: AttemptStatus, error: str | None
) -> None:
    ending = {"attempt": attempt_id, "ended": status.value, "now": now_ms(), "why": error}
    connection.execute(_CLOSE, ending)
