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


class Result(msgspec.Struct, frozen=True):
    """What became of a run. Fields are in the order of the query."""

    id: RunId
    task_identifier: str
    status: RunStatus
    output: str | None
    error: str | None
    ttl: str | None

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "status", RunStatus(self.status))


def results_of_batch(
    connection: Connection, batch_id: str, after: RunId | None, most: int
) -> list[Result]:
    """Return the runs of a batch with what became of them, from behind one on, in order."""
    columns = [runs.c[name] for name in Result.__struct_fields__]
    statement = sa.select(*columns).where(runs.c.batch_id == batch_id)
    if after is not None:
        statement = statement.where(runs.c.id > after)
    rows = connection.execute(statement.order_by(runs.c.id).limit(most))
    return [Result(*row) for row in rows]


def runs_of_batch(connection: Connection, batch_id: str) -> list[tuple[RunId, RunStatus]]:
    """Return the runs that a batch made with where they stand, in the order of its items."""
    rows = connection.execute(
        sa.select(runs.c.id, runs.c.status).where(runs.c.batch_id == batch_id).order_by(runs.c.id)
    )
    return [(run_id, RunStatus(status)) for run_id, status in rows]
