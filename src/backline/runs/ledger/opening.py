"""Writing a new run down: its row, its tags, its first event."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from backline.clock import TimestampMs, duration_text, milliseconds, now_ms
from backline.db import Connection
from backline.errors import InvalidInput
from backline.ids import AccountId, RunId, new_id
from backline.runs import queues
from backline.runs.ledger.moves import as_json, note
from backline.runs.run import NewRun, account_tag
from backline.runs.status import RunStatus
from backline.runs.tables import run_tags, runs
from backline.sdk import TaskFacts
from backline.sdk.tags import MAX_TAGS, check_tags

_OPEN = sa.insert(runs)
_TAG = sa.insert(run_tags)


def open_run(connection: Connection, new: NewRun, status: RunStatus) -> RunId:
    """Write a new run with its tags and its first event. Returns its id."""
    now = now_ms()
    run_id = new_id("run", now)
    tags = (account_tag(new.account_id), *new.tags)
    connection.execute(_OPEN, _first_row(new, run_id, status, tags, now))
    if new.tags:
        # The account's own tag is the column `account_id`, which has an index already.
        connection.execute(
            _TAG, [{"tag": tag, "run_id": run_id} for tag in dict.fromkeys(new.tags)]
        )
    note(connection, run_id, status, "triggered", now)
    return run_id


def _first_row(
    new: NewRun, run_id: RunId, status: RunStatus, tags: tuple[str, ...], now: TimestampMs
) -> dict[str, Any]:
    return {
        "id": run_id,
        "account_id": new.account_id,
        "task_identifier": new.task_identifier,
        "status": status.value,
        "queue": new.queue or f"task/{new.task_identifier}",
        "lane": lane_of(new),
        "priority_ms": round(new.priority_seconds * 1000),
        "position": (new.delay_until or now) - round(new.priority_seconds * 1000),
        "is_admitted": False,
        "admission_count": 0,
        "concurrency_key": new.concurrency_key,
        "machine": new.machine,
        "max_attempts": new.max_attempts,
        "max_duration_ms": milliseconds(new.max_duration_seconds),
        "locked_version": new.locked_version,
        "resume_key": new.resume_key,
        "replay_of": new.replay_of,
        "delayed_until": new.delay_until,
        "due_at": new.delay_until if status is RunStatus.DELAYED else None,
        "ttl": None if new.ttl_seconds is None else duration_text(new.ttl_seconds),
        "expires_at": _expiry(new, now) if status is RunStatus.QUEUED else None,
        "environment": new.environment,
        "is_test": new.is_test,
        "created_at": now,
        "updated_at": now,
        "queued_at": now if status is RunStatus.QUEUED else None,
        "idempotency_key": new.idempotency_key,
        "depth": new.depth,
        "root_id": new.root_id or run_id,
        "parent_id": new.parent_id,
        "batch_id": new.batch_id,
        "trigger_function": new.trigger_function,
        "attempt_count": 0,
        "failure_count": 0,
        "loss_count": 0,
        "duration_ms": 0,
        "cost_cents": 0.0,
        "base_cost_cents": new.base_cost_cents,
        "tags": as_json(list(dict.fromkeys(tags))),
        "metadata": None if new.metadata is None else as_json(new.metadata),
        "first_metadata": None if new.metadata is None else as_json(new.metadata),
        "schedule": None if new.schedule is None else as_json(new.schedule),
        "payload": as_json(new.payload),
    }


def _expiry(new: NewRun, due_at: TimestampMs) -> TimestampMs | None:
    return None if new.ttl_seconds is None else due_at + round(new.ttl_seconds * 1000)


def adopt(connection: Connection, facts: TaskFacts) -> None:
    """Give runs that nobody knew the task of what its author declares: their queue, their ttl.

    What their triggers said stays.
    """
    unknown = sa.and_(
        runs.c.status.in_([RunStatus.PENDING_VERSION.value, RunStatus.DELAYED.value]),
        runs.c.task_identifier == facts.identifier,
        runs.c.attempt_count == 0,
    )
    if facts.ttl_seconds is not None:
        ttl = duration_text(facts.ttl_seconds)
        connection.execute(sa.update(runs).where(unknown, runs.c.ttl.is_(None)).values(ttl=ttl))
    own = f"task/{facts.identifier}"
    key: sa.ColumnElement[Any] = runs.c.concurrency_key
    if facts.concurrency_per_account:
        key = sa.func.coalesce(key, runs.c.account_id)
    elif facts.queue == own:
        return
    lane = sa.func.coalesce(queues.lane_of(facts.queue, "") + key, facts.queue)
    connection.execute(
        sa.update(runs)
        .where(unknown, runs.c.queue == own)
        .values(queue=facts.queue, concurrency_key=key, lane=lane)
    )


def lane_of(new: NewRun) -> str:
    """Return the lane in which the new run will wait."""
    return queues.lane_of(new.queue or f"task/{new.task_identifier}", new.concurrency_key)


def set_tags(
    connection: Connection, run_id: RunId, account_id: AccountId, tags: tuple[str, ...]
) -> None:
    """Replace the caller's tags of a run; the account's own stays."""
    everything = list(dict.fromkeys((account_tag(account_id), *tags)))
    connection.execute(
        sa.update(runs)
        .where(runs.c.id == run_id)
        .values(tags=as_json(everything), updated_at=now_ms())
    )
    connection.execute(sa.delete(run_tags).where(run_tags.c.run_id == run_id))
    connection.execute(_TAG, [{"tag": tag, "run_id": run_id} for tag in everything[1:]])


def add_tags(connection: Connection, run_id: RunId, tags: list[str]) -> list[str]:
    """Give a run more tags and return all of them. Raises ``InvalidInput`` when they are too many."""
    held = connection.execute(sa.select(runs.c.tags).where(runs.c.id == run_id)).scalar_one()
    known = msgspec.json.decode(held, type=list[str])
    fresh = [tag for tag in dict.fromkeys(check_tags(tags)) if tag not in known]
    if len(known) - 1 + len(fresh) > MAX_TAGS:
        raise InvalidInput(f"a run carries {MAX_TAGS} tags at most: leave some out", "tags")
    if fresh:
        everything = [*known, *fresh]
        connection.execute(
            sa.update(runs)
            .where(runs.c.id == run_id)
            .values(tags=as_json(everything), updated_at=now_ms())
        )
        connection.execute(_TAG, [{"tag": tag, "run_id": run_id} for tag in fresh])
    return [*known, *fresh]
