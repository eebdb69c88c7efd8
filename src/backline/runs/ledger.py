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

from backline.clock import TimestampMs, duration_text, now_ms
from backline.db import Connection, insert_ignoring
from backline.errors import InvalidInput
from backline.ids import AccountId, AttemptId, RunId, new_id
from backline.runs import queues
from backline.runs.run import (
    MAX_TAGS,
    Attempt,
    LogLine,
    NewRun,
    RunError,
    Wait,
    account_tag,
    check_tags,
)
from backline.runs.status import AttemptStatus, RunStatus, may_move
from backline.runs.tables import (
    attempts,
    batches,
    idempotency_keys,
    run_events,
    run_logs,
    run_tags,
    runs,
    steps,
    waits,
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
        "queue": new.queue or f"task/{new.task_identifier}",
        "lane": lane_of(new),
        "priority_ms": round(new.priority_seconds * 1000),
        "position": (new.delay_until or now) - round(new.priority_seconds * 1000),
        "is_admitted": False,
        "admission_count": 0,
        "concurrency_key": new.concurrency_key,
        "machine": new.machine,
        "max_attempts": new.max_attempts,
        "max_duration_ms": _ms(new.max_duration_seconds),
        "locked_version": new.locked_version,
        "resume_key": new.resume_key,
        "replay_of": new.replay_of,
        "delayed_until": new.delay_until,
        "due_at": new.delay_until if status is RunStatus.DELAYED else None,
        "ttl": None if new.ttl_seconds is None else duration_text(new.ttl_seconds),
        "expires_at": _expiry(new, now) if status is RunStatus.QUEUED else None,
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
        "first_metadata": None if new.metadata is None else _json(new.metadata),
        "schedule": None if new.schedule is None else _json(new.schedule),
        "payload": _json(new.payload),
    }


def _ms(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1000)


def _expiry(new: NewRun, due_at: TimestampMs) -> TimestampMs | None:
    return None if new.ttl_seconds is None else due_at + round(new.ttl_seconds * 1000)


def add_tags(connection: Connection, run_id: RunId, tags: list[str]) -> list[str]:
    """Give a run more tags and return all of them. Raises ``InvalidInput`` when they are too many."""
    held = connection.execute(sa.select(runs.c.tags).where(runs.c.id == run_id)).scalar_one()
    known = msgspec.json.decode(held, type=list[str])
    fresh = [tag for tag in dict.fromkeys(check_tags(tags)) if tag not in known]
    if len(known) - 1 + len(fresh) > MAX_TAGS:
        raise InvalidInput(f"a run carries {MAX_TAGS} tags at most: leave some out", "tags")
    if fresh:
        everything = [*known, *fresh]
        connection.execute(
            sa.update(runs)
            .where(runs.c.id == run_id)
            .values(tags=_json(everything), updated_at=now_ms())
        )
        connection.execute(sa.insert(run_tags), [{"tag": tag, "run_id": run_id} for tag in fresh])
    return [*known, *fresh]


def lane_of(new: NewRun) -> str:
    """Return the lane in which the new run will wait."""
    return queues.lane_of(new.queue or f"task/{new.task_identifier}", new.concurrency_key)


def open_batch(connection: Connection, batch_id: str, account_id: AccountId, count: int) -> None:
    """Write a batch down; its runs carry its id."""
    connection.execute(
        sa.insert(batches),
        {"id": batch_id, "account_id": account_id, "run_count": count, "created_at": now_ms()},
    )


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
        expires_at=now_ms() + (_ms(new.idempotency_key_ttl_seconds) or IDEMPOTENCY_KEY_LIFE_MS),
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
    _note(connection, run_id, new, detail, now)
    return True


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


def start_attempt(
    connection: Connection, run_id: RunId, worker_id: str, version: str
) -> Attempt | None:
    """Claim an admitted run: begin its next attempt, or go on with one that waited.

    None when another worker was first, or the run is not to be performed any more.
    """
    now = now_ms()
    row = connection.execute(
        sa.select(runs.c.attempt_id, runs.c.attempt_count).where(
            runs.c.id == run_id, runs.c.is_admitted
        )
    ).first()
    if row is None:
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
        version=sa.func.coalesce(runs.c.version, version),
        started_at=sa.func.coalesce(runs.c.started_at, now),
        expires_at=None,
        attempt_count=runs.c.attempt_count + int(is_new),
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
    due_at: TimestampMs | None = None
    """When a reattempting run is tried again."""


def end_attempt(
    connection: Connection, run_id: RunId, attempt_id: AttemptId, worker_id: str, ending: Ending
) -> bool:
    """Close an attempt, move its run and give its place back.

    Returns False when the worker had lost the run before.
    """
    error = None if ending.error is None else _json(ending.error)
    final = {"finished_at": now_ms(), "output": ending.output, "error": error}
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
        duration_ms=runs.c.duration_ms + ending.active_ms,
        cost_cents=runs.c.cost_cents + ending.cost_cents,
        failure_count=runs.c.failure_count + int(ending.attempt is AttemptStatus.FAILED),
        **(final if ending.run.is_final else {}),
    )
    if moved:
        _close_attempt(connection, attempt_id, ending.attempt, error)
    if moved and ending.run.is_final and ending.run not in _KEEPS_KEY:
        free_key(connection, run_id)
    return moved


def freeze(
    connection: Connection,
    run_id: RunId,
    attempt_id: AttemptId,
    worker_id: str,
    wait: Wait,
    *,
    active_ms: int,
    cost_cents: float,
) -> bool:
    """Let a run wait without a process, a slot or a place. Returns whether it still was the worker's."""
    moved = move(
        connection,
        run_id,
        RunStatus.EXECUTING,
        RunStatus.FROZEN,
        f"waits for {wait.kind}",
        holder=(attempt_id, worker_id),
        worker_id=None,
        is_admitted=False,
        due_at=wait.until,
        duration_ms=runs.c.duration_ms + active_ms,
        cost_cents=runs.c.cost_cents + cost_cents,
    )
    if moved:
        now = now_ms()
        connection.execute(
            sa.insert(waits),
            {
                "run_id": run_id,
                "key": wait.key,
                "kind": wait.kind,
                "token_id": wait.token_id,
                "created_at": now,
            },
        )
        connection.execute(
            sa.update(attempts)
            .where(attempts.c.id == attempt_id)
            .values(status=AttemptStatus.PAUSED.value, updated_at=now)
        )
    return moved


def wake(connection: Connection, run_id: RunId, key: str, answer: str) -> bool:
    """End a frozen run's wait: its answer becomes a finished step, and the run is queued again."""
    gone = connection.execute(sa.delete(waits).where(waits.c.run_id == run_id, waits.c.key == key))
    if gone.rowcount == 0 or not enqueue(connection, run_id, RunStatus.FROZEN, "the wait is over"):
        return False
    return insert_ignoring(
        connection, steps, run_id=run_id, key=key, value=answer, attempt_id="", finished_at=now_ms()
    )


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
        error=_json(error),
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
        error=_json(error),
    )
    if moved:
        free_key(connection, run_id)
    return moved


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


def _end_waiting(connection: Connection, run_id: RunId, status: AttemptStatus) -> None:
    """Close what a run that ends without its worker left open: a paused attempt, a wait."""
    now = now_ms()
    connection.execute(
        sa.update(attempts)
        .where(attempts.c.run_id == run_id, attempts.c.completed_at.is_(None))
        .values(status=status.value, updated_at=now, completed_at=now)
    )
    connection.execute(sa.delete(waits).where(waits.c.run_id == run_id))


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
        holder=(attempt_id, worker_id),
        worker_id=None,
        attempt_id=None,
        # Queued again it keeps its place: the engine hands it to another worker by itself.
        is_admitted=again,
        loss_count=losses + 1,
        **({} if again else {"finished_at": now_ms(), "error": _json(gone)}),
    )
    if not moved:
        return None
    _close_attempt(connection, attempt_id, AttemptStatus.FAILED, _json(gone))
    if not again:
        free_key(connection, run_id)
    return RunStatus.QUEUED if again else RunStatus.CRASHED


def keep_step(
    connection: Connection,
    run_id: RunId,
    attempt_id: AttemptId,
    worker_id: str,
    key: str,
    value: str,
) -> bool:
    """Record a finished step, JSON text, while the attempt holds the run. Returns whether it did."""
    return _holds(connection, run_id, attempt_id, worker_id) and insert_ignoring(
        connection,
        steps,
        run_id=run_id,
        key=key,
        value=value,
        attempt_id=attempt_id,
        finished_at=now_ms(),
    )


def write_log(
    connection: Connection,
    run_id: RunId,
    attempt_id: AttemptId,
    worker_id: str,
    lines: list[LogLine],
) -> bool:
    """Add what the run said while the attempt holds it. Returns whether it did."""
    if not _holds(connection, run_id, attempt_id, worker_id):
        return False
    connection.execute(
        sa.insert(run_logs), [{"run_id": run_id} | msgspec.structs.asdict(line) for line in lines]
    )
    return True


def write_metadata(
    connection: Connection,
    run_id: RunId,
    attempt_id: AttemptId,
    worker_id: str,
    metadata: dict[str, Any],
) -> bool:
    """Replace the run's metadata while the attempt holds it. Returns whether it did."""
    changed = connection.execute(
        sa.update(runs)
        .where(runs.c.id == run_id, runs.c.attempt_id == attempt_id, runs.c.worker_id == worker_id)
        .values(metadata=_json(metadata), updated_at=now_ms())
    )
    return changed.rowcount > 0


def _holds(connection: Connection, run_id: RunId, attempt_id: AttemptId, worker_id: str) -> bool:
    mine = sa.select(runs.c.id).where(
        runs.c.id == run_id, runs.c.attempt_id == attempt_id, runs.c.worker_id == worker_id
    )
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
