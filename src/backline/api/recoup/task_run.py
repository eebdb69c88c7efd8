"""A run of the ledger in Recoup's words: statuses, names, and what may be null.

Listings are the hottest path of all. JSON columns are passed on as the text
they are, and what was written for a row is kept: the same row, the same bytes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Protocol

import msgspec
from msgspec import UNSET, Raw

from backline.api.answers import encode
from backline.clock import TimestampMs, iso
from backline.runs import Attempt, AttemptStatus, LogLine, Run, RunStatus
from backline.runs.run import SUMMARY
from backline.wire import story
from backline.wire.recoup import (
    Environment,
    RelatedRun,
    RelatedRuns,
    TaskAttemptStatus,
    TaskRun,
    TaskRunAttempt,
    TaskRunError,
    TaskRunStatus,
)

STATUSES: dict[str, TaskRunStatus] = {
    RunStatus.PENDING_VERSION: "PENDING_VERSION",
    RunStatus.DELAYED: "DELAYED",
    RunStatus.QUEUED: "QUEUED",
    RunStatus.EXECUTING: "EXECUTING",
    RunStatus.REATTEMPTING: "REATTEMPTING",
    RunStatus.FROZEN: "FROZEN",
    RunStatus.COMPLETED: "COMPLETED",
    RunStatus.FAILED: "FAILED",
    RunStatus.CANCELED: "CANCELED",
    RunStatus.CRASHED: "CRASHED",
    RunStatus.INTERRUPTED: "INTERRUPTED",
    RunStatus.SYSTEM_FAILURE: "SYSTEM_FAILURE",
    RunStatus.EXPIRED: "CANCELED",
    RunStatus.TIMED_OUT: "FAILED",
}
"""Every status of the ledger, in the words of the contract."""

ATTEMPT_STATUSES: dict[str, TaskAttemptStatus] = {
    AttemptStatus.PENDING: "PENDING",
    AttemptStatus.EXECUTING: "EXECUTING",
    AttemptStatus.PAUSED: "PAUSED",
    AttemptStatus.COMPLETED: "COMPLETED",
    AttemptStatus.FAILED: "FAILED",
    AttemptStatus.CANCELED: "CANCELED",
}

Row = tuple[Any, ...]
"""A row of the ledger, in the order of ``runs.run.SUMMARY``."""

ROWS_KEPT = 4096
LARGEST_KEPT_CHARACTERS = 4096
"""Runs with more metadata are written anew each time, so that what is kept is at most some 40 MB."""

_METADATA = SUMMARY.index("metadata")
_NULL = Raw(b"null")


def listing(rows: list[Row]) -> bytes:
    """Return the JSON of a `TaskRunList` of summaries."""
    return b'{"status":"success","runs":[' + b",".join([_written(row) for row in rows]) + b"]}"


def _written(row: Row) -> bytes:
    metadata = row[_METADATA]
    if metadata is not None and len(metadata) > LARGEST_KEPT_CHARACTERS:
        return _write(row)
    return _write_once(row)


def _write(row: Row) -> bytes:
    return encode(summary(Run(*row)))


_write_once = lru_cache(ROWS_KEPT)(_write)


def summary(run: Run) -> TaskRun:
    """Return the run as a listing shows it."""
    return TaskRun(
        id=run.id,
        status=STATUSES[run.status],
        task_identifier=run.task_identifier,
        idempotency_key=run.idempotency_key,
        version=run.version or UNSET,
        is_test=bool(run.is_test),
        created_at=iso(run.created_at),
        updated_at=iso(run.updated_at),
        started_at=_moment(run.started_at),
        finished_at=_moment(run.finished_at),
        delayed_until=_moment(run.delayed_until),
        ttl=run.ttl,
        expired_at=_moment(run.expired_at),
        tags=Raw(run.tags),
        metadata=_raw(run.metadata),
        cost_in_cents=run.cost_cents,
        base_cost_in_cents=run.base_cost_cents,
        duration_ms=run.duration_ms,
        env=_environment(run.environment),
        depth=run.depth,
        batch_id=run.batch_id,
        trigger_function=run.trigger_function,  # type: ignore[arg-type]
    )


def detail(run: Run, attempts: list[Attempt], related: RelatedRuns | None) -> TaskRun:
    """Return the run with all that is shown when it is asked for by its id."""
    return msgspec.structs.replace(
        _waiting(run) if run.status is RunStatus.PENDING_VERSION else summary(run),
        payload=_raw(run.payload),
        output=_raw(run.output if run.status == RunStatus.COMPLETED else None),
        error=error_of(run),
        attempts=[_attempt(attempt) for attempt in attempts],
        schedule=_raw(run.schedule),
        related_runs=related,
    )


def _waiting(run: Run) -> TaskRun:
    """Return a run that waits for a version, with the one that it waits for."""
    return msgspec.structs.replace(summary(run), version=run.needed_version or UNSET)


def related_run(run: Run) -> RelatedRun:
    """Return a run as its relatives show it."""
    return RelatedRun(
        id=run.id,
        status=STATUSES[run.status],
        task_identifier=run.task_identifier,
        created_at=iso(run.created_at),
        updated_at=iso(run.updated_at),
        finished_at=_moment(run.finished_at),
    )


class Ended(Protocol):
    """What is known of a run that has ended, as far as its error needs it."""

    @property
    def status(self) -> RunStatus: ...
    @property
    def error(self) -> str | None: ...
    @property
    def ttl(self) -> str | None: ...


def error_of(run: Ended) -> TaskRunError | None:
    """Return why a run did not come to its end.

    The contract has no word for a run that expired or ran too long; there the
    error says what the status can not.
    """
    error = _error(run.error)
    if run.status == RunStatus.TIMED_OUT:
        told = error.message if error else "The run took longer than its maxDuration allows"
        return TaskRunError(name="MaxDurationExceeded", message=told)
    if run.status == RunStatus.EXPIRED and error is None:
        told = f"The run expired: it did not start within its time to live of {run.ttl}"
        return TaskRunError(name="TimeToLiveExpired", message=told)
    return error


def event_of(at: TimestampMs, status: str, detail: str) -> story.RunEvent:
    """Return what happened to a run."""
    return story.RunEvent(at=iso(at), status=STATUSES[status], detail=detail)


def line_of(line: LogLine) -> story.LogLine:
    """Return what a run said."""
    return story.LogLine(
        number=line.number, at=iso(line.at), stream=line.stream, text=line.text, level=line.level
    )


def _attempt(attempt: Attempt) -> TaskRunAttempt:
    return TaskRunAttempt(
        id=attempt.id,
        status=ATTEMPT_STATUSES[attempt.status],
        created_at=iso(attempt.created_at),
        updated_at=iso(attempt.updated_at),
        started_at=_moment(attempt.started_at),
        completed_at=_moment(attempt.completed_at),
        error=_error(attempt.error),
    )


def _error(text: str | None) -> TaskRunError | None:
    return None if text is None else msgspec.json.decode(text, type=TaskRunError)


def _moment(timestamp_ms: TimestampMs | None) -> str | None:
    return None if timestamp_ms is None else iso(timestamp_ms)


def _raw(text: str | None) -> Raw:
    return _NULL if text is None else Raw(text)


@lru_cache
def _environment(name: str) -> Environment:
    return Environment(id=f"env_{name}", name=name)
