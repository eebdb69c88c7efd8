"""One run for a flurry of triggers: each pushes the start back until they stop."""

from __future__ import annotations

from typing import Literal

import msgspec

KeyScope = Literal["run", "attempt", "global"]
"""Within what an idempotency key counts: the run that triggers, one attempt at it, or the account."""


class Debounce(msgspec.Struct, frozen=True, kw_only=True):
    """Triggers of a task that share a key become one run, which starts when they have stopped.

    Raises ``ValueError`` for a delay that is none.
    """

    key: str
    """Counts per account and task."""
    delay_seconds: float
    """How long after the last trigger the run starts."""
    mode: Literal["leading", "trailing"] = "leading"
    """Whose payload, metadata, tags and limits the run has: the first trigger's or the last one's."""
    max_delay_seconds: float | None = None
    """The longest that it is pushed back in all; None for as long as triggers come."""

    def __post_init__(self) -> None:
        if self.delay_seconds <= 0:
            raise ValueError(f"delay_seconds={self.delay_seconds} is no delay: use more than 0")
        if self.max_delay_seconds is not None and self.max_delay_seconds < self.delay_seconds:
            raise ValueError(
                f"max_delay_seconds={self.max_delay_seconds} is shorter than the delay itself"
            )
