"""Idempotency keys: the same call made twice is one run."""

from __future__ import annotations

import sqlalchemy as sa

from backline.clock import milliseconds, now_ms
from backline.db import Connection, insert_ignoring
from backline.ids import AccountId, RunId
from backline.runs.run import NewRun
from backline.runs.tables import idempotency_keys

IDEMPOTENCY_KEY_LIFE_MS = 30 * 24 * 3600 * 1000
"""How long a key is kept when the caller does not say: 30 days, as in Trigger.dev."""

_BINDS = "\x1f"
"""The separator of units: no key that a person typed holds it."""


def holder_of_key(connection: Connection, new: NewRun) -> RunId | None:
    """Return the run that already holds the new run's idempotency key, if one does."""
    keys = idempotency_keys.c
    mine = sa.and_(
        keys.account_id == new.account_id,
        keys.task_identifier == new.task_identifier,
        keys.key == bound_key(new),
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
        key=bound_key(new),
        run_id=run_id,
        expires_at=now_ms()
        + (milliseconds(new.idempotency_key_ttl_seconds) or IDEMPOTENCY_KEY_LIFE_MS),
    )


def bound_key(new: NewRun) -> str | None:
    """Return the key as it is held: keys of different runs, or attempts, never meet."""
    if not new.idempotency_scope or new.idempotency_key is None:
        return new.idempotency_key
    return f"{new.idempotency_scope}{_BINDS}{new.idempotency_key}"


def attempt_scope(run_id: RunId, attempt_number: int) -> str:
    """Return the scope of keys that count within one attempt at a run."""
    return f"{run_id}#{attempt_number}"


def reset_key(
    connection: Connection, account_id: AccountId, task_identifier: str, key: str, run_id: str = ""
) -> list[RunId]:
    """Let go of a key whoever holds it, so that the same call makes a new run.

    With ``run_id`` the key is one that was bound to that run or to an attempt
    at it. Returns the runs that held it.
    """
    keys = idempotency_keys.c
    named = keys.key == key
    if run_id:
        within = f"{run_id}{_BINDS}{key}"
        attempts = keys.key.like(f"{run_id}#%{_BINDS}{_escaped(key)}", escape="\\")
        named = sa.or_(keys.key == within, attempts)
    freed = connection.execute(
        sa.delete(idempotency_keys)
        .where(keys.account_id == account_id, keys.task_identifier == task_identifier, named)
        .returning(keys.run_id)
    )
    return list(freed.scalars())


def _escaped(text: str) -> str:
    """Write a text so that LIKE takes it as it stands."""
    for sign in ("\\", "%", "_"):
        text = text.replace(sign, "\\" + sign)
    return text


def free_key(connection: Connection, run_id: RunId) -> None:
    """Let go of the run's idempotency key, so that the same call may be made again."""
    connection.execute(sa.delete(idempotency_keys).where(idempotency_keys.c.run_id == run_id))
