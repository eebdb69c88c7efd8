"""Debounces: a trigger pushes back the run that an earlier one of the same key left delayed."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from backline.clock import TimestampMs, milliseconds, now_ms
from backline.db import Connection, upsert
from backline.ids import RunId
from backline.runs.ledger.moves import as_json
from backline.runs.ledger.opening import set_tags
from backline.runs.ledger.places import reschedule
from backline.runs.run import NewRun
from backline.runs.status import RunStatus
from backline.runs.tables import debounces, runs


def push_back(connection: Connection, new: NewRun) -> RunId | None:
    """Move the start of the run that the new one's key left delayed, and return its id.

    In trailing mode it also gets what the new trigger says. None when no run
    of the key is delayed: it has started, or there was none.
    """
    assert new.debounce is not None
    held = debounces.c
    row = connection.execute(
        sa.select(held.run_id, held.latest_at)
        .join(runs, runs.c.id == held.run_id)
        .where(
            held.account_id == new.account_id,
            held.task_identifier == new.task_identifier,
            held.key == new.debounce.key,
            runs.c.status == RunStatus.DELAYED.value,
        )
    ).first()
    if row is None:
        return None
    run_id: RunId = row.run_id
    reschedule(connection, run_id, min(due_at(new), row.latest_at or due_at(new)))
    if new.debounce.mode == "trailing":
        _replace(connection, run_id, new)
    return run_id


def remember(connection: Connection, new: NewRun, run_id: RunId) -> None:
    """Let later triggers of the key find the run."""
    assert new.debounce is not None
    longest_ms = milliseconds(new.debounce.max_delay_seconds)
    upsert(
        connection,
        debounces,
        ("account_id", "task_identifier", "key"),
        account_id=new.account_id,
        task_identifier=new.task_identifier,
        key=new.debounce.key,
        run_id=run_id,
        latest_at=None if longest_ms is None else now_ms() + longest_ms,
    )


def due_at(new: NewRun) -> TimestampMs:
    """Return when a run starts that is triggered now, if no other trigger comes."""
    assert new.debounce is not None
    return now_ms() + round(new.debounce.delay_seconds * 1000)


def _replace(connection: Connection, run_id: RunId, new: NewRun) -> None:
    """Give a delayed run what a later trigger says; what that leaves open stays."""
    said: dict[str, Any] = {
        "metadata": None if new.metadata is None else as_json(new.metadata),
        "machine": new.machine,
        "max_attempts": new.max_attempts,
        "max_duration_ms": milliseconds(new.max_duration_seconds),
    }
    changes = {name: value for name, value in said.items() if value is not None}
    if "metadata" in changes:
        changes["first_metadata"] = changes["metadata"]
    connection.execute(
        sa.update(runs)
        .where(runs.c.id == run_id)
        .values(payload=as_json(new.payload), updated_at=now_ms(), **changes)
    )
    if new.tags:
        set_tags(connection, run_id, new.account_id, new.tags)
