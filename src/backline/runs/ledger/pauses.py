"""Waiting without holding anything: freeze a run, and wake it with its answer."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from backline.clock import now_ms
from backline.db import Connection, insert_ignoring
from backline.ids import AttemptId, RunId
from backline.runs.ledger.moves import Plus, move
from backline.runs.ledger.places import enqueue
from backline.runs.run import Wait
from backline.runs.status import AttemptStatus, RunStatus
from backline.runs.tables import attempts, steps, waits


def freeze(
    connection: Connection,
    run_id: RunId,
    attempt_id: AttemptId,
    worker_id: str,
    pause: Sequence[Wait],
    *,
    active_ms: int,
    cost_cents: float,
) -> bool:
    """Let a run wait without a process, a slot or a place, until the first of its waits is over.

    Returns whether it still was the worker's.
    """
    kinds = dict.fromkeys(wait.kind for wait in pause)
    moved = move(
        connection,
        run_id,
        RunStatus.EXECUTING,
        RunStatus.FROZEN,
        f"waits for {' or '.join(kinds)}",
        holder=(attempt_id, worker_id),
        worker_id=None,
        is_admitted=False,
        due_at=min((wait.until for wait in pause if wait.until is not None), default=None),
        duration_ms=Plus(active_ms),
        cost_cents=Plus(cost_cents),
    )
    if moved:
        now = now_ms()
        for wait in pause:
            # One of many may be left from before, when another one was over first.
            insert_ignoring(
                connection,
                waits,
                run_id=run_id,
                key=wait.key,
                kind=wait.kind,
                token_id=wait.token_id,
                until=wait.until,
                created_at=now,
            )
        connection.execute(
            sa.update(attempts)
            .where(attempts.c.id == attempt_id)
            .values(status=AttemptStatus.PAUSED.value, updated_at=now)
        )
    return moved


def wake(connection: Connection, run_id: RunId, key: str, answer: str) -> bool:
    """End a frozen run's wait: its answer becomes a finished step, and the run is queued again.

    Returns False when another of its waits was over first: the run asks for this one again.
    """
    gone = connection.execute(sa.delete(waits).where(waits.c.run_id == run_id, waits.c.key == key))
    if gone.rowcount == 0:
        return False
    insert_ignoring(
        connection, steps, run_id=run_id, key=key, value=answer, attempt_id="", finished_at=now_ms()
    )
    return enqueue(connection, run_id, RunStatus.FROZEN, "the wait is over")
