"""How fast runs start, go through and keep steps, beside DBOS alone on the same kind of database."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from backline.db import Database
from backline.engine import Dispatch
from backline.runs import NewRun, Run, RunStatus, queries
from bench.stage.databases import KINDS, empty_database, folder, ready_database
from bench.stage.workers import working
from tests.dispatching import dispatching

STARTS = 60
RUNS = 200
ROUNDS = 3
"""Ours and bare DBOS take turns, so that whatever else the machine does disturbs both."""
STEPS = 200
IDLE_SECONDS = 0.1
"""Before a start is measured: the worker is idle then, its last run recorded everywhere."""
LOOK_SECONDS = 0.03
"""How often we look whether a run has ended: more often, and looking is what is measured."""

_BARE = """
import sys, time
import sqlalchemy as sa
from dbos import DBOS, DBOSConfig

url, count = sys.argv[1], int(sys.argv[2])
DBOS(config={"name": "bare", "system_database_url": url, "log_level": "ERROR"})

@DBOS.workflow()
def nothing(number: int) -> int:
    return number

DBOS.launch()
DBOS.register_queue("bare", worker_concurrency=2, polling_interval_sec=0.01)
time.sleep(2.5)
queue = DBOS.retrieve_queue("bare")
begun = time.monotonic()
handles = [queue.enqueue(nothing, number) for number in range(count)]
for handle in handles:
    handle.get_result()
print(count / (time.monotonic() - begun), flush=True)
DBOS.destroy()
"""


def main() -> None:
    """Print the figures of the engine on SQLite and on Postgres."""
    for kind in KINDS:
        with (
            folder() as place,
            empty_database(kind, place / "ours") as url,
            empty_database(kind, place / "bare") as bare_url,
            ready_database(url) as database,
            dispatching(database) as dispatch,
            working(place, url),
        ):
            print(f"  {kind}")
            _tell_starts(database, dispatch)
            _tell_triggers(database, dispatch)
            _tell_through(database, dispatch, place, bare_url)
            _tell_steps(database, dispatch)


def _tell_starts(database: Database, dispatch: Dispatch) -> None:
    starts_ms = [_start_ms(database, dispatch) for _ in range(STARTS)]
    p50, p95 = median(starts_ms), quantiles(starts_ms, n=20)[-1]
    print(
        f"    trigger to start, another process: p50 {p50:.0f} ms, p95 {p95:.0f} ms (aim 25 ms p50)"
    )


def _tell_triggers(database: Database, dispatch: Dispatch) -> None:
    begun = time.monotonic()
    singles = [dispatch.trigger(_order()).run_id for _ in range(RUNS)]
    one_by_one = RUNS / (time.monotonic() - begun)
    _all_ended(database, singles)
    begun = time.monotonic()
    batch = dispatch.trigger_batch([_order() for _ in range(RUNS)])
    batched = RUNS / (time.monotonic() - begun)
    _all_ended(database, [one.run_id for one in batch.triggered])
    ratio = batched / one_by_one
    print(
        f"    triggers: {one_by_one:.0f}/s one by one, {batched:.0f}/s in a batch ({ratio:.1f} x)"
    )


def _tell_through(database: Database, dispatch: Dispatch, place: Path, bare_url: str) -> None:
    ours, bare = [], []
    for _ in range(ROUNDS):
        ours.append(_through(database, dispatch))
        bare.append(_bare_runs_per_second(place, bare_url))
    ratio = median(ours) / median(bare)
    print(
        f"    no-op runs through, a process each: {median(ours):.0f}/s; bare DBOS, no process:"
        f" {median(bare):.0f}/s ({ratio:.2f} x, aim 0.7 x)"
    )


def _through(database: Database, dispatch: Dispatch) -> float:
    begun = time.monotonic()
    batch = dispatch.trigger_batch([_order() for _ in range(RUNS)])
    _all_ended(database, [one.run_id for one in batch.triggered])
    return RUNS / (time.monotonic() - begun)


def _tell_steps(database: Database, dispatch: Dispatch) -> None:
    """Compare a run of many small steps with the same run without steps."""
    ms = {
        count: median(
            _ended(database, dispatch.trigger(_order("takes-steps", count)).run_id).duration_ms
            for _ in range(5)
        )
        for count in (0, STEPS)
    }
    each = (ms[STEPS] - ms[0]) / STEPS
    print(f"    a run of {STEPS} steps: {each:.2f} ms per step, each a transaction of its own")


def _order(task: str = "does-nothing", payload: Any = 1) -> NewRun:
    return NewRun(account_id="bench", task_identifier=task, payload=payload)


def _start_ms(database: Database, dispatch: Dispatch) -> int:
    time.sleep(IDLE_SECONDS)
    run = _ended(database, dispatch.trigger(_order()).run_id)
    return (run.started_at or 0) - run.created_at


def _ended(database: Database, run_id: str) -> Run:
    while True:
        with database.read() as connection:
            run = queries.find_run(connection, run_id)
        if run is not None and run.status.is_final:
            assert run.status is RunStatus.COMPLETED, run.error
            return run
        time.sleep(LOOK_SECONDS)


def _all_ended(database: Database, run_ids: list[str]) -> None:
    """Wait for all; they end about in order, so that the last one is looked at the longest."""
    for run_id in reversed(run_ids):
        _ended(database, run_id)


def _bare_runs_per_second(place: Path, url: str) -> float:
    script = place / "bare.py"
    script.write_text(_BARE)
    printed = subprocess.run(
        [sys.executable, str(script), url, str(RUNS)], capture_output=True, text=True, check=True
    )
    return float(printed.stdout.split()[-1])
