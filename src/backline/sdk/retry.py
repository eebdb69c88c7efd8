"""When a failed attempt is tried again: a policy is a value, the decision a pure function."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from random import Random
from typing import Any

from backline.errors import TaskError
from backline.sdk.machine import MACHINES

MOST_ATTEMPTS = 250
"""As in Trigger.dev."""


# Not frozen: contextlib sets the traceback of what is raised through it.
@dataclass(unsafe_hash=True)
class Retry(TaskError):
    """How often and how late a task is tried again: its policy, or raised by it for this once.

    ``@task("charts", retry=Retry(max_attempts=5))`` is how any failure is
    handled; ``raise Retry("not out yet", after=3600)`` fails an attempt and
    chooses the time of the next one.

    The delay before attempt n+1 is ``min(max, r x min x factor^(n-1))`` with r
    drawn from 1 to 2 when ``randomize`` is on, and 1 when it is off; this is
    Trigger.dev's formula, so runs behave alike in both.
    """

    message: str = ""
    """Why, for the run's error, when it is raised."""
    _: KW_ONLY
    after: float | None = None
    """Seconds until the next attempt, instead of a delay that grows."""
    max_attempts: int = 3
    """Tries in all, the first included; 1 to 250. Raised, it does not lower the task's own."""
    factor: float = 2.0
    min_delay_ms: int = 1_000
    max_delay_ms: int = 60_000
    randomize: bool = True
    on: dict[Any, Retry] = field(default_factory=dict, hash=False)
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
        if self.after is not None and self.after < 0:
            raise ValueError(f"after={self.after} has passed: use 0 or more seconds")
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
        if self.after is not None:
            return round(self.after * 1000)
        spread = 1.0 + random.random() if self.randomize else 1.0
        return round(min(self.max_delay_ms, spread * self._plain_delay_ms(attempts_made)))

    def _plain_delay_ms(self, attempts_made: int) -> float:
        try:
            return self.min_delay_ms * self.factor ** (attempts_made - 1)
        except OverflowError:  # beyond any limit
            return self.max_delay_ms

    def for_error(self, error: BaseException) -> Retry | None:
        """Return the policy for such an error when it is another one: what was raised, or is in ``on``."""
        if isinstance(error, Retry):
            most = max(error.max_attempts, self.max_attempts)
            return dataclasses.replace(error, max_attempts=most, on={})
        return next((self.on[kind] for kind in type(error).__mro__ if kind in self.on), None)

    def __str__(self) -> str:
        when = "" if self.after is None else f" after {self.after:g} s"
        return self.message or f"the task asked to be tried again{when}"


def _check_overrides(overrides: Mapping[Any, Retry]) -> None:
    for kind, policy in overrides.items():
        if not (isinstance(kind, type) and issubclass(kind, Exception)):
            raise ValueError(f"on={{{kind!r}: …}}: name an exception class")
        if policy.on:
            raise ValueError(f"the policy for {kind.__name__} has an `on` of its own: leave it out")


NO_RETRY = Retry(max_attempts=1)
