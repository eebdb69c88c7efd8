"""Lives on a small disk until it is full, and prints as JSON what that was like.

Started by the test beside it in a mount namespace of its own, where a small
disk may be mounted. Argument: the mount point.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from backline.db import connect
from backline.engine import prepare_engine_tables
from backline.migrations import migrate
from backline.runs import queries
from tests.cast import enter_cast, settings_in
from tests.processes import Process, backline, eventually, final_run, free_port, worker

DISK_MEGABYTES = 24
LARGE = "x" * 1_000_000
"""More than fits into what SQLite has of the disk already."""


def main(disk: Path) -> None:
    """Play all of it."""
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_MEGABYTES}m", "tmpfs", str(disk)], check=True
    )
    settings = settings_in(disk / "data")
    database = connect(settings.database_url)
    migrate(database)
    prepare_engine_tables(database)
    alice = enter_cast(database, settings).alice
    port = free_port()

    def trigger(payload: Any, task: str = "hello-world") -> httpx.Response:
        return httpx.post(
            f"http://127.0.0.1:{port}/api/tasks/runs",
            headers={"x-api-key": alice.api_key},
            json={"taskIdentifier": task, "payload": payload},
            timeout=60,
        )

    with serving(settings, port), worker(settings) as at_work:
        signs = disk.parent
        early = trigger(str(signs), "returns-much-when-told").json()["runId"]
        eventually((signs / "began").exists)
        with full(disk):
            refused = trigger(LARGE)
            listed = httpx.get(
                f"http://127.0.0.1:{port}/api/tasks/runs", headers={"x-api-key": alice.api_key}
            )
            (signs / "go").touch()
            eventually(lambda: heard(at_work, "the database does not answer"))
            with database.read() as connection:
                meanwhile = queries.find_run(connection, early)
        late = trigger(LARGE).json()["runId"]
        ends = [final_run(database, run_id) for run_id in (early, late)]
    print(
        json.dumps(
            {
                "refused": [refused.status_code, refused.json(), dict(refused.headers)],
                "listed": listed.status_code,
                "meanwhile": meanwhile and meanwhile.status,
                "ends": [[run.status, run.attempt_count, len(run.output or "")] for run in ends],
            }
        )
    )


@contextmanager
def serving(settings: Any, port: int) -> Iterator[None]:
    with backline(settings, "server", "--port", str(port)) as process:
        process.wait_until_ready()
        yield


@contextmanager
def full(disk: Path) -> Iterator[None]:
    """Leave no byte free while the block lasts."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1_000_000, 1_000, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue
    yield
    filler.unlink()


def heard(process: Process, words: str) -> bool:
    """Read on in what the worker says until the words come."""
    line = process.next_line()
    return words in line


if __name__ == "__main__":
    main(Path(sys.argv[1]))
