"""From a run to its result: claim it, let a process perform it, record how that ended.

`perform` is the body of the engine's one workflow. It performs a run until it
ends or has to wait; after a wait, a failure that is tried again, or the death
of a worker it is called anew, here or on another machine, and goes on from the
last finished step.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from threading import BoundedSemaphore, Lock

import msgspec

from backline.clock import stopwatch
from backline.db import Connection, Database
from backline.engine.dispatch import Dispatch
from backline.engine.facts import facts_of, longest_seconds
from backline.engine.kin import Kin, answer_at_once
from backline.engine.leash import Leash, Limits
from backline.engine.notes import Notes, Taken
from backline.engine.patience import HandedBack, Patience
from backline.engine.recovery import let_in_anew
from backline.engine.replay import Replay
from backline.engine.session import Desk, Outcome, Pause, Session
from backline.engine.steps import StepRecord
from backline.engine.verdict import Death, End, Fault, Price, Stopped, Verdict
from backline.engine.wakeup import DUE, ring_at_commit
from backline.errors import RunLost
from backline.ids import RunId
from backline.runs import Attempt, Run, RunStatus, ledger, queries
from backline.runtime import Channel, ChannelClosed, Child, Zygotes
from backline.runtime import messages as say
from backline.sdk import DEFAULT_MACHINE, MACHINES, Machine, TaskFacts

log = logging.getLogger(__name__)

FAULT_PAUSE_SECONDS = 1.0
"""After a fault of our own, so that one which stays does not keep the machine busy."""


CLEANUP_SECONDS = 2.0
"""How long tasks may clean up when their worker stops; their runs go on elsewhere."""


class Claim(msgspec.Struct, frozen=True):
    """A run that this worker may perform now, and what is known of it from before."""

    run: Run
    attempt: Attempt
    steps: dict[str, str]
    """The values of its finished steps, JSON text by key."""
    last_line: int
    """The number of its newest log line."""
    last_wait: str | None = None
    """The key of the wait after which the attempt goes on."""


class Executor:
    """Performs runs on this worker, one call of `perform` per run and thread."""

    def __init__(
        self,
        database: Database,
        zygotes: Zygotes,
        dispatch: Dispatch,
        *,
        worker_id: str,
        version: str,
        slots: int,
        price: Price,
        desk_of: Callable[[Run], Desk],
        workroom: Path,
    ) -> None:
        self._database = database
        self._zygotes = zygotes
        self._dispatch = dispatch
        self._worker_id = worker_id
        self._desk_of = desk_of
        self._workroom = workroom
        self._price = price
        self._slots = BoundedSemaphore(slots)
        self._leashes: dict[RunId, Leash] = {}
        self._claiming = Lock()
        self._held: Counter[RunId] = Counter()
        self._random = Random()  # noqa: S311 - spreads retries, guards nothing
        self.version = version
        self.is_stopping = False
        self._patience = Patience(lambda: self.is_stopping)

    def perform(self, run_id: RunId) -> None:
        """Perform an admitted run until it ends or waits.

        Returns at once when it is already final or in another worker's hands.
        """
        with self._slots:
            if self.is_stopping:
                raise HandedBack
            try:
                claim = self._hold(run_id)
                if claim is not None:
                    self._try_held(claim)
                elif self._dispatch.pass_on(run_id, self._zygotes.tasks, self.version):
                    # Whoever is next may be this worker: let others be faster.
                    time.sleep(FAULT_PAUSE_SECONDS)
            except Exception:
                log.exception("run %s could not be performed: it is let in anew", run_id)
                time.sleep(FAULT_PAUSE_SECONDS)
                self._patience(let_in_anew, self._dispatch, run_id, self._worker_id)

    def look_after(self) -> None:
        """Stop the runs that use more memory than their machine has, or are silent for too long."""
        for leash in list(self._leashes.values()):
            leash.look()

    def drain(self, seconds: float) -> None:
        """Take no more runs, let those that execute go on for so long, and the rest clean up."""
        self.is_stopping = True
        self._await_ends(seconds)
        for leash in list(self._leashes.values()):
            leash.pull("handed_back")
        self._await_ends(CLEANUP_SECONDS)

    def _await_ends(self, seconds: float) -> None:
        since = stopwatch()
        while self._leashes and since() < seconds * 1000:
            time.sleep(0.05)

    def stop_run(self, run_id: RunId) -> None:
        """Stop a run that this worker performs, because somebody canceled it."""
        leash = self._leashes.get(run_id)
        if leash is not None:
            leash.pull("canceled")

    def _hold(self, run_id: RunId) -> Claim | None:
        """Claim a run, one at a time: the engine may hand it over twice after a worker's death."""
        with self._claiming:
            claim = self._patience(self._claim, run_id)
            if claim is not None:
                self._held[run_id] += 1
            return claim

    def _try_held(self, claim: Claim) -> None:
        try:
            self._try(claim)
        finally:
            with self._claiming:
                self._held -= Counter([claim.run.id])

    def _claim(self, run_id: RunId) -> Claim | None:
        with self._database.write() as connection:
            attempt = ledger.start_attempt(
                connection, run_id, self._worker_id, self.version, self._zygotes.tasks
            ) or self._claimed_before(connection, run_id)
            run = queries.find_run(connection, run_id)
            if attempt is None or run is None:
                return None
            if attempt.number == 1 and run.admission_count == 1:
                return Claim(run, attempt, {}, 0)
            steps = queries.steps_of(connection, run_id)
            last_line = queries.last_log_number(connection, run_id)
            return Claim(run, attempt, steps, last_line, queries.last_wait_of(connection, attempt))

    def _claimed_before(self, connection: Connection, run_id: RunId) -> Attempt | None:
        """Return the attempt that this worker claimed without hearing so: the answer got lost."""
        if self._held[run_id]:
            return None
        return queries.attempt_on(connection, run_id, self._worker_id)

    def _try(self, claim: Claim) -> None:
        """Let a process perform the run, and record what came of it."""
        run, active = claim.run, stopwatch()
        notes = Notes(self._database, run, claim.attempt, claim.last_line, self._patience)
        end: End | Pause
        try:
            end = self._converse(claim, notes)
        except RunLost as loss:
            # Nothing is recorded: what the engine has of the run is its new holder's by now.
            raise HandedBack from loss
        except HandedBack:
            self._say_goodbye(notes)
            raise
        except Exception as fault:
            if self._is_leaving:
                raise HandedBack from fault
            log.exception("run %s met a fault of backline's own", run.id)
            end = Fault(
                f"backline itself failed ({type(fault).__name__}): the worker's log says more"
            )
        taken, active_ms = notes.take(), active()
        if isinstance(end, Pause):
            self._patience(self._freeze, run, claim.attempt, notes, taken, end, active_ms)
        else:
            verdict = Verdict(self._facts(run), self._machine(run), self._price, self._random)
            ending = verdict.on(run, end, active_ms)
            self._patience(self._settle, run, claim.attempt, notes, taken, ending)

    @property
    def _is_leaving(self) -> bool:
        """Whether this worker stops, or must, because its runs' common parent is gone."""
        return self.is_stopping or not self._zygotes.is_alive

    def _say_goodbye(self, notes: Notes) -> None:
        """Write what the run said last, if the database lets us: another worker goes on."""
        with contextlib.suppress(HandedBack):
            notes.flush()

    def _settle(
        self, run: Run, attempt: Attempt, notes: Notes, taken: Taken, ending: ledger.Ending
    ) -> None:
        with self._dispatch.acting() as connection:
            notes.write(connection, taken)
            if not ledger.end_attempt(connection, run.id, attempt.id, attempt.worker_id, ending):
                return
            if ending.run is not RunStatus.COMPLETED:
                ring_at_commit(connection, DUE)  # it may be tried again
                self._dispatch.heed_cancel(connection, run.id)
            self._dispatch.after_end(connection, run)

    def _freeze(
        self,
        run: Run,
        attempt: Attempt,
        notes: Notes,
        taken: Taken,
        pause: Pause,
        active_ms: int,
    ) -> None:
        with self._dispatch.acting() as connection:
            notes.write(connection, taken)
            frozen = ledger.freeze(
                connection,
                run.id,
                attempt.id,
                attempt.worker_id,
                pause.waits,
                active_ms=active_ms,
                cost_cents=self._price.cents(self._machine(run), active_ms),
            )
            if not frozen:
                return
            ring_at_commit(connection, DUE)
            for wait in pause.waits:
                answer = answer_at_once(connection, run.id, wait)
                if answer is not None:
                    ledger.wake(connection, run.id, wait.key, answer)
            self._dispatch.heed_cancel(connection, run.id)
            self._dispatch.after_end(connection, run)

    def _converse(self, claim: Claim, notes: Notes) -> End | Pause:
        """Return what the child said at its end, how it died, or what the run waits for."""
        run = claim.run
        workdir = self._workroom / claim.attempt.id
        workdir.mkdir(mode=0o700, parents=True, exist_ok=True)
        child = self._zygotes.fork(run.task_identifier)
        channel = Channel(child.link, say.FromChild)
        leash = Leash(child, channel, self._limits(run))
        self._leashes[run.id] = leash
        try:
            outcome = self._listen(claim, notes, channel, child, workdir)
        finally:
            del self._leashes[run.id]
            leash.release()
            child.kill()
            channel.close()
            _clear_away(workdir)
        if leash.reason == "handed_back":
            raise HandedBack
        return outcome if leash.reason is None else Stopped(leash.reason)

    def _listen(
        self, claim: Claim, notes: Notes, channel: Channel, child: Child, workdir: Path
    ) -> Outcome | Death:
        run, attempt = claim.run, claim.attempt
        session = Session(
            channel,
            StepRecord(self._database, attempt, claim.steps),
            notes,
            self._desk_of(run),
            Kin(self._database, self._dispatch, run, attempt),
            workdir,
            Replay(claim.last_wait, claim.steps),
            self._patience,
        )
        try:
            return session.converse(self._start(claim, workdir))
        except ChannelClosed as death:
            child.wait(timeout_seconds=5)
            for stream, text in child.last_words:
                notes.log.add(stream, text, "error")
            if self._is_leaving:
                raise HandedBack from death
            return Death(f"the process of the run {child.ending} before the task returned")

    def _start(self, claim: Claim, workdir: Path) -> say.Start:
        run = claim.run
        return say.Start(
            run=facts_of(run, claim.attempt, self._facts(run), self.version),
            payload=msgspec.json.decode(run.payload or "null"),
            workdir=str(workdir),
            is_resumed=claim.last_wait is not None,
        )

    def _facts(self, run: Run) -> TaskFacts:
        known = self._zygotes.tasks.get(run.task_identifier)
        return known or TaskFacts(identifier=run.task_identifier)

    def _machine(self, run: Run) -> Machine:
        named = run.machine or self._facts(run).machine
        return MACHINES.get(named, MACHINES[DEFAULT_MACHINE])

    def _limits(self, run: Run) -> Limits:
        task = self._facts(run)
        longest = longest_seconds(run, task)
        return Limits(
            memory_bytes=self._machine(run).memory_bytes,
            longest_seconds=None if longest is None else max(0.0, longest - run.duration_ms / 1000),
            silent_seconds=task.heartbeat_seconds,
        )


def _clear_away(folder: Path) -> None:
    """Remove a run's folder; most runs left it empty, and one call is enough for those."""
    try:
        folder.rmdir()
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
