"""What a task is told of the run that it performs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from backline.clock import TimestampMs
from backline.runs import Attempt, Run
from backline.sdk import RunFacts, TaskFacts


def facts_of(run: Run, attempt: Attempt, task: TaskFacts, version: str) -> RunFacts:
    """Put the ledger's row into the words of task authors; the task fills what the trigger left open."""
    return RunFacts(
        id=run.id,
        task_identifier=run.task_identifier,
        account_id=run.account_id,
        attempt_number=attempt.number,
        max_attempts=run.max_attempts or task.retry.max_attempts,
        tags=msgspec.json.decode(run.tags),
        is_test=run.is_test,
        version=version,
        environment=run.environment,
        queue=run.queue,
        concurrency_key=run.concurrency_key,
        machine=run.machine or task.machine,
        max_duration_seconds=longest_seconds(run, task),
        idempotency_key=run.idempotency_key,
        trigger_function=run.trigger_function,
        batch_id=run.batch_id,
        parent_id=run.parent_id,
        root_id=run.root_id or run.id,
        depth=run.depth,
        schedule=_decoded(run.schedule),
        created_at=_moment(run.created_at),
        started_at=_moment(run.started_at or attempt.created_at),
    )


def longest_seconds(run: Run, task: TaskFacts) -> float | None:
    """Return how long the run may be active over all attempts; None when it is not limited."""
    if run.max_duration_ms is not None:
        return run.max_duration_ms / 1000
    return task.max_duration_seconds


def _moment(at: TimestampMs) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC)


def _decoded(text: str | None) -> dict[str, Any] | None:
    return None if text is None else msgspec.json.decode(text, type=dict[str, Any])
