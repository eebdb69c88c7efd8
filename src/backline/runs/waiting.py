"""What frozen runs wait for, and what wakes them: the time, a token, the end of child runs."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from backline.clock import TimestampMs, now_ms
from backline.db import Connection, insert_ignoring
from backline.ids import AccountId, RunId, new_id
from backline.runs import ledger
from backline.runs.run import RunError
from backline.runs.status import FINAL, RunStatus
from backline.runs.tables import runs, shared_children, steps, tokens, waits

WAITING, COMPLETED, TIMED_OUT = "WAITING", "COMPLETED", "TIMED_OUT"


# Built once: the end of every run asks.
_WHO_WAITS_FOR = (
    sa.select(runs.c.parent_id, runs.c.resume_key.label("key"))
    .where(
        runs.c.id == sa.bindparam("child_id"),
        runs.c.parent_id.is_not(None),
        runs.c.resume_key.is_not(None),
    )
    .union_all(
        sa.select(shared_children.c.parent_id, shared_children.c.key).where(
            shared_children.c.child_id == sa.bindparam("child_id")
        )
    )
)


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


def share_child(connection: Connection, child_id: RunId, parent_id: RunId, key: str) -> None:
    """Let a run wait for one that another triggered: their keys led both to it."""
    insert_ignoring(connection, shared_children, child_id=child_id, parent_id=parent_id, key=key)


def resolve_for_child(connection: Connection, child_id: RunId) -> list[RunId]:
    """Wake whoever waits for this run, if it was the last one waited for. Returns who woke."""
    woken: list[RunId] = []
    for parent_id, key in connection.execute(_WHO_WAITS_FOR, {"child_id": child_id}).all():
        answer = results_if_all_ended(connection, parent_id, key)
        if answer is not None and ledger.wake(connection, parent_id, key, answer):
            woken.append(parent_id)
    return woken


def results_if_all_ended(connection: Connection, parent_id: RunId, key: str) -> str | None:
    """Return the results of the runs that a wait is about, JSON text; None while one goes on.

    In the order in which they were asked for; one that two orders led to comes twice.
    """
    if _a_child_goes_on(connection, parent_id, key):
        return None
    ids = _awaited(connection, parent_id, key)
    rows = connection.execute(
        sa.select(runs.c.id, runs.c.status, runs.c.output, runs.c.error).where(runs.c.id.in_(ids))
    ).all()
    if any(RunStatus(row.status) not in FINAL for row in rows):
        return None
    known = {row.id: row for row in rows}
    results = [
        {
            "id": row.id,
            "ok": row.status == RunStatus.COMPLETED.value,
            "output": msgspec.Raw((row.output or "null").encode()),
            "error": msgspec.Raw((row.error or "null").encode()),
        }
        for row in (known[run_id] for run_id in ids if run_id in known)
    ]
    return msgspec.json.encode(results).decode()


def _a_child_goes_on(connection: Connection, parent_id: RunId, key: str) -> bool:
    """Look at the run's own children alone, which costs little however many they are."""
    going = sa.select(runs.c.id).where(
        runs.c.parent_id == parent_id, runs.c.resume_key == key, runs.c.finished_at.is_(None)
    )
    return connection.execute(going.limit(1)).first() is not None


def _awaited(connection: Connection, parent_id: RunId, key: str) -> list[RunId]:
    """Return the runs that a wait is about, as they were recorded when they were triggered."""
    kept = connection.execute(
        sa.select(steps.c.value).where(steps.c.run_id == parent_id, steps.c.key == ids_key(key))
    ).scalar()
    return [] if kept is None else msgspec.json.decode(kept, type=list[str])


def ids_key(key: str) -> str:
    """Return the key of the step that records which runs a wait is about."""
    return f"{key}.runs"
