"""Tasks as they travel: what can be triggered, and what its payload must look like."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType


class RetryPolicy(Struct, frozen=True, kw_only=True, rename="camel"):
    """When a failed attempt is tried again."""

    after: float | None
    """Seconds between attempts, where they do not grow."""
    max_attempts: int
    factor: float
    min_delay_ms: int
    max_delay_ms: int
    randomize: bool


class CronState(Struct, frozen=True, kw_only=True):
    """The line by which the task's code lets the clock trigger it."""

    expression: str
    timezone: str


class TaskState(Struct, frozen=True, kw_only=True, rename="camel"):
    """A task that can run now, as its newest worker announces it."""

    task_identifier: str
    versions: dict[str, int]
    """How many workers announce it under which version."""
    queue: str
    concurrency_limit: int | None
    machine: str
    retry: RetryPolicy
    max_duration_seconds: float | None
    ttl_seconds: float | None
    cron: CronState | None
    payload_schema: dict[str, Any] | UnsetType | None = UNSET
    """JSON Schema of the payload, null when anything goes; a list leaves it out."""


class TaskList(Struct, frozen=True, kw_only=True):
    """Tasks, by name; exactly one when it was asked for by name."""

    status: Literal["success"]
    tasks: list[TaskState]
