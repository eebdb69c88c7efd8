"""When a machine dies: find workers that stopped breathing and take their runs over.

Every act here may be done twice, by two rescuers or after a rescuer's own
death: a run is taken only from the worker that still holds it, the engine
re-queues only what that worker still owns, and the worker is taken off the
list last.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Collection
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from backline.clock import TimestampMs, now_ms, stopwatch
from backline.db import Connection, Database
from backline.engine.dispatch import Dispatch
from backline.engine.queue import QUEUE, RunQueue
from backline.engine.wakeup import ring_at_commit
from backline.ids import RunId
from backline.runs import Run, RunError, RunStatus, Worker, catalog, ledger, queries

MOST_LOSSES = 5
"""A run that took this many workers down with it is not given to a sixth; it ends as crashed."""

AFTERLIFE_MS = 300_000
"""How long one looks after a worker that was taken off the list for what it still took."""


def process_token(pid: int) -> str:
    """Name a process of this host so that a reused pid is another one: pid and start time."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return f"{pid}:gone"
    # Field 22, counted from 1, after the command in brackets, which may hold anything.
    return f"{pid}:{stat.rpartition(')')[2].split()[19]}"


def this_process() -> tuple[str, str]:
    """Return this host's name and this process's token."""
    return socket.gethostname(), process_token(os.getpid())


class Watch:
    """Watches the other workers' hearts, and takes over from those that stand still.

    A heart stands still when its heartbeat has not changed for ``STALE_AFTER_MS``
    on this process's own stopwatch: neither a clock that jumps nor machines
    whose clocks differ make a living worker look dead. Whoever was away itself,
    asleep or without the database, begins to watch anew.
    """

    def __init__(
        self, database: Database, queue: RunQueue, dispatch: Dispatch, worker_id: str
    ) -> None:
        self._database = database
        self._queue = queue
        self._dispatch = dispatch
        self._worker_id = worker_id
        self._beats: dict[str, Heartbeat] = {}
        self._since_look = stopwatch()

    def take_over(self) -> list[str]:
        """Hand the runs of dead workers back to the queue. Returns the ids of those workers."""
        with self._database.read() as connection:
            workers = catalog.unretired(connection)
        if self._since_look() > catalog.STALE_AFTER_MS / 2:
            self._beats.clear()
        self._since_look = stopwatch()
        dead = [w.id for w in workers if w.id != self._worker_id and self._is_dead(w)]
        for worker_id in [*dead, *self._undead()]:
            hand_back(self._queue, self._dispatch, worker_id)
            self._beats.pop(worker_id, None)
        return dead

    def _undead(self) -> list[str]:
        """Return the workers that took something after they had been taken off the list.

        A statement of theirs may still have been on its way, or they did not know yet.
        """
        with self._database.read() as connection:
            gone = catalog.retired_since(connection, now_ms() - AFTERLIFE_MS)
            return [
                worker_id
                for worker_id in gone
                if queries.executing_on(connection, worker_id) or self._queue.given_to(worker_id)
            ]

    def _is_dead(self, worker: Worker) -> bool:
        if _is_gone_from_this_host(worker):
            return True
        seen = self._beats.get(worker.id)
        if seen is None or seen.at != worker.heartbeat_at:
            self._beats[worker.id] = Heartbeat(worker.heartbeat_at, stopwatch())
            return False
        return seen.age_ms() > catalog.STALE_AFTER_MS


class Heartbeat(NamedTuple):
    """The newest heartbeat of a worker, and how long ago it was seen first."""

    at: TimestampMs
    age_ms: Callable[[], int]


def _is_gone_from_this_host(worker: Worker) -> bool:
    if worker.host != socket.gethostname() or not Path("/proc/self/stat").exists():
        return False
    pid = int(worker.process.partition(":")[0])
    return process_token(pid) != worker.process


class Strays:
    """Runs that the engine gave to this worker and that never arrived here.

    The engine gives them away in one transaction and fetches them in another;
    when the database goes away in between, nobody performs them.
    """

    def __init__(
        self, queue: RunQueue, worker_id: str, performed: Callable[[], Collection[str]]
    ) -> None:
        self._queue = queue
        self._worker_id = worker_id
        self._performed = performed
        self._suspects: set[str] = set()

    def put_back(self) -> set[str]:
        """Queue again what looked like a stray last time and still does. Returns their ids."""
        missing = set(self._queue.given_to(self._worker_id)) - set(self._performed())
        strays, self._suspects = missing & self._suspects, missing
        self._queue.put_back(self._worker_id, strays)
        return strays


class Departure(Enum):
    """How a run lost its worker."""

    DIED = "died while it executed the run"
    STOPPED = "was stopped while it executed the run"
    """By its operator, which says nothing against the run."""
    FAILED = "could not perform the run"


def hand_back(
    queue: RunQueue,
    dispatch: Dispatch,
    worker_id: str,
    departure: Departure = Departure.DIED,
) -> None:
    """Put everything that a worker holds back into the queue, and take it off the list."""
    with dispatch.acting() as connection:
        run_ids = queries.executing_on(connection, worker_id)
        runs = [run for run_id in run_ids if (run := ledger.lock(connection, run_id))]
        # Judged first: the worker's own announcement may be the only one of the task.
        fates = [_fate(connection, run, worker_id, departure) for run in runs]
        version = catalog.withdraw(connection, worker_id)
        for run, fate in zip(runs, fates, strict=True):
            _lose(connection, dispatch, run, worker_id, fate)
        if version is not None:
            dispatch.bound_elsewhere(connection, version)
    queue.put_back(worker_id, queue.given_to(worker_id))
    with dispatch.acting() as connection:
        catalog.retire(connection, worker_id)
        ring_at_commit(connection, QUEUE)


def let_in_anew(dispatch: Dispatch, run_id: RunId, worker_id: str) -> None:
    """Take a run from its worker, which could not perform it, and let it wait for a place again."""
    with dispatch.acting() as connection:
        run = ledger.lock(connection, run_id)
        if run is None:
            return
        if run.status is RunStatus.EXECUTING:
            fate = _fate(connection, run, worker_id, Departure.FAILED)
            _lose(connection, dispatch, run, worker_id, fate)
        ledger.give_place_back(connection, run_id)
        dispatch.fill(connection)


def _lose(
    connection: Connection, dispatch: Dispatch, run: Run, worker_id: str, fate: ledger.Loss
) -> None:
    if not ledger.lose_attempt(connection, run, worker_id, fate):
        return
    if fate.becomes.is_final:
        dispatch.after_end(connection, run)
    elif run.cancel_asked_at is None:
        if run.needed_version is not None:
            # Where the engine puts it back any worker may take it; let in anew, only its own.
            ledger.give_place_back(connection, run.id)
    else:
        dispatch.heed_cancel(connection, run.id)
        dispatch.after_end(connection, run)


def _fate(connection: Connection, run: Run, worker_id: str, departure: Departure) -> ledger.Loss:
    """Return what becomes of a run that lost its worker, and the words for it."""
    gone = f"worker {worker_id} {departure.value}"
    counts = departure is not Departure.STOPPED
    facts = catalog.find_task(connection, run.task_identifier)
    if facts is not None and not facts.resumable:
        rest = "and its task must not begin again by itself: look what it did, then replay the run"
        error = RunError(name="Interrupted", message=f"{gone}, {rest}")
        return ledger.Loss(RunStatus.INTERRUPTED, error, counts)
    if counts and run.loss_count + 1 >= MOST_LOSSES:
        rest = f", the {MOST_LOSSES}th to do so: the run is not given to another"
        error = RunError(name="WorkerLost", message=gone + rest)
        return ledger.Loss(RunStatus.CRASHED, error, counts)
    return ledger.Loss(RunStatus.QUEUED, RunError(name="WorkerLost", message=gone), counts)
