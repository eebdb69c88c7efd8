"""From a run to its result: claim it, try it, record how the try ended, and try again.

`perform` is the body of the engine's one workflow. It may be called again for
the same run after a crash, on this machine or another, and then goes on from
the last finished step.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import msgspec

from backline.clock import stopwatch
from backline.db import Database
from backline.engine.log import LiveLog
from backline.engine.metadata import LiveMetadata
from backline.engine.session import Desk, Outcome, Session
from backline.engine.steps import StepRecord
from backline.errors import RunLost
from backline.ids import RunId
from backline.runs import Attempt, AttemptStatus, LogLine, Run, RunError, RunStatus, ledger, queries
from backline.runtime import Channel, ChannelClosed, TaskFacts, Zygote
from backline.runtime import messages as say
from backline.sdk import NO_RETRY, RunFacts

log = logging.getLogger(__name__)


class HandedBack(BaseException):
    """Raised to leave a run to another worker because this one stops.

    Not an ``Exception``: the engine must neither record nor retry it.
    """


class Death(msgspec.Struct, frozen=True):
    """The run's process ended before the task did."""

    message: str
    name: str = "RunCrashed"


class Fault(msgspec.Struct, frozen=True):
    """backline itself failed."""

    message: str
    name: str = "SystemFailure"


End = Outcome | Death | Fault

_STATUS_AFTER: dict[type, RunStatus] = {
    say.Raised: RunStatus.FAILED,
    Death: RunStatus.CRASHED,
    Fault: RunStatus.SYSTEM_FAILURE,
}
"""What a run ends as when an attempt ended so and no other follows."""


class Price(msgspec.Struct, frozen=True):
    """What a second of this worker's time costs."""

    cents_per_second: float = 0.0

    def cents(self, active_ms: int) -> float:
        """Return the cost of so many milliseconds."""
        return self.cents_per_second * active_ms / 1000


class Executor:
    """Performs runs on this worker, one call of `perform` per run and thread."""

    def __init__(
        self,
        database: Database,
        zygote: Zygote,
        *,
        worker_id: str,
        version: str,
        price: Price,
        desk_of: Callable[[Run], Desk],
    ) -> None:
        self._database = database
        self._zygote = zygote
        self._worker_id = worker_id
        self.version = version
        self._price = price
        self._desk_of = desk_of
        self._random = Random()  # noqa: S311 - spreads retries, guards nothing
        self.is_stopping = False

    def perform(self, run_id: RunId) -> None:
        """Bring the run to an end, however many attempts its policy allows.

        Returns at once when the run is already final or in another worker's hands.
        """
        while True:
            claimed = self._claim(run_id)
            if claimed is None:
                return
            run, attempt = claimed
            delay_ms = self._try(run, attempt)
            if delay_ms is None:
                return
            self._pause(delay_ms)

    def _claim(self, run_id: RunId) -> tuple[Run, Attempt] | None:
        with self._database.write() as connection:
            run = queries.find_run(connection, run_id)
            if run is None or run.status not in (RunStatus.QUEUED, RunStatus.REATTEMPTING):
                return None
            attempt = ledger.start_attempt(
                connection, run_id, run.status, self._worker_id, self.version
            )
        return None if attempt is None else (run, attempt)

    def _pause(self, delay_ms: int) -> None:
        since = stopwatch()
        while (left := delay_ms - since()) > 0:
            if self.is_stopping:
                raise HandedBack
            time.sleep(min(left / 1000, 0.2))

    def _try(self, run: Run, attempt: Attempt) -> int | None:
        """Make one attempt and record it. Returns the delay before the next, if there is one."""
        active = stopwatch()
        outcome: End
        try:
            outcome = self._converse(run, attempt)
        except RunLost:
            return None
        except Exception as fault:
            log.exception("run %s met a fault of backline's own", run.id)
            outcome = Fault(
                f"backline itself failed ({type(fault).__name__}): the worker's log says more"
            )
        ending, delay_ms = self._judge(run, outcome, active())
        with self._database.write() as connection:
            held = ledger.end_attempt(connection, run.id, attempt.id, ending)
        return delay_ms if held else None

    def _converse(self, run: Run, attempt: Attempt) -> Outcome | Death:
        """Return what the child said at its end, or how it died."""
        steps = StepRecord(self._database, run.id, attempt.id)
        workdir = Path(tempfile.mkdtemp(prefix=f"backline-{attempt.id}-"))
        child = self._zygote.fork()
        channel = Channel(child.link, say.FromChild)
        session = Session(
            channel,
            steps,
            self._metadata(run, attempt),
            self._log(run, attempt),
            self._desk_of(run),
            workdir,
        )
        try:
            return session.converse(self._start(run, attempt, workdir))
        except ChannelClosed as death:
            child.wait(timeout_seconds=5)
            if self.is_stopping:
                raise HandedBack from death
            return Death(f"the process of the run ended {child.ending} before the task returned")
        finally:
            child.kill()
            channel.close()
            shutil.rmtree(workdir, ignore_errors=True)

    def _metadata(self, run: Run, attempt: Attempt) -> LiveMetadata:
        def write(values: dict[str, object]) -> None:
            with self._database.write() as connection:
                ledger.write_metadata(connection, run.id, attempt.id, values)

        return LiveMetadata(msgspec.json.decode(run.metadata or "{}"), write)

    def _log(self, run: Run, attempt: Attempt) -> LiveLog:
        def write(lines: list[LogLine]) -> None:
            with self._database.write() as connection:
                ledger.write_log(connection, run.id, attempt.id, lines)

        with self._database.read() as connection:
            return LiveLog(queries.last_log_number(connection, run.id), write)

    def _start(self, run: Run, attempt: Attempt, workdir: Path) -> say.Start:
        facts = RunFacts(
            id=run.id,
            task_identifier=run.task_identifier,
            account_id=run.account_id,
            attempt_number=attempt.number,
            tags=msgspec.json.decode(run.tags),
            is_test=run.is_test,
            version=self.version,
        )
        return say.Start(
            run=facts, payload=msgspec.json.decode(run.payload or "null"), workdir=str(workdir)
        )

    def _judge(self, run: Run, outcome: End, active_ms: int) -> tuple[ledger.Ending, int | None]:
        """Decide what an outcome makes of the run, and when it is tried again."""
        if isinstance(outcome, say.Returned):
            return self._success(outcome, active_ms), None
        delay_ms = self._retry_delay_ms(run, outcome)
        last = _STATUS_AFTER[type(outcome)]
        return ledger.Ending(
            run=last if delay_ms is None else RunStatus.REATTEMPTING,
            attempt=AttemptStatus.FAILED,
            detail=outcome.message,
            active_ms=active_ms,
            cost_cents=self._price.cents(active_ms),
            error=_error_of(outcome),
        ), delay_ms

    def _success(self, outcome: say.Returned, active_ms: int) -> ledger.Ending:
        return ledger.Ending(
            run=RunStatus.COMPLETED,
            attempt=AttemptStatus.COMPLETED,
            detail="the task returned",
            active_ms=active_ms,
            cost_cents=self._price.cents(active_ms),
            output=msgspec.json.encode(outcome.output).decode(),
        )

    def _retry_delay_ms(self, run: Run, outcome: say.Raised | Death | Fault) -> int | None:
        if isinstance(outcome, say.Raised) and outcome.permanent:
            return None
        facts: TaskFacts | None = self._zygote.tasks.get(run.task_identifier)
        policy = NO_RETRY if facts is None else facts.retry
        return policy.delay_ms(run.failure_count + 1, self._random)


def _error_of(outcome: say.Raised | Death | Fault) -> RunError:
    stack_trace = outcome.stack_trace if isinstance(outcome, say.Raised) else ""
    return RunError(name=outcome.name, message=outcome.message, stack_trace=stack_trace)
