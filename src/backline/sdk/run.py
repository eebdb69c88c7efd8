"""What a task may know of runs: the one it performs, those it asks for, those it waited for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from backline.sdk.debounce import Debounce, KeyScope
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
    """``trigger``, ``triggerAndWait``, ``batchTrigger``, ``batchTriggerAndWait`` or ``schedule``."""
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


class TriggerOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What may be said about a run beside its task and payload."""

    tags: list[str] = []
    metadata: dict[str, Any] | None = None
    idempotency_key: str | None = None
    """The same key again gives the same run, within its scope."""
    idempotency_key_scope: KeyScope = "run"
    """``run``: the key counts within this run; ``attempt``: within this attempt at it; ``global``: for the whole account."""
    idempotency_key_ttl_seconds: float | None = None
    """How long the key is remembered; 30 days if not said."""
    lock_to_version: str | None = None
    """Only workers of this version may take it."""
    debounce: Debounce | None = None
    """Triggers that follow each other fast become one run."""
    delay_seconds: float | None = None
    ttl_seconds: float | None = None
    queue: str | None = None
    concurrency_key: str | None = None
    priority_seconds: float = 0.0
    machine: str | None = None
    max_attempts: int | None = None
    max_duration_seconds: float | None = None
