"""Batches: many runs that were asked for at once."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from backline.clock import TimestampMs
from backline.db import Connection
from backline.ids import AccountId, RunId
from backline.runs.status import FINAL, RunStatus
from backline.runs.tables import batch_items, batches, runs


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


class Item(msgspec.Struct, frozen=True):
    """An item of a batch, and the run that answers it. Fields are in the order of the query."""

    run_id: RunId
    status: RunStatus | None
    """None when the run ended so long ago that it was forgotten."""

    @property
    def has_ended(self) -> bool:
        """Whether nothing can happen to its run any more."""
        return self.status is None or self.status in FINAL


def items_of_batch(connection: Connection, batch_id: str) -> list[Item]:
    """Return the items of a batch in their order, as far as they are opened."""
    rows = connection.execute(
        sa.select(batch_items.c.run_id, runs.c.status)
        .outerjoin(runs, runs.c.id == batch_items.c.run_id)
        .where(batch_items.c.batch_id == batch_id)
        .order_by(batch_items.c.place)
    )
    return [Item(run_id, status and RunStatus(status)) for run_id, status in rows]


class Result(msgspec.Struct, frozen=True):
    """What became of an item. Fields are in the order of the query."""

    id: RunId
    task_identifier: str
    status: RunStatus
    output: str | None
    error: str | None
    ttl: str | None
    place: int
    """The item's place in the batch, from 0."""

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "status", RunStatus(self.status))


def results_of_batch(
    connection: Connection, batch_id: str, first_place: int, most: int
) -> list[Result]:
    """Return what became of a batch's items from a place on, in order; forgotten runs are left out."""
    columns = [*(runs.c[name] for name in Result.__struct_fields__[:-1]), batch_items.c.place]
    rows = connection.execute(
        sa.select(*columns)
        .join(runs, runs.c.id == batch_items.c.run_id)
        .where(batch_items.c.batch_id == batch_id, batch_items.c.place >= first_place)
        .order_by(batch_items.c.place)
        .limit(most)
    )
    return [Result(*row) for row in rows]
