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
from dataclasses import dataclass
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
        servers: dict[int, Server] = {}
        for size in (SMALL, LARGE):
            settings = read_settings({}, data_dir=folder / str(size))
            fill(settings, size)
            servers[size] = stack.enter_context(serving(settings))
        rounds = [{size: measure(one) for size, one in servers.items()} for _ in range(ROUNDS)]
    large, small = ([of[size] for of in rounds] for size in (LARGE, SMALL))
    fastest = max(one.per_second for one in large)
    report(f"listing {RUNS_LISTED} of {LARGE:,} runs", fastest, "req/s", LEAST_RATE)
    most = max(one.per_cpu_second for one in large)
    print(f"    ({most:,.0f} for each second of the server's own processor time)")
    # Compared by that time, which others on the machine disturb less.
    ratio = most / max(one.per_cpu_second for one in small)
    report(f"{LARGE:,} runs against {SMALL:,}", ratio, "x", LEAST_RATIO)


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


@dataclass(frozen=True)
class Server:
    """A running server, and where the keys of its accounts lie."""

    url: str
    pid: int
    folder: Path


@contextmanager
def serving(settings: Settings) -> Iterator[Server]:
    """Run a server on the first core while the block lasts."""
    command = [sys.executable, "-c", RUN_PINNED, str(first_core()), "server"]
    command += ["--port", str(free_port()), "--data", str(settings.data_dir)]
    clean = {name: v for name, v in os.environ.items() if not name.startswith("BACKLINE_")}
    process = subprocess.Popen(command, env=clean, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = next(line for line in process.stdout if line.startswith("ready"))
        yield Server(line.split()[1], process.pid, settings.data_dir)
    finally:
        process.terminate()
        process.wait()


@dataclass(frozen=True)
class Rate:
    """How fast requests were answered, by the clock and by the server's processor time."""

    per_second: float
    per_cpu_second: float


def measure(server: Server) -> Rate:
    """Let 16 connections ask as all accounts in turn."""
    script = server.folder / "ask.lua"
    script.write_text(ASK_IN_TURN)
    before = cpu_seconds(server.pid)
    told = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", str(script), server.url],
        env=os.environ | {"KEYS": str(server.folder / "keys")},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    used = cpu_seconds(server.pid) - before
    rate = re.search(r"Requests/sec:\s+([\d.]+)", told)
    count = re.search(r"(\d+) requests in", told)
    assert rate is not None and count is not None and "REFUSED" not in told, told
    return Rate(float(rate[1]), int(count[1]) / used)


def cpu_seconds(pid: int) -> float:
    """Return the processor time of a process and its children so far."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own = (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")
    return own + sum(cpu_seconds(int(child)) for child in children)


def first_core() -> int:
    return min(os.sched_getaffinity(0))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    main()
