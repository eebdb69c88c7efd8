"""Every write to the ledger. Each function takes the connection of one transaction.

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
from backline.db import Connection, insert_ignoring
from backline.ids import AttemptId, RunId, new_id
from backline.runs.run import Attempt, LogLine, NewRun, RunError, account_tag
from backline.runs.status import AttemptStatus, RunStatus, may_move
from backline.runs.tables import (
    attempts,
    idempotency_keys,
    run_events,
    run_logs,
    run_tags,
    runs,
    steps,
)

IDEMPOTENCY_KEY_LIFE_MS = 30 * 24 * 3600 * 1000
"""How long a key is kept when the caller does not say: 30 days, as in Trigger.dev."""


def open_run(connection: Connection, new: NewRun, status: RunStatus) -> RunId:
    """Write a new run with its tags and its first event. Returns its id."""
    now = now_ms()
    run_id = new_id("run", now)
    tags = (account_tag(new.account_id), *new.tags)
    connection.execute(sa.insert(runs), _first_row(new, run_id, status, tags, now))
    if new.tags:
        # The account's own tag is the column `account_id`, which has an index already.
        connection.execute(
            sa.insert(run_tags), [{"tag": tag, "run_id": run_id} for tag in dict.fromkeys(new.tags)]
        )
    _note(connection, run_id, status, "triggered", now)
    return run_id


def _first_row(
    new: NewRun, run_id: RunId, status: RunStatus, tags: tuple[str, ...], now: TimestampMs
) -> dict[str, Any]:
    return {
        "id": run_id,
        "account_id": new.account_id,
        "task_identifier": new.task_identifier,
        "status": status.value,
        "queue": f"task/{new.task_identifier}",
        "environment": new.environment,
        "is_test": new.is_test,
        "created_at": now,
        "updated_at": now,
        "queued_at": now if status is RunStatus.QUEUED else None,
        "idempotency_key": new.idempotency_key,
        "depth": new.depth,
        "root_id": new.root_id or run_id,
        "parent_id": new.parent_id,
        "batch_id": new.batch_id,
        "trigger_function": new.trigger_function,
        "attempt_count": 0,
        "failure_count": 0,
        "loss_count": 0,
        "duration_ms": 0,
        "cost_cents": 0.0,
        "base_cost_cents": new.base_cost_cents,
        "tags": _json(list(dict.fromkeys(tags))),
        "metadata": None if new.metadata is None else _json(new.metadata),
        "payload": _json(new.payload),
    }


def holder_of_key(connection: Connection, new: NewRun) -> RunId | None:
    """Return the run that already holds the new run's idempotency key, if one does."""
    keys = idempotency_keys.c
    mine = sa.and_(
        keys.account_id == new.account_id,
        keys.task_identifier == new.task_identifier,
        keys.key == new.idempotency_key,
    )
    connection.execute(sa.delete(idempotency_keys).where(mine, keys.expires_at <= now_ms()))
    return connection.execute(sa.select(keys.run_id).where(mine)).scalar()


def hold_key(connection: Connection, new: NewRun, run_id: RunId) -> bool:
    """Tie the idempotency key to the run. Returns False when another run was first."""
    return insert_ignoring(
        connection,
        idempotency_keys,
        account_id=new.account_id,
        task_identifier=new.task_identifier,
        key=new.idempotency_key,
        run_id=run_id,
        expires_at=now_ms() + IDEMPOTENCY_KEY_LIFE_MS,
    )


def free_key(connection: Connection, run_id: RunId) -> None:
    """Let go of the run's idempotency key, so that the same call may be made again."""
    connection.execute(sa.delete(idempotency_keys).where(idempotency_keys.c.run_id == run_id))


def move(
    connection: Connection,
    run_id: RunId,
    old: RunStatus,
    new: RunStatus,
    detail: str,
    *,
    holder: AttemptId | None = None,
    **changes: Any,
) -> bool:
    """Move a run from ``old`` to ``new`` if it is still there, noting why.

    With ``holder`` it moves only while that attempt is the run's current one. Returns
    whether the run moved; raises ``ValueError`` for a move that the table of
    moves does not have.
    """
    if not may_move(old, new):
        raise ValueError(f"a run can not go from {old} to {new}")
    now = now_ms()
    still = [runs.c.id == run_id, runs.c.status == old.value]
    if holder is not None:
        still.append(runs.c.attempt_id == holder)
    values = {"status": new.value, "updated_at": now, **changes}
    if connection.execute(sa.update(runs).where(*still).values(values)).rowcount == 0:
        return False
    _note(connection, run_id, new, detail, now)
    return True


def start_attempt(
    connection: Connection, run_id: RunId, old: RunStatus, worker_id: str, version: str
) -> Attempt | None:
    """Claim a waiting run and begin its next attempt; None when another worker was first."""
    now = now_ms()
    attempt_id = new_id("attempt", now)
    moved = move(
        connection,
        run_id,
        old,
        RunStatus.EXECUTING,
        f"attempt began on {worker_id}",
        attempt_id=attempt_id,
        worker_id=worker_id,
        version=sa.func.coalesce(runs.c.version, version),
        started_at=sa.func.coalesce(runs.c.started_at, now),
        attempt_count=runs.c.attempt_count + 1,
    )
    if not moved:
        return None
    number = connection.execute(
        sa.select(runs.c.attempt_count).where(runs.c.id == run_id)
    ).scalar_one()
    return _write_attempt(connection, run_id, attempt_id, number, worker_id, now)


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
    connection.execute(sa.insert(attempts), msgspec.structs.asdict(attempt))
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


def end_attempt(
    connection: Connection, run_id: RunId, attempt_id: AttemptId, ending: Ending
) -> bool:
    """Close an attempt and move its run. Returns False when the attempt had lost the run before."""
    error = None if ending.error is None else _json(ending.error)
    failed = ending.attempt is AttemptStatus.FAILED and ending.run is not RunStatus.QUEUED
    moved = move(
        connection,
        run_id,
        RunStatus.EXECUTING,
        ending.run,
        ending.detail,
        holder=attempt_id,
        worker_id=None,
        attempt_id=None,
        duration_ms=runs.c.duration_ms + ending.active_ms,
        cost_cents=runs.c.cost_cents + ending.cost_cents,
        failure_count=runs.c.failure_count + int(failed),
        **(
            {"finished_at": now_ms(), "output": ending.output, "error": error}
            if ending.run.is_final
            else {}
        ),
    )
    if moved:
        _close_attempt(connection, attempt_id, ending.attempt, error)
    if moved and ending.run.is_final and ending.run not in _KEEPS_KEY:
        free_key(connection, run_id)
    return moved


_KEEPS_KEY = frozenset({RunStatus.COMPLETED, RunStatus.CANCELED})
"""Runs that ended so keep their idempotency key; any other end frees it for a new try."""


def lose_attempt(
    connection: Connection, run_id: RunId, worker_id: str, most_losses: int
) -> RunStatus | None:
    """Take a run from a dead worker: back to the queue, or crashed after too many losses.

    Returns the new status, or None when the worker no longer held the run.
    """
    row = connection.execute(
        sa.select(runs.c.attempt_id, runs.c.loss_count).where(
            runs.c.id == run_id,
            runs.c.status == RunStatus.EXECUTING.value,
            runs.c.worker_id == worker_id,
        )
    ).first()
    if row is None:
        return None
    attempt_id, losses = row
    gone = RunError(name="WorkerLost", message=f"worker {worker_id} died while it executed the run")
    again = losses + 1 < most_losses
    moved = move(
        connection,
        run_id,
        RunStatus.EXECUTING,
        RunStatus.QUEUED if again else RunStatus.CRASHED,
        gone.message,
        holder=attempt_id,
        worker_id=None,
        attempt_id=None,
        loss_count=losses + 1,
        **({"queued_at": now_ms()} if again else {"finished_at": now_ms(), "error": _json(gone)}),
    )
    if not moved:
        return None
    _close_attempt(connection, attempt_id, AttemptStatus.FAILED, _json(gone))
    if not again:
        free_key(connection, run_id)
    return RunStatus.QUEUED if again else RunStatus.CRASHED


def keep_step(
    connection: Connection, run_id: RunId, attempt_id: AttemptId, key: str, value: str
) -> bool:
    """Record a finished step, JSON text, while the attempt holds the run. Returns whether it did."""
    return _holds(connection, run_id, attempt_id) and insert_ignoring(
        connection,
        steps,
        run_id=run_id,
        key=key,
        value=value,
        attempt_id=attempt_id,
        finished_at=now_ms(),
    )


def write_log(
    connection: Connection, run_id: RunId, attempt_id: AttemptId, lines: list[LogLine]
) -> bool:
    """Add what the run said while the attempt holds it. Returns whether it did."""
    if not _holds(connection, run_id, attempt_id):
        return False
    connection.execute(
        sa.insert(run_logs), [{"run_id": run_id} | msgspec.structs.asdict(line) for line in lines]
    )
    return True


def write_metadata(
    connection: Connection, run_id: RunId, attempt_id: AttemptId, metadata: dict[str, Any]
) -> bool:
    """Replace the run's metadata while the attempt holds it. Returns whether it did."""
    changed = connection.execute(
        sa.update(runs)
        .where(runs.c.id == run_id, runs.c.attempt_id == attempt_id)
        .values(metadata=_json(metadata), updated_at=now_ms())
    )
    return changed.rowcount > 0


def _holds(connection: Connection, run_id: RunId, attempt_id: AttemptId) -> bool:
    mine = sa.select(runs.c.id).where(runs.c.id == run_id, runs.c.attempt_id == attempt_id)
    return connection.execute(mine).first() is not None


def _close_attempt(
    connection: Connection, attempt_id: AttemptId, status: AttemptStatus, error: str | None
) -> None:
    now = now_ms()
    connection.execute(
        sa.update(attempts)
        .where(attempts.c.id == attempt_id)
        .values(status=status.value, updated_at=now, completed_at=now, error=error)
    )


def _note(
    connection: Connection, run_id: RunId, status: RunStatus, detail: str, at: TimestampMs
) -> None:
    connection.execute(
        sa.insert(run_events),
        {"run_id": run_id, "at": at, "status": status.value, "detail": detail},
    )


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
