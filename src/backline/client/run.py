"""A run as a client sees it: the answer of ``GET /api/tasks/runs``, field by field.

Times are ISO 8601 texts in UTC. A field that the server left out is ``UNSET``,
so a run printed as JSON looks as it was received.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

FINAL_STATUSES = frozenset(
    {"COMPLETED", "CANCELED", "FAILED", "CRASHED", "INTERRUPTED", "SYSTEM_FAILURE"}
)
"""A run with one of these will not change any more."""


class RunError(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Why a run or an attempt failed."""

    message: str = ""
    name: str = ""
    stack_trace: str | UnsetType | None = UNSET


class Attempt(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One try at a run."""

    id: str
    status: str
    created_at: str | UnsetType = UNSET
    updated_at: str | UnsetType = UNSET
    started_at: str | UnsetType | None = UNSET
    completed_at: str | UnsetType | None = UNSET
    error: RunError | UnsetType | None = UNSET


class Run(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One run. What stands below ``trigger_function`` comes only when it is fetched by id."""

    id: str
    status: str
    task_identifier: str
    created_at: str
    updated_at: str
    started_at: str | UnsetType | None = UNSET
    finished_at: str | UnsetType | None = UNSET
    delayed_until: str | UnsetType | None = UNSET
    ttl: Any = UNSET
    expired_at: str | UnsetType | None = UNSET
    idempotency_key: str | UnsetType | None = UNSET
    version: str | UnsetType = UNSET
    is_test: bool | UnsetType = UNSET
    tags: list[str] = []
    metadata: dict[str, Any] | None = None
    cost_in_cents: int | float | UnsetType = UNSET
    base_cost_in_cents: int | float | UnsetType = UNSET
    duration_ms: int | float = 0
    env: dict[str, Any] | UnsetType = UNSET
    depth: int | UnsetType = UNSET
    batch_id: str | UnsetType | None = UNSET
    trigger_function: str | UnsetType = UNSET
    payload: Any = UNSET
    output: Any = UNSET
    error: RunError | UnsetType | None = UNSET
    attempts: list[Attempt] | UnsetType = UNSET
    schedule: dict[str, Any] | UnsetType | None = UNSET
    related_runs: dict[str, Any] | UnsetType | None = UNSET

    @property
    def is_final(self) -> bool:
        """Whether the run has ended, well or badly."""
        return self.status in FINAL_STATUSES

    @property
    def current_step(self) -> str:
        """What the task says it is doing; empty when it says nothing."""
        return str((self.metadata or {}).get("currentStep") or "")

    @property
    def progress(self) -> float | None:
        """How far the task says it is, 0 to 1; None when it does not say."""
        told = (self.metadata or {}).get("progress")
        if isinstance(told, bool) or not isinstance(told, int | float):
            return None
        return min(1.0, max(0.0, float(told)))
