"""What a task may say of a run that it triggers, beside its task and its payload."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from backline.errors import InvalidInput
from backline.sdk.debounce import Debounce, KeyScope
from backline.sdk.machine import MACHINES
from backline.sdk.retry import MOST_ATTEMPTS
from backline.sdk.tags import check_tags

MAX_BATCH_ITEMS = 1000
"""Runs in one batch."""
_LEAST = {
    "idempotency_key_ttl_seconds": 1,
    "delay_seconds": 0,
    "ttl_seconds": 1,
    "priority_seconds": 0,
    "max_attempts": 1,
    "max_duration_seconds": 1,
}


class TriggerOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What may be said about a run beside its task and payload.

    Raises ``InvalidInput``, naming the option that can not be.
    """

    tags: list[str] = []
    """At most 10 of 128 characters; ``account:`` tags are backline's own."""
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
    """It is due so long from now."""
    delay_until: datetime | None = None
    """It is due then; a moment without a zone is UTC, one that has passed is no delay."""
    ttl_seconds: float | None = None
    """How long it may wait to start, from when it is due."""
    queue: str | None = None
    """Another queue than the task's own."""
    concurrency_key: str | None = None
    """Runs of one key share a copy of the queue, with the queue's limit."""
    priority_seconds: float = 0.0
    """Head start in the queue."""
    machine: str | None = None
    max_attempts: int | None = None
    """1 to 250, instead of what the task's author chose."""
    max_duration_seconds: float | None = None
    """Active time over all attempts."""

    def __post_init__(self) -> None:
        check_tags(self.tags)
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if value is not None and value < least:
                raise InvalidInput(f"{name}={value} is too little: use {least} or more", name)
        if (self.max_attempts or 1) > MOST_ATTEMPTS:
            raise InvalidInput(
                f"max_attempts={self.max_attempts} is too much: use {MOST_ATTEMPTS} or less",
                "max_attempts",
            )
        if self.machine not in (None, *MACHINES):
            raise InvalidInput(
                f"there is no machine {self.machine!r}: use one of {', '.join(MACHINES)}", "machine"
            )
        if [self.delay_seconds, self.delay_until, self.debounce].count(None) < 2:
            raise InvalidInput("delay_seconds, delay_until and debounce: use one of them")
