"""What frozen runs wait for, and what wakes them: the time, a token, the end of child runs."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from backline.clock import TimestampMs, now_ms
from backline.db import Connection
from backline.ids import AccountId, RunId, new_id
from backline.runs import ledger
from backline.runs.run import RunError
from backline.runs.status import FINAL, RunStatus
from backline.runs.tables import runs, tokens, waits

WAITING, COMPLETED, TIMED_OUT = "WAITING", "COMPLETED", "TIMED_OUT"


class Token(msgspec.Struct, frozen=True):
    """Something outside that a run can wait for. Fields are in the order of the table."""

    id: str
    account_id: AccountId
    status: str
    """``WAITING``, ``COMPLETED`` or ``TIMED_OUT``."""
    created_at: TimestampMs
    timeout_at: TimestampMs | None
    completed_at: TimestampMs | None
    idempotency_key: str | None
    tags: str
    output: str | None
    """JSON text of what it was completed with."""


class RunResult(msgspec.Struct, frozen=True, kw_only=True):
    """How a child run ended, as its parent gets it."""

    id: RunId
    ok: bool
    output: Any = None
    error: RunError | None = None


def until_of(connection: Connection, run_id: RunId, key: str) -> TimestampMs | None:
    """Return when a wait of the run is over, if it has begun and is one for time."""
    until: TimestampMs | None = connection.execute(
        sa.select(waits.c.until).where(waits.c.run_id == run_id, waits.c.key == key)
    ).scalar()
    return until


def open_token(
    connection: Connection,
    account_id: AccountId,
    *,
    timeout_at: TimestampMs | None,
    idempotency_key: str | None = None,
    tags: list[str] | None = None,
) -> Token:
    """Make a token, or return the account's earlier one under the same idempotency key."""
    if idempotency_key is not None:
        held = connection.execute(
            sa.select(tokens).where(
                tokens.c.account_id == account_id, tokens.c.idempotency_key == idempotency_key
            )
        ).first()
        if held is not None:
            return Token(*held)
    token = Token(
        id=new_id("waitpoint"),
        account_id=account_id,
        status=WAITING,
        created_at=now_ms(),
        timeout_at=timeout_at,
        completed_at=None,
        idempotency_key=idempotency_key,
        tags=msgspec.json.encode(tags or []).decode(),
        output=None,
    )
    connection.execute(sa.insert(tokens), msgspec.structs.asdict(token))
    return token


def find_token(connection: Connection, token_id: str) -> Token | None:
    """Return a token."""
    row = connection.execute(sa.select(tokens).where(tokens.c.id == token_id)).first()
    return None if row is None else Token(*row)


def tokens_of(connection: Connection, account_id: AccountId, most: int) -> list[Token]:
    """Return an account's newest tokens, the newest first."""
    rows = connection.execute(
        sa.select(tokens)
        .where(tokens.c.account_id == account_id)
        .order_by(tokens.c.id.desc())
        .limit(most)
    )
    return [Token(*row) for row in rows]


def complete_token(connection: Connection, token_id: str, output: str) -> list[RunId]:
    """Complete a token with JSON text; only the first completion counts. Returns the runs woken."""
    return _close_token(connection, token_id, COMPLETED, output)


def time_tokens_out(connection: Connection, most: int) -> list[RunId]:
    """Close the tokens whose time is over. Returns the runs woken."""
    late = sa.select(tokens.c.id).where(tokens.c.status == WAITING, tokens.c.timeout_at <= now_ms())
    woken: list[RunId] = []
    for token_id in connection.execute(late.limit(most)).scalars().all():
        woken += _close_token(connection, token_id, TIMED_OUT, None)
    return woken


def _close_token(
    connection: Connection, token_id: str, status: str, output: str | None
) -> list[RunId]:
    closed = connection.execute(
        sa.update(tokens)
        .where(tokens.c.id == token_id, tokens.c.status == WAITING)
        .values(status=status, output=output, completed_at=now_ms())
    )
    if closed.rowcount == 0:
        return []
    waiters = connection.execute(
        sa.select(waits.c.run_id, waits.c.key).where(waits.c.token_id == token_id)
    ).all()
    answer = token_answer(status, output)
    return [run_id for run_id, key in waiters if ledger.wake(connection, run_id, key, answer)]


def token_answer(status: str, output: str | None) -> str:
    """Return what a run that waited for a token gets: JSON text with ``ok`` and ``output``."""
    raw = msgspec.Raw(b"null" if output is None else output.encode())
    return msgspec.json.encode({"ok": status == COMPLETED, "output": raw}).decode()


def resolve_for_child(connection: Connection, child_id: RunId) -> RunId | None:
    """Wake the parent that waits for this run, if it was the last one it waited for."""
    row = connection.execute(
        sa.select(runs.c.parent_id, runs.c.resume_key).where(runs.c.id == child_id)
    ).one()
    if row.parent_id is None or row.resume_key is None:
        return None
    answer = results_if_all_ended(connection, row.parent_id, row.resume_key)
    if answer is None or not ledger.wake(connection, row.parent_id, row.resume_key, answer):
        return None
    parent_id: RunId = row.parent_id
    return parent_id


def results_if_all_ended(connection: Connection, parent_id: RunId, key: str) -> str | None:
    """Return the results of the children that a wait is about, JSON text; None while one goes on."""
    rows = connection.execute(
        sa.select(runs.c.id, runs.c.status, runs.c.output, runs.c.error)
        .where(runs.c.parent_id == parent_id, runs.c.resume_key == key)
        .order_by(runs.c.id)
    ).all()
    if any(RunStatus(row.status) not in FINAL for row in rows):
        return None
    results = [
        {
            "id": row.id,
            "ok": row.status == RunStatus.COMPLETED.value,
            "output": msgspec.Raw((row.output or "null").encode()),
            "error": msgspec.Raw((row.error or "null").encode()),
        }
        for row in rows
    ]
    return msgspec.json.encode(results).decode()
