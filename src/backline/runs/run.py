"""A run, an attempt at it, and what went wrong: the values that the ledger hands out."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from backline.clock import TimestampMs
from backline.ids import AccountId, AttemptId, RunId
from backline.runs.status import AttemptStatus, RunStatus
from backline.sdk import Debounce
from backline.sdk.tags import ACCOUNT_TAG_PREFIX


class RunError(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """Why a run or an attempt did not come to its end, fit for a person to read."""

    message: str
    name: str
    stack_trace: str = ""


class NewRun(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller asks for. The ledger makes a run of it."""

    account_id: AccountId
    task_identifier: str
    payload: Any = None
    environment: str = "dev"
    tags: tuple[str, ...] = ()
    """The caller's own, without the account's tag."""
    metadata: dict[str, Any] | None = None
    idempotency_key: str | None = None
    idempotency_scope: str = ""
    """What the key is bound to: a run, or one attempt at it; empty for the whole account."""
    debounce: Debounce | None = None
    is_test: bool = False
    trigger_function: str = "trigger"
    parent_id: RunId | None = None
    root_id: RunId | None = None
    depth: int = 0
    batch_id: str | None = None
    base_cost_cents: float = 0.0
    delay_until: TimestampMs | None = None
    """Not due before; a moment that has passed is no delay."""
    ttl_seconds: float | None = None
    """How long it may wait to start; counted from when it is due."""
    idempotency_key_ttl_seconds: float | None = None
    queue: str | None = None
    """Another queue than the task's own."""
    concurrency_key: str | None = None
    """Runs of one key share a copy of the queue."""
    priority_seconds: float = 0.0
    """Head start in the queue."""
    machine: str | None = None
    max_attempts: int | None = None
    max_duration_seconds: float | None = None
    locked_version: str | None = None
    resume_key: str | None = None
    """The parent's wait that ends when this run does."""
    replay_of: RunId | None = None
    schedule: dict[str, Any] | None = None
    """What the run shows of the schedule that triggered it."""


class Run(msgspec.Struct, frozen=True):
    """One asking for a task, as the ledger has it. Fields are in the order of ``SUMMARY``.

    JSON columns are kept as their text: most readers only pass them on.
    """

    id: RunId
    account_id: AccountId
    task_identifier: str
    status: RunStatus
    environment: str
    version: str | None
    is_test: bool
    created_at: TimestampMs
    updated_at: TimestampMs
    started_at: TimestampMs | None
    finished_at: TimestampMs | None
    delayed_until: TimestampMs | None
    ttl: str | None
    expired_at: TimestampMs | None
    idempotency_key: str | None
    depth: int
    batch_id: str | None
    trigger_function: str
    duration_ms: int
    """Active time of all attempts; no queueing, no waiting."""
    cost_cents: float
    base_cost_cents: float
    tags: str
    """JSON list of the caller's tags and the account's."""
    metadata: str | None
    # Read for a single run only.
    queue: str = ""
    lane: str = ""
    priority_ms: int = 0
    is_admitted: bool = False
    admission_count: int = 0
    concurrency_key: str | None = None
    machine: str | None = None
    max_attempts: int | None = None
    max_duration_ms: int | None = None
    locked_version: str | None = None
    cancel_asked_at: TimestampMs | None = None
    resume_key: str | None = None
    root_id: RunId | None = None
    parent_id: RunId | None = None
    attempt_count: int = 0
    attempt_id: AttemptId | None = None
    worker_id: str | None = None
    failure_count: int = 0
    loss_count: int = 0
    schedule: str | None = None
    first_metadata: str | None = None
    error: str | None = None
    payload: str | None = None
    output: str | None = None

    def __post_init__(self) -> None:
        # A database row brings the status as plain text.
        msgspec.structs.force_setattr(self, "status", RunStatus(self.status))

    @property
    def needed_version(self) -> str | None:
        """The version whose workers may perform it, as `ledger.versions` has it; None for any."""
        has_begun_for_good = bool(self.attempt_count) and self.environment != "dev"
        return self.version if has_begun_for_good else self.locked_version


SUMMARY = Run.__struct_fields__[: Run.__struct_fields__.index("queue")]
"""The columns of a listing: no payload, output, error."""


class Attempt(msgspec.Struct, frozen=True):
    """One try at a run. Fields are in the order of the query."""

    id: AttemptId
    run_id: RunId
    number: int
    status: AttemptStatus
    worker_id: str
    created_at: TimestampMs
    updated_at: TimestampMs
    started_at: TimestampMs | None
    completed_at: TimestampMs | None
    error: str | None

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "status", AttemptStatus(self.status))


class Wait(msgspec.Struct, frozen=True, kw_only=True):
    """What a frozen run waits for."""

    key: str
    """The step that the answer becomes."""
    kind: Literal["time", "token", "runs"]
    until: TimestampMs | None = None
    token_id: str | None = None


class LogLine(msgspec.Struct, frozen=True):
    """One piece of what a run said. Fields are in the order of the query."""

    number: int
    """Counted from 1 over all attempts: ask for what comes after the last one you have."""
    at: TimestampMs
    stream: str
    """``log`` for `ctx.log` and ``logging``, else ``stdout`` or ``stderr``."""
    text: str
    level: str = "info"
    """``debug``, ``info``, ``warn`` or ``error``."""


def account_tag(account_id: AccountId) -> str:
    """Return the tag that every run of the account carries."""
    return ACCOUNT_TAG_PREFIX + account_id
