"""A real worker for benches, ended with them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TASKS = "bench.stage.tasks"


@contextmanager
def working(place: Path, url: str) -> Iterator[int]:
    """Let a worker work on the database, with its data in the folder; yields its process id."""
    worker = _start(place, url)
    try:
        yield worker.pid
    finally:
        worker.terminate()
        worker.wait()


def _start(place: Path, url: str) -> subprocess.Popen[str]:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(place),
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "BACKLINE_DATA_DIR": str(place / "data"),
        "BACKLINE_DATABASE_URL": url,
        "BACKLINE_TASKS": f"backline.examples,{TASKS}",
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


def cpu_seconds(pid: int) -> float:
    """Return the processor time of a process and its children so far."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own = (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")
    return own + sum(cpu_seconds(int(child)) for child in children)
