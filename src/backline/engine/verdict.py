"""What the end of an attempt makes of its run: decided here, carried out by the executor."""

from __future__ import annotations

import dataclasses
from random import Random

import msgspec

from backline.clock import now_ms
from backline.engine.facts import longest_seconds
from backline.engine.leash import StopReason
from backline.runs import AttemptStatus, Run, RunError, RunStatus
from backline.runs.ledger import CANCELED_BY_CALLER, Ending
from backline.runtime import messages as say
from backline.sdk import MACHINES, Machine, Retry, TaskFacts


class Death(msgspec.Struct, frozen=True):
    """The run's process ended before the task did."""

    message: str
    name: str = "RunCrashed"


class Fault(msgspec.Struct, frozen=True):
    """backline itself failed."""

    message: str
    name: str = "SystemFailure"


class Silence(msgspec.Struct, frozen=True):
    """The task gave no sign of life for too long."""

    message: str
    name: str = "HeartbeatMissed"


class Stopped(msgspec.Struct, frozen=True):
    """The run was stopped from outside."""

    reason: StopReason


End = say.Returned | say.Raised | Death | Fault | Stopped

_STATUS_AFTER: dict[type, RunStatus] = {
    say.Raised: RunStatus.FAILED,
    Silence: RunStatus.FAILED,
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
        if isinstance(end, say.Raised) and end.is_out_of_memory:
            return self._exhausted(run, active_ms, end.stack_trace)
        if isinstance(end, Stopped) and end.reason == "out_of_memory":
            return self._exhausted(run, active_ms)
        if isinstance(end, Stopped) and end.reason == "silent":
            return self._failure(run, self._silence(), active_ms)
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
            RunError(name="Canceled", message=CANCELED_BY_CALLER)
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

    def _overtime(self, run: Run) -> str:
        longest = longest_seconds(run, self.facts) or 0
        return f"the run was active for longer than its maxDuration of {longest:g} s"

    def _silence(self) -> Silence:
        return Silence(
            f"the task gave no sign of life for {self.facts.heartbeat_seconds:g} s, its "
            "heartbeat_seconds: call ctx.heartbeat() now and then in long work"
        )

    def _exhausted(self, run: Run, active_ms: int, stack_trace: str = "") -> Ending:
        """Crash, or try again on the larger machine that the task names for this."""
        larger = MACHINES.get(self.facts.retry.out_of_memory_machine or "")
        can_grow = larger is not None and larger.gigabytes > self.machine.gigabytes
        delay_ms = self._policy(run).delay_ms(run.failure_count + 1, self.random)
        death = Death(self._shortage(larger if can_grow else None), name="OutOfMemory")
        ending = self._failed(death, active_ms, delay_ms if can_grow else None, stack_trace)
        if larger is None or ending.run.is_final:
            return ending
        return msgspec.structs.replace(ending, machine=larger.name)

    def _shortage(self, larger: Machine | None) -> str:
        used = (
            f"the run ran out of memory: it needed more than the {self.machine.gigabytes:g} GB "
            f"of machine {self.machine.name}"
        )
        if larger is not None:
            return f"{used}; its task names {larger.name} ({larger.gigabytes:g} GB) for this"
        next_one = self.machine.next_larger()
        if next_one is None:
            return f"{used}, the largest there is: let the task use less"
        return f"{used}; give its task a larger one, such as {next_one.name} ({next_one.gigabytes:g} GB)"

    def _failure(
        self, run: Run, end: say.Raised | Death | Fault | Silence, active_ms: int
    ) -> Ending:
        stack_trace = end.stack_trace if isinstance(end, say.Raised) else ""
        return self._failed(end, active_ms, self._delay_ms(run, end), stack_trace)

    def _failed(
        self,
        end: say.Raised | Death | Fault | Silence,
        active_ms: int,
        delay_ms: int | None,
        stack_trace: str,
    ) -> Ending:
        return Ending(
            run=_STATUS_AFTER[type(end)] if delay_ms is None else RunStatus.REATTEMPTING,
            attempt=AttemptStatus.FAILED,
            detail=end.message,
            active_ms=active_ms,
            cost_cents=self.price.cents(self.machine, active_ms),
            error=RunError(name=end.name, message=end.message, stack_trace=stack_trace),
            due_at=None if delay_ms is None else now_ms() + delay_ms,
        )

    def _delay_ms(self, run: Run, end: say.Raised | Death | Fault | Silence) -> int | None:
        """Return how long to wait before the next attempt; None when there is none."""
        if not isinstance(end, say.Raised):
            return self._policy(run).delay_ms(run.failure_count + 1, self.random)
        if end.permanent:
            return None
        return self._policy(run, end.policy).delay_ms(run.failure_count + 1, self.random)

    def _policy(self, run: Run, override: Retry | None = None) -> Retry:
        """Return the policy that counts: the task's, or the one that it has for this error.

        The trigger's own number of attempts stands for the task's, and bounds
        that of an override.
        """
        policy = override or self.facts.retry
        most = run.max_attempts
        if most is None:
            return policy
        if override is not None:
            most = min(most, override.max_attempts)
        return dataclasses.replace(policy, max_attempts=most)
