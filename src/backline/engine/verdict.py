"""What the end of an attempt makes of its run: decided here, carried out by the executor."""

from __future__ import annotations

from random import Random

import msgspec

from backline.clock import now_ms
from backline.engine.leash import StopReason
from backline.runs import AttemptStatus, Run, RunError, RunStatus
from backline.runs.ledger import Ending
from backline.runtime import messages as say
from backline.sdk import Machine, TaskFacts


class Death(msgspec.Struct, frozen=True):
    """The run's process ended before the task did."""

    message: str
    name: str = "RunCrashed"


class Fault(msgspec.Struct, frozen=True):
    """backline itself failed."""

    message: str
    name: str = "SystemFailure"


class Stopped(msgspec.Struct, frozen=True):
    """The run was stopped from outside."""

    reason: StopReason


End = say.Returned | say.Raised | Death | Fault | Stopped

_STATUS_AFTER: dict[type, RunStatus] = {
    say.Raised: RunStatus.FAILED,
    Death: RunStatus.CRASHED,
    Fault: RunStatus.SYSTEM_FAILURE,
}
"""What a run ends as when an attempt failed so and no other follows."""


class Price(msgspec.Struct, frozen=True):
    """What this worker's time costs."""

    vcpu_second_cents: float = 0.0
    gigabyte_second_cents: float = 0.0

    def cents(self, machine: Machine, active_ms: int) -> float:
        """Return the cost of so many milliseconds on a machine of this size."""
        per_second = machine.cents_per_second(self.vcpu_second_cents, self.gigabyte_second_cents)
        return per_second * active_ms / 1000


class Verdict(msgspec.Struct, frozen=True):
    """Judges the ends of one task's attempts."""

    facts: TaskFacts
    machine: Machine
    price: Price
    random: Random

    def on(self, run: Run, end: End, active_ms: int) -> Ending:
        """Return how the attempt ended and what the run becomes."""
        if isinstance(end, say.Returned):
            return self._success(end, active_ms)
        if isinstance(end, Stopped) and end.reason == "out_of_memory":
            return self._failure(run, self._exhausted(), active_ms)
        if isinstance(end, Stopped):
            return self._stopped(run, end, active_ms)
        return self._failure(run, end, active_ms)

    def _success(self, end: say.Returned, active_ms: int) -> Ending:
        return Ending(
            run=RunStatus.COMPLETED,
            attempt=AttemptStatus.COMPLETED,
            detail="the task returned",
            active_ms=active_ms,
            cost_cents=self.price.cents(self.machine, active_ms),
            output=msgspec.json.encode(end.output).decode(),
        )

    def _stopped(self, run: Run, end: Stopped, active_ms: int) -> Ending:
        is_canceled = end.reason == "canceled"
        error = (
            RunError(name="Canceled", message="canceled by a caller")
            if is_canceled
            else RunError(name="MaxDurationExceeded", message=self._overtime(run))
        )
        return Ending(
            run=RunStatus.CANCELED if is_canceled else RunStatus.TIMED_OUT,
            attempt=AttemptStatus.CANCELED if is_canceled else AttemptStatus.FAILED,
            detail=error.message,
            active_ms=active_ms,
            cost_cents=self.price.cents(self.machine, active_ms),
            error=error,
        )

    def _exhausted(self) -> Death:
        size, name = self.machine.gigabytes, self.machine.name
        return Death(
            f"the run ran out of memory: it used more than the {size:g} GB of machine {name}; "
            "give its task a larger one",
            name="OutOfMemory",
        )

    def _overtime(self, run: Run) -> str:
        longest_ms = run.max_duration_ms or (self.facts.max_duration_seconds or 0) * 1000
        return f"the run was active for longer than its maxDuration of {longest_ms / 1000:g} s"

    def _failure(self, run: Run, end: say.Raised | Death | Fault, active_ms: int) -> Ending:
        delay_ms = self._delay_ms(run, end)
        last = _STATUS_AFTER[type(end)]
        stack_trace = end.stack_trace if isinstance(end, say.Raised) else ""
        return Ending(
            run=last if delay_ms is None else RunStatus.REATTEMPTING,
            attempt=AttemptStatus.FAILED,
            detail=end.message,
            active_ms=active_ms,
            cost_cents=self.price.cents(self.machine, active_ms),
            error=RunError(name=end.name, message=end.message, stack_trace=stack_trace),
            due_at=None if delay_ms is None else now_ms() + delay_ms,
        )

    def _delay_ms(self, run: Run, end: say.Raised | Death | Fault) -> int | None:
        """Return how long to wait before the next attempt; None when there is none."""
        if isinstance(end, say.Raised) and end.permanent:
            return None
        policy = self.facts.retry
        if run.max_attempts is not None:
            policy = msgspec.structs.replace(policy, max_attempts=run.max_attempts)
        delay_ms = policy.delay_ms(run.failure_count + 1, self.random)
        if delay_ms is not None and isinstance(end, say.Raised):
            chosen = end.retry_after_seconds
            return delay_ms if chosen is None else round(chosen * 1000)
        return delay_ms
