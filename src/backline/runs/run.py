"""A run, an attempt at it, and what went wrong: the values that the ledger hands out."""

from __future__ import annotations

from typing import Any

import msgspec

from backline.clock import TimestampMs
from backline.ids import AccountId, AttemptId, RunId
from backline.runs.status import AttemptStatus, RunStatus

MAX_TAGS = 10
MAX_TAG_LENGTH = 128
ACCOUNT_TAG_PREFIX = "account:"
"""Every run carries ``account:<id>``; callers can not set tags that begin so."""


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
    is_test: bool = False
    trigger_function: str = "trigger"
    parent_id: RunId | None = None
    root_id: RunId | None = None
    depth: int = 0
    batch_id: str | None = None
    base_cost_cents: float = 0.0


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
    root_id: RunId | None = None
    parent_id: RunId | None = None
    attempt_count: int = 0
    attempt_id: AttemptId | None = None
    worker_id: str | None = None
    failure_count: int = 0
    loss_count: int = 0
    schedule: str | None = None
    error: str | None = None
    payload: str | None = None
    output: str | None = None

    def __post_init__(self) -> None:
        # A database row brings the status as plain text.
        msgspec.structs.force_setattr(self, "status", RunStatus(self.status))


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


class LogLine(msgspec.Struct, frozen=True):
    """One piece of what a run said. Fields are in the order of the query."""

    number: int
    """Counted from 1 over all attempts: ask for what comes after the last one you have."""
    at: TimestampMs
    stream: str
    """``log`` for `ctx.log`, else ``stdout`` or ``stderr``."""
    text: str


def account_tag(account_id: AccountId) -> str:
    """Return the tag that every run of the account carries."""
    return ACCOUNT_TAG_PREFIX + account_id
