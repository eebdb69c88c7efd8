"""What is old enough to go: runs that ended long ago, with all that hangs on them.

Deleting a run takes its attempts, steps, events, log, tags and keys along.
What it was waited for by a parent that still goes on stays until that has ended.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from backline.clock import TimestampMs, now_ms
from backline.db import Connection
from backline.ids import RunId, earliest_id
from backline.runs.tables import (
    batch_items,
    batches,
    idempotency_keys,
    runs,
    shared_children,
    tokens,
    workers,
)
from backline.runs.waiting import WAITING


class OldRun(msgspec.Struct, frozen=True):
    """A run that may go. Fields are in the order of the query."""

    id: RunId
    admission_count: int
    """How often it was handed to the engine, which remembers each."""


def old_runs(connection: Connection, before: TimestampMs, most: int) -> list[OldRun]:
    """Return the runs that ended longest before a moment."""
    parent = runs.alias("parent")
    goes_on = parent.c.finished_at.is_(None)
    by_its_parent = sa.exists().where(parent.c.id == runs.c.parent_id, goes_on).correlate(runs)
    by_another = (
        sa.exists()
        .where(
            shared_children.c.child_id == runs.c.id,
            parent.c.id == shared_children.c.parent_id,
            goes_on,
        )
        .correlate(runs)
    )
    rows = connection.execute(
        sa.select(runs.c.id, runs.c.admission_count)
        .where(
            runs.c.finished_at < before,
            sa.or_(runs.c.resume_key.is_(None), sa.not_(by_its_parent)),
            sa.not_(by_another),
        )
        .order_by(runs.c.finished_at)
        .limit(most)
    )
    return [OldRun(*row) for row in rows]


def remove_runs(connection: Connection, run_ids: Sequence[RunId]) -> int:
    """Delete runs that have ended, with all that hangs on them. Returns how many there were."""
    gone = connection.execute(
        sa.delete(runs).where(runs.c.id.in_(run_ids), runs.c.finished_at.is_not(None))
    )
    return gone.rowcount


def remove_leftovers(connection: Connection, before: TimestampMs, most: int) -> int:
    """Delete some of what no run needs any more: empty batches, tokens, keys and workers of old.

    Returns how many rows went.
    """
    of_batch = (
        sa.exists()
        .where(batch_items.c.batch_id == batches.c.id, runs.c.id == batch_items.c.run_id)
        .correlate(batches)
    )
    old = (
        sa.select(batches.c.id)
        .where(batches.c.id < earliest_id("batch", before), sa.not_(of_batch))
        .limit(most),
        sa.select(tokens.c.id)
        .where(
            tokens.c.id < earliest_id("waitpoint", before),
            tokens.c.status != WAITING,
            tokens.c.completed_at < before,
        )
        .limit(most),
        sa.select(workers.c.id).where(workers.c.stopped_at < before).limit(most),
    )
    removed = 0
    for table, statement in zip((batches, tokens, workers), old, strict=True):
        ids = connection.execute(statement).scalars().all()
        removed += connection.execute(sa.delete(table).where(table.c.id.in_(ids))).rowcount
    expired = sa.delete(idempotency_keys).where(idempotency_keys.c.expires_at <= now_ms())
    return removed + connection.execute(expired).rowcount
