"""How fast runs start and go through, beside DBOS alone on the same kind of database."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

from backline.db import Database, connect
from backline.engine import Bell, Dispatch, RunQueue, open_relay, prepare_engine_tables
from backline.migrations import migrate
from backline.runs import NewRun, Run, queries

STARTS = 60
RUNS = 300

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
print(count / (time.monotonic() - begun))
DBOS.destroy()
"""


def main() -> None:
    """Print the figures of the engine on SQLite."""
    with tempfile.TemporaryDirectory(prefix="backline-bench-") as name:
        folder = Path(name)
        starts_ms, triggers, batched, through = _measure(folder)
        bare = _bare_runs_per_second(folder)
    p50, p95 = median(starts_ms), quantiles(starts_ms, n=20)[-1]
    print(f"trigger to start, another process: p50 {p50:.0f} ms, p95 {p95:.0f} ms (aim 25 ms p50)")
    print(
        f"triggers: {triggers:.0f}/s one by one, {batched:.0f}/s in a batch ({batched / triggers:.1f} x)"
    )
    print(
        f"no-op runs through, a process each: {through:.0f}/s; bare DBOS, no process: {bare:.0f}/s "
        f"({through / bare:.2f} x, aim 0.7 x)"
    )


def _measure(folder: Path) -> tuple[list[int], float, float, float]:
    database = connect(f"sqlite:///{folder / 'backline.db'}")
    migrate(database)
    prepare_engine_tables(database)
    bell, queue = Bell(), RunQueue(database)
    relay = open_relay(bell, database)
    relay.start(listening=False)
    dispatch = Dispatch(database, queue, bell)
    worker = _start_worker(folder)
    try:
        starts = [_start_ms(database, dispatch) for _ in range(STARTS)]
        begun = time.monotonic()
        singles = [dispatch.trigger(_order()).run_id for _ in range(RUNS)]
        triggers = RUNS / (time.monotonic() - begun)
        for run_id in singles:
            _ended(database, run_id)
        begun = time.monotonic()
        batch = dispatch.trigger_batch([_order() for _ in range(RUNS)])
        batched = RUNS / (time.monotonic() - begun)
        for one in batch.triggered:
            _ended(database, one.run_id)
        through = RUNS / (time.monotonic() - begun)
    finally:
        worker.terminate()
        worker.wait()
        relay.close()
        queue.close()
        database.close()
    return starts, triggers, batched, through


def _start_worker(folder: Path) -> subprocess.Popen[str]:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "BACKLINE_DATA_DIR": str(folder),
        "BACKLINE_TASKS": "backline.examples",
    }
    worker = subprocess.Popen(
        [sys.executable, "-m", "backline.cli", "worker"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert worker.stdout is not None
    assert worker.stdout.readline().startswith("ready")
    return worker


def _order() -> NewRun:
    return NewRun(account_id="bench", task_identifier="hello-world", payload=1)


def _start_ms(database: Database, dispatch: Dispatch) -> int:
    run = _ended(database, dispatch.trigger(_order()).run_id)
    time.sleep(0.03)
    return (run.started_at or 0) - run.created_at


def _ended(database: Database, run_id: str) -> Run:
    while True:
        with database.read() as connection:
            run = queries.find_run(connection, run_id)
        if run is not None and run.status.is_final:
            return run
        time.sleep(0.002)


def _bare_runs_per_second(folder: Path) -> float:
    script = folder / "bare.py"
    script.write_text(_BARE)
    url = f"sqlite:///{folder / 'bare.db'}"
    printed = subprocess.run(
        [sys.executable, str(script), url, str(RUNS)], capture_output=True, text=True, check=True
    )
    return float(printed.stdout.split()[-1])
