"""Queues as they travel: how many runs of a kind execute at once."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct


class Rate(Struct, frozen=True, kw_only=True, rename="camel"):
    """So many starts in so many seconds."""

    starts: int
    period_seconds: float


class QueueState(Struct, frozen=True, kw_only=True, rename="camel"):
    """A queue, its limits, and how full it is."""

    name: str
    paused: bool
    running: int
    """Runs that have a place."""
    queued: int
    """Runs that wait for one."""
    concurrency_limit: int | None
    """The limit in force, per concurrency key; null is bounded by the environment alone."""
    declared_limit: int | None
    """As the task's author declared it."""
    override_limit: int | None
    """As an operator set it; it wins."""
    rate: Rate | None
    """The most that start in a period, over all concurrency keys; null for no such limit."""


class QueueList(Struct, frozen=True, kw_only=True):
    """Every queue that a task declares, by name."""

    status: Literal["success"]
    queues: list[QueueState]


class QueueAnswer(Struct, frozen=True, kw_only=True):
    """A queue as it stands after what was done to it."""

    status: Literal["success"]
    queue: QueueState


class QueueLimit(Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Another limit for a queue."""

    concurrency_limit: Annotated[int, Meta(ge=0, le=100_000)] | None
    """Null goes back to what the task's author declared."""


class QueueRate(Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """How many runs of a queue may start in a period."""

    starts: Annotated[int, Meta(ge=1, le=100_000)] | None
    """Null lets any number start."""
    period: Annotated[str, Meta(min_length=1, max_length=100)] = "1s"
    """A duration, a day at most: ``1m``."""
