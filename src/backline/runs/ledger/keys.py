"""Idempotency keys: the same call made twice is one run."""

from __future__ import annotations

import sqlalchemy as sa

from backline.clock import milliseconds, now_ms
from backline.db import Connection, insert_ignoring
from backline.ids import RunId
from backline.runs.run import NewRun
from backline.runs.tables import idempotency_keys

IDEMPOTENCY_KEY_LIFE_MS = 30 * 24 * 3600 * 1000
"""How long a key is kept when the caller does not say: 30 days, as in Trigger.dev."""


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
        expires_at=now_ms()
        + (milliseconds(new.idempotency_key_ttl_seconds) or IDEMPOTENCY_KEY_LIFE_MS),
    )


def free_key(connection: Connection, run_id: RunId) -> None:
    """Let go of the run's idempotency key, so that the same call may be made again."""
    connection.execute(sa.delete(idempotency_keys).where(idempotency_keys.c.run_id == run_id))
