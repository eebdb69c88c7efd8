"""What a task may know of runs: the one it performs, those it asks for, those it waited for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from backline.sdk.machine import DEFAULT_MACHINE

_NEVER = datetime.fromtimestamp(0, UTC)


class RunFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The run that a task performs, as it stands when its process starts."""

    id: str
    task_identifier: str
    account_id: str
    """The account that owns the run."""
    attempt_number: int = 1
    """1 for the first try."""
    max_attempts: int = 1
    """Tries in all, unless an error says otherwise."""
    tags: list[str] = []
    """The caller's and ``account:<id>``."""
    is_test: bool = False
    version: str = ""
    """The version of the worker that performs the run."""
    environment: str = "dev"
    queue: str = ""
    concurrency_key: str | None = None
    machine: str = DEFAULT_MACHINE
    """The preset whose memory the run may use."""
    max_duration_seconds: float | None = None
    """Active time over all attempts; None when it is not limited."""
    idempotency_key: str | None = None
    trigger_function: str = "trigger"
    """``trigger``, ``triggerAndWait``, ``batchTrigger`` or ``batchTriggerAndWait``."""
    batch_id: str | None = None
    parent_id: str | None = None
    """The run that triggered this one; None when a caller did."""
    root_id: str = ""
    """The first of its ancestors; itself when it has none."""
    depth: int = 0
    """How many ancestors it has."""
    schedule: dict[str, Any] | None = None
    """The schedule that triggered it, if one did."""
    created_at: datetime = _NEVER
    started_at: datetime = _NEVER
    """When its first attempt began."""


class RunResult(msgspec.Struct, frozen=True, kw_only=True):
    """How a run ended that a task waited for."""

    id: str
    ok: bool
    """Whether it was completed; anything else left no output."""
    output: Any = None
    error: dict[str, Any] | None = None
    """``message``, ``name`` and ``stackTrace`` when it did not complete."""


class TokenResult(msgspec.Struct, frozen=True, kw_only=True):
    """How a token ended that a task waited for."""

    ok: bool
    """False when its time ran out."""
    output: Any = None
