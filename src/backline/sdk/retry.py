"""When a failed attempt is tried again: a policy is a value, the decision a pure function."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

import msgspec

from backline.sdk.machine import MACHINES

MOST_ATTEMPTS = 250
"""As in Trigger.dev."""


class Retry(msgspec.Struct, frozen=True, kw_only=True):
    """How often and how late a task is tried again.

    The delay before attempt n+1 is ``min(max, r x min x factor^(n-1))`` with r
    drawn from 1 to 2 when ``randomize`` is on, and 1 when it is off; this is
    Trigger.dev's formula, so runs behave alike in both.
    """

    max_attempts: int = 3
    """Tries in all, the first included; 1 to 250."""
    factor: float = 2.0
    min_delay_ms: int = 1_000
    max_delay_ms: int = 60_000
    randomize: bool = True
    on: dict[Any, Retry] = {}
    """Other policies for certain errors, by exception class; the nearest base class counts.

    ``Retry(on={ConnectionError: Retry(max_attempts=10), ValueError: NO_RETRY})``
    """
    out_of_memory_machine: str | None = None
    """The larger machine on which a run that ran out of memory is tried again; without it, it is not."""

    def __post_init__(self) -> None:
        if not 1 <= self.max_attempts <= MOST_ATTEMPTS:
            raise ValueError(f"max_attempts={self.max_attempts} is not between 1 and 250")
        if not 0 <= self.min_delay_ms <= self.max_delay_ms:
            raise ValueError(
                f"min_delay_ms={self.min_delay_ms} is not between 0 and "
                f"max_delay_ms={self.max_delay_ms}"
            )
        if self.factor < 1:
            raise ValueError(f"factor={self.factor} would shorten the delays: use 1 or more")
        if self.out_of_memory_machine not in (None, *MACHINES):
            raise ValueError(
                f"out_of_memory_machine={self.out_of_memory_machine!r} is no machine: "
                f"use one of {', '.join(MACHINES)}"
            )
        _check_overrides(self.on)

    def delay_ms(self, attempts_made: int, random: Random) -> int | None:
        """Return how long to wait after ``attempts_made`` failures, or None to give up."""
        if attempts_made >= self.max_attempts:
            return None
        spread = 1.0 + random.random() if self.randomize else 1.0
        return round(min(self.max_delay_ms, spread * self._plain_delay_ms(attempts_made)))

    def _plain_delay_ms(self, attempts_made: int) -> float:
        try:
            return self.min_delay_ms * self.factor ** (attempts_made - 1)
        except OverflowError:  # beyond any limit
            return self.max_delay_ms

    def for_error(self, error: BaseException) -> Retry | None:
        """Return the policy that ``on`` has for such an error, if it has one."""
        return next((self.on[kind] for kind in type(error).__mro__ if kind in self.on), None)


def _check_overrides(overrides: Mapping[Any, Retry]) -> None:
    for kind, policy in overrides.items():
        if not (isinstance(kind, type) and issubclass(kind, Exception)):
            raise ValueError(f"on={{{kind!r}: …}}: name an exception class")
        if policy.on:
            raise ValueError(f"the policy for {kind.__name__} has an `on` of its own: leave it out")


NO_RETRY = Retry(max_attempts=1)
