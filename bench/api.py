"""GET /api/tasks/runs under wrk: requests a second on one core, and what a larger ledger costs."""

from __future__ import annotations

import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import sqlalchemy as sa

from backline.accounts import add_account, issue_key
from backline.db import Database
from backline.ids import new_id
from backline.runs import NewRun, RunStatus, ledger
from backline.runs.tables import runs
from backline.settings import Settings, read_settings
from bench.stage.databases import KINDS, empty_database, folder, ready_database
from bench.stage.workers import cpu_seconds

SIZES = (1_000, 100_000, 1_000_000)
RUNS_LISTED = 20
ACCOUNTS = 50
"""Even the smallest ledger has a full list for each."""
CONNECTIONS, SECONDS, ROUNDS = 16, 3, 3
LEAST_RATIO = 0.9
CHUNK = 20_000

RUN_PINNED = """
import os, runpy, sys
os.sched_setaffinity(0, {int(sys.argv.pop(1))})
runpy.run_module("backline.cli", run_name="__main__", alter_sys=True)
"""

ASK_IN_TURN = """
local asks, turn = {}, 0
for line in io.lines(os.getenv("ASKS")) do asks[#asks + 1] = {line:match("(%S+) (%S+)")} end
request = function()
  turn = turn % #asks + 1
  return wrk.format("GET", asks[turn][2], {["x-api-key"] = asks[turn][1]})
end
done = function(summary)
  if summary.errors.status > 0 then io.write("REFUSED\\n") end
end
"""


def main() -> None:
    if shutil.which("wrk") is None:
        print("  left out: wrk is not installed (apt-get install wrk)")
        return
    for kind in KINDS:
        with ExitStack() as stack:
            servers = {
                size: stack.enter_context(serving(filled(stack, kind, size))) for size in SIZES
            }
            for asks in ("list", "retrieve"):
                tell(kind, asks, servers)


def tell(kind: str, asks: str, servers: dict[int, Server]) -> None:
    """Measure all sizes in turn, and print how fast the largest is beside the smallest."""
    rounds = [{size: measure(one, asks) for size, one in servers.items()} for _ in range(ROUNDS)]
    fastest = max(of[SIZES[-1]].per_second for of in rounds)
    print(f"  {kind}: {asks}, {SIZES[-1]:,} runs: {fastest:,.0f} requests/s on one core")
    # Compared by the server's own processor time, which others on the machine disturb less.
    best = {size: max(of[size].per_cpu_second for of in rounds) for size in SIZES}
    for size in SIZES[1:]:
        ratio = best[size] / best[SIZES[0]]
        verdict = "ok" if ratio >= LEAST_RATIO else "UNDER"
        print(
            f"    {size:>9,} against {SIZES[0]:,} runs: {ratio:.2f} x"
            f" (at least {LEAST_RATIO} x: {verdict})",
            flush=True,
        )


def filled(stack: ExitStack, kind: str, size: int) -> Settings:
    """Make a ledger of finished runs, and files of what to ask it for."""
    place = stack.enter_context(folder())
    url = stack.enter_context(empty_database(kind, place))
    settings = read_settings({}, data_dir=place / "data", database_url=url)
    settings.data_dir.mkdir(exist_ok=True)
    with ready_database(url) as database:
        keys = enter_accounts(database, settings)
        ids = fill(database, list(keys), size)
    write_asks(settings.data_dir, keys, ids)
    return settings


def enter_accounts(database: Database, settings: Settings) -> dict[str, str]:
    """Make accounts and return their keys by account id."""
    keys = {}
    with database.write() as connection:
        for number in range(ACCOUNTS):
            owner = add_account(connection, kind="person", name=f"Account {number}")
            keys[owner.id] = issue_key(connection, settings.secret, owner.id, name="k")[0]
    return keys


def write_asks(place: Path, keys: dict[str, str], ids: list[tuple[str, str]]) -> None:
    """Write a line per request, key and path: every account's list, and runs here and there."""
    lists = [f"{key} /api/tasks/runs" for key in keys.values()]
    runs_asked = [f"{keys[owner]} /api/tasks/runs?runId={run_id}" for run_id, owner in ids]
    (place / "list").write_text("\n".join(lists))
    (place / "retrieve").write_text("\n".join(runs_asked))


def fill(database: Database, owners: list[str], size: int) -> list[tuple[str, str]]:
    """Write copies of one finished run, spread over a month. Returns some ids and their owners."""
    pattern = finished_run(database, owners[0])
    names = list(pattern)
    apart_ms = 30 * 24 * 3600 * 1000 // size
    begun = pattern["created_at"] - 30 * 24 * 3600 * 1000
    some: list[tuple[str, str]] = []
    for start in range(0, size, CHUNK):
        rows = []
        for number in range(start, min(start + CHUNK, size)):
            created = begun + number * apart_ms
            run_id, owner = new_id("run", created), owners[number % len(owners)]
            own = {"id": run_id, "root_id": run_id, "account_id": owner, "created_at": created}
            rows.append(tuple((pattern | own)[name] for name in names))
            if number % (size // 1_000) == 0:
                some.append((run_id, owner))
        copy_in(database, names, rows)
    return some


def finished_run(database: Database, owner_id: str) -> dict[str, object]:
    """Write one run with everything that a made video has, and return its row."""
    with database.write() as connection:
        run_id = ledger.open_run(connection, order(owner_id), RunStatus.QUEUED)
        connection.execute(
            sa.update(runs)
            .where(runs.c.id == run_id)
            .values(
                status=RunStatus.COMPLETED.value,
                version="20261123.1",
                started_at=runs.c.created_at + 1_234,
                finished_at=runs.c.created_at + 21_987,
                duration_ms=20_753,
                output='{"captionText":"' + "x" * 800 + '"}',
            )
        )
        row = connection.execute(sa.select(runs).where(runs.c.id == run_id)).one()
    return dict(row._mapping)


def order(owner_id: str) -> NewRun:
    metadata = {"currentStep": "store", "progress": 1.0, "logs": ["listen", "caption", "render"]}
    payload = {"songs": ["file_01jd0000000000000000000000"], "seed": 7, "caption": "x" * 300}
    return NewRun(
        account_id=owner_id,
        task_identifier="create-content",
        payload=payload,
        metadata=metadata,
        tags=("artist:4cfdc117-6986-458c-968f-f4f42344bef7",),
    )


def copy_in(database: Database, names: list[str], rows: list[tuple[object, ...]]) -> None:
    """Insert many rows in the quickest way that each database has."""
    url = database.engine.url
    if database.is_embedded:
        marks = ", ".join("?" for _ in names)
        with closing(sqlite3.connect(url.database or "")) as connection, connection:
            connection.executemany(f"INSERT INTO runs ({', '.join(names)}) VALUES ({marks})", rows)
        return
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    statement = f"COPY runs ({', '.join(names)}) FROM STDIN"
    with (
        psycopg.connect(address) as connection,
        connection.cursor() as cursor,
        cursor.copy(statement) as copy,
    ):
        for row in rows:
            copy.write_row(row)


@dataclass(frozen=True)
class Server:
    """A running server, and where it is written what to ask."""

    url: str
    pid: int
    folder: Path


@contextmanager
def serving(settings: Settings) -> Iterator[Server]:
    """Run a server on the first core while the block lasts."""
    command = [sys.executable, "-c", RUN_PINNED, str(first_core()), "server"]
    command += ["--port", str(free_port()), "--data", str(settings.data_dir)]
    clean = {name: v for name, v in os.environ.items() if not name.startswith("BACKLINE_")}
    clean["BACKLINE_DATABASE_URL"] = settings.database_url
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


def measure(server: Server, asks: str) -> Rate:
    """Let 16 connections ask as all accounts in turn."""
    script = server.folder / "ask.lua"
    script.write_text(ASK_IN_TURN)
    before = cpu_seconds(server.pid)
    told = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", str(script), server.url],
        env=os.environ | {"ASKS": str(server.folder / asks)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    used = cpu_seconds(server.pid) - before
    rate = re.search(r"Requests/sec:\s+([\d.]+)", told)
    count = re.search(r"(\d+) requests in", told)
    assert rate is not None and count is not None and "REFUSED" not in told, told
    return Rate(float(rate[1]), int(count[1]) / used)


def first_core() -> int:
    return min(os.sched_getaffinity(0))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    main()
