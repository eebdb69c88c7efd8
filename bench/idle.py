"""What a worker costs that has nothing to do, beside DBOS that polls one queue every second."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.stage.databases import KINDS, empty_database, folder, ready_database
from bench.stage.workers import cpu_seconds, working

CALM_SECONDS = 3.0
"""After a start, until everything that happens once has happened."""
SECONDS = 30.0

_BARE = """
import sys, threading
from dbos import DBOS, DBOSConfig

DBOS(config={"name": "bare", "system_database_url": sys.argv[1], "log_level": "ERROR"})
DBOS.launch()
DBOS.register_queue("bare", worker_concurrency=2, polling_interval_sec=1.0)
print("ready", flush=True)
threading.Event().wait()
"""


def main() -> None:
    """Print the share of a core that an idle worker takes, on SQLite and on Postgres."""
    for kind in KINDS:
        with (
            folder() as place,
            empty_database(kind, place / "ours") as url,
            empty_database(kind, place / "bare") as bare_url,
            ready_database(url),
            working(place, url) as ours,
            _bare(place, bare_url) as bare,
        ):
            shares = _shares(ours, bare)
            print(
                f"  {kind}: an idle worker takes {shares[0]:.2%} of a core (limit 2 %);"
                f" bare DBOS {shares[1]:.2%} ({shares[0] / shares[1]:.2f} x)"
            )


def _shares(*pids: int) -> list[float]:
    """Return which share of a core each of these processes takes, with its children."""
    time.sleep(CALM_SECONDS)
    before = [cpu_seconds(pid) for pid in pids]
    time.sleep(SECONDS)
    return [(cpu_seconds(pid) - then) / SECONDS for pid, then in zip(pids, before, strict=True)]


@contextmanager
def _bare(place: Path, url: str) -> Iterator[int]:
    script = place / "bare.py"
    script.write_text(_BARE)
    process = subprocess.Popen(
        [sys.executable, str(script), url], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process.pid
    finally:
        process.kill()
        process.wait()
