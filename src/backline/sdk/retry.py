"""When a failed attempt is tried again: a policy is a value, the decision a pure function."""

from __future__ import annotations

from random import Random

import msgspec


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

    def __post_init__(self) -> None:
        if not 1 <= self.max_attempts <= 250:
            raise ValueError(f"max_attempts={self.max_attempts} is not between 1 and 250")

    def delay_ms(self, attempts_made: int, random: Random) -> int | None:
        """Return how long to wait after ``attempts_made`` failures, or None to give up."""
        if attempts_made >= self.max_attempts:
            return None
        spread = 1.0 + random.random() if self.randomize else 1.0
        return round(
            min(self.max_delay_ms, spread * self.min_delay_ms * self.factor ** (attempts_made - 1))
        )


NO_RETRY = Retry(max_attempts=1)
