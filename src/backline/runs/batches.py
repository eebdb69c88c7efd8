"""Batches: many runs that were asked for at once."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from backline.clock import TimestampMs
from backline.db import Connection
from backline.ids import AccountId, RunId
from backline.runs.status import RunStatus
from backline.runs.tables import batches, runs


class Batch(msgspec.Struct, frozen=True):
    """A batch. Fields are in the order of the table."""

    id: str
    account_id: AccountId
    run_count: int
    """How many runs were asked for."""
    created_at: TimestampMs


def find_batch(connection: Connection, batch_id: str) -> Batch | None:
    """Return a batch."""
    row = connection.execute(sa.select(batches).where(batches.c.id == batch_id)).first()
    return None if row is None else Batch(*row)


def runs_of_batch(connection: Connection, batch_id: str) -> list[tuple[RunId, RunStatus]]:
    """Return the runs that a batch made with where they stand, in the order of its items."""
    rows = connection.execute(
        sa.select(runs.c.id, runs.c.status).where(runs.c.batch_id == batch_id).order_by(runs.c.id)
    )
    return [(run_id, RunStatus(status)) for run_id, status in rows]
