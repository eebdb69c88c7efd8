"""GET /api/tasks/runs under wrk: requests a second on one core, and what a larger ledger costs."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import sqlalchemy as sa

from backline.accounts import add_account, issue_key
from backline.db import connect
from backline.engine import prepare_engine_tables
from backline.migrations import migrate
from backline.runs import NewRun, RunStatus, ledger
from backline.runs.tables import runs
from backline.settings import Settings, read_settings

SMALL, LARGE = 1_000, 100_000
RUNS_LISTED = 20
ACCOUNTS = {SMALL: SMALL // RUNS_LISTED, LARGE: 100}
"""However small the ledger is, each account has a full list."""
CONNECTIONS, SECONDS, ROUNDS = 16, 4, 4
LEAST_RATE, LEAST_RATIO = 3_000, 0.9

RUN_PINNED = """
import os, runpy, sys
os.sched_setaffinity(0, {int(sys.argv.pop(1))})
runpy.run_module("backline.cli", run_name="__main__", alter_sys=True)
"""

ASK_IN_TURN = """
local keys, turn = {}, 0
for key in io.lines(os.getenv("KEYS")) do keys[#keys + 1] = key end
request = function()
  turn = turn % #keys + 1
  return wrk.format("GET", "/api/tasks/runs", {["x-api-key"] = keys[turn]})
end
done = function(summary)
  if summary.errors.status > 0 then io.write("REFUSED\\n") end
end
"""


def main() -> None:
    if shutil.which("wrk") is None:
        print("  left out: wrk is not installed (apt-get install wrk)")
        return
    with tempfile.TemporaryDirectory(prefix="backline-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        servers = {}
        for size in (SMALL, LARGE):
            settings = read_settings({}, data_dir=folder / str(size))
            fill(settings, size)
            servers[size] = stack.enter_context(serving(settings))
        best = dict.fromkeys(servers, 0.0)
        # In turn, so that a machine which is busy for a while is busy for both.
        for _ in range(ROUNDS):
            for size, url in servers.items():
                best[size] = max(best[size], rate(url, folder / str(size)))
    report(f"listing {RUNS_LISTED} of {LARGE:,} runs", best[LARGE], "req/s", LEAST_RATE)
    report(f"{LARGE:,} runs against {SMALL:,}", best[LARGE] / best[SMALL], "x", LEAST_RATIO)


def report(what: str, value: float, unit: str, least: float) -> None:
    verdict = "ok" if value >= least else "UNDER"
    print(f"  {what:<42} {value:8.2f} {unit:<12} (at least {least:g}: {verdict})", flush=True)


def fill(settings: Settings, size: int) -> None:
    """Write finished runs into a new ledger, spread over a month, and their owners' keys to a file."""
    database = connect(settings.database_url)
    migrate(database)
    prepare_engine_tables(database)
    keys = []
    with database.write() as connection:
        for number in range(ACCOUNTS[size]):
            owner = add_account(connection, kind="person", name=f"Account {number}")
            keys.append((owner.id, issue_key(connection, settings.secret, owner.id, name="k")[0]))
        for number in range(size):
            owner_id = keys[number % len(keys)][0]
            ledger.open_run(connection, order(owner_id, number), RunStatus.QUEUED)
        connection.execute(finish_all(size))
    database.close()
    (settings.data_dir / "keys").write_text("\n".join(key for _, key in keys))


def order(owner_id: str, number: int) -> NewRun:
    metadata = {"currentStep": "store", "progress": 1.0, "logs": ["listen", "caption", "render"]}
    payload = {"songs": ["file_01jd0000000000000000000000"], "seed": number, "caption": "x" * 300}
    return NewRun(
        account_id=owner_id,
        task_identifier="create-content",
        payload=payload,
        metadata=metadata,
        tags=("artist:4cfdc117-6986-458c-968f-f4f42344bef7",),
    )


def finish_all(size: int) -> sa.Update:
    """Give every run dates of its own: one every so often within the last month."""
    apart_ms = 30 * 24 * 3600 * 1000 // size
    created = runs.c.created_at - (sa.literal_column("rowid") % size) * apart_ms
    return sa.update(runs).values(
        status=RunStatus.COMPLETED.value,
        version="20261123.1",
        created_at=created,
        started_at=created + 1_234,
        updated_at=created + 21_987,
        finished_at=created + 21_987,
        duration_ms=20_753,
        output='{"captionText":"' + "x" * 800 + '"}',
    )


@contextmanager
def serving(settings: Settings) -> Iterator[str]:
    """Run a server on the first core while the block lasts, and return its URL."""
    command = [sys.executable, "-c", RUN_PINNED, str(first_core()), "server"]
    command += ["--port", str(free_port()), "--data", str(settings.data_dir)]
    clean = {name: v for name, v in os.environ.items() if not name.startswith("BACKLINE_")}
    process = subprocess.Popen(command, env=clean, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = next(line for line in process.stdout if line.startswith("ready"))
        yield line.split()[1]
    finally:
        process.terminate()
        process.wait()


def rate(url: str, folder: Path) -> float:
    """Return how many requests a second are answered to 16 connections that ask as all accounts."""
    script = folder / "ask.lua"
    script.write_text(ASK_IN_TURN)
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", str(script), url]
    told = subprocess.run(
        command,
        env=os.environ | {"KEYS": str(folder / "keys")},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = re.search(r"Requests/sec:\s+([\d.]+)", told)
    assert found is not None and "REFUSED" not in told, told
    return float(found[1])


def first_core() -> int:
    return min(os.sched_getaffinity(0))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    main()
