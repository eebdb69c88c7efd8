"""When a machine dies: find workers that stopped breathing and take their runs over.

Every act here may be done twice, by two rescuers or after a rescuer's own
death: a run is taken only from the worker that still holds it, the engine
re-queues only what that worker still owns, and the worker is taken off the
list last.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path

from backline.clock import now_ms
from backline.db import Connection, Database
from backline.engine.dispatch import Dispatch
from backline.engine.queue import RunQueue
from backline.ids import RunId
from backline.runs import Worker, catalog, ledger, queries

MOST_LOSSES = 5
"""A run that took this many workers down with it is not given to a sixth; it ends as crashed."""


def process_token(pid: int) -> str:
    """Name a process of this host so that a reused pid is another one: pid and start time."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return f"{pid}:gone"
    # Field 22, counted from 1, after the command in brackets, which may hold anything.
    return f"{pid}:{stat.rpartition(')')[2].split()[19]}"


def is_dead(worker: Worker, stale_after_ms: int = catalog.STALE_AFTER_MS) -> bool:
    """Say whether a worker can be taken for dead: silent, or its process is gone from this host."""
    if now_ms() - worker.heartbeat_at > stale_after_ms:
        return True
    if worker.host != socket.gethostname() or not Path("/proc/self/stat").exists():
        return False
    pid = int(worker.process.partition(":")[0])
    return process_token(pid) != worker.process


def this_process() -> tuple[str, str]:
    """Return this host's name and this process's token."""
    return socket.gethostname(), process_token(os.getpid())


def take_over_dead_workers(
    database: Database, queue: RunQueue, dispatch: Dispatch, own_id: str
) -> list[str]:
    """Hand the runs of dead workers back to the queue. Returns the ids of those workers."""
    with database.read() as connection:
        others = [worker for worker in catalog.unretired(connection) if worker.id != own_id]
    dead = [worker.id for worker in others if is_dead(worker)]
    for worker_id in dead:
        hand_back(database, queue, dispatch, worker_id)
    return dead


def hand_back(database: Database, queue: RunQueue, dispatch: Dispatch, worker_id: str) -> None:
    """Put everything that a worker holds back into the queue, and take it off the list."""
    with database.exclusive() as connection:
        for run_id in queries.executing_on(connection, worker_id):
            _lose(connection, dispatch, run_id, worker_id)
    queue.put_back(worker_id)
    with database.write() as connection:
        catalog.retire(connection, worker_id)


def _lose(connection: Connection, dispatch: Dispatch, run_id: RunId, worker_id: str) -> None:
    run = queries.find_run(connection, run_id)
    status = ledger.lose_attempt(connection, run_id, worker_id, MOST_LOSSES)
    if run is None or status is None:
        return
    if status.is_final:
        dispatch.after_end(connection, run)
    elif run.cancel_asked_at is not None:
        ledger.cancel(connection, run_id, status, "canceled by a caller")
        dispatch.after_end(connection, run)
