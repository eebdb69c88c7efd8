"""Batches: many runs that are asked for at once, item by item.

An item is answered by a run of its own, or by an older one that its
idempotency key led to; either way it counts in the batch.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from backline.clock import now_ms
from backline.db import Connection
from backline.ids import AccountId, RunId
from backline.runs.tables import batch_items, batches


def open_batch(connection: Connection, batch_id: str, account_id: AccountId, count: int) -> None:
    """Write a batch down, with how many items it will have."""
    connection.execute(
        sa.insert(batches),
        {"id": batch_id, "account_id": account_id, "run_count": count, "created_at": now_ms()},
    )


def add_items(
    connection: Connection, batch_id: str, first_place: int, run_ids: Sequence[RunId]
) -> None:
    """Write down which runs answer the batch's next items."""
    connection.execute(
        sa.insert(batch_items),
        [
            {"batch_id": batch_id, "place": place, "run_id": run_id}
            for place, run_id in enumerate(run_ids, first_place)
        ],
    )
