"""A server that is told to stop does, and one that is killed leaves nobody behind."""

from __future__ import annotations

from pathlib import Path

import httpx

from backline.db import connect
from backline.runs import NewRun, RunStatus, ledger
from backline.runtime.processes import children_of
from tests.cast import enter_cast, settings_in
from tests.processes import backline, eventually, free_port, is_alive


def test_an_open_stream_does_not_keep_a_server_alive(sqlite_url: str, tmp_path: Path) -> None:
    """The follower's stream ends, and the server with it."""
    settings = settings_in(tmp_path / "data", database_url=sqlite_url)
    database = connect(sqlite_url)
    alice = enter_cast(database, settings).alice
    with database.write() as connection:
        new = NewRun(account_id=alice.account_id, task_identifier="sleep")
        run_id = ledger.open_run(connection, new, RunStatus.QUEUED)
    database.close()
    with (
        backline(settings, "server", "--port", str(free_port())) as process,
        httpx.Client(trust_env=False, headers={"x-api-key": alice.api_key}) as web,
    ):
        path = f"{process.wait_until_ready()}/api/tasks/runs/{run_id}/stream"
        with web.stream("GET", path, timeout=60) as answer:
            lines = answer.iter_lines()
            assert next(lines) == "event: run"
            assert process.stop() == 0
            assert "event: done" not in list(lines)


def test_a_killed_server_leaves_its_port_to_the_next(sqlite_url: str, tmp_path: Path) -> None:
    """The processes that answer end with the one that started them."""
    settings = settings_in(tmp_path / "data", database_url=sqlite_url)
    words = ("server", "--port", str(free_port()))
    with backline(settings, *words) as killed:
        killed.wait_until_ready()
        answering = children_of(killed.pid)
        killed.kill()
        eventually(lambda: not any(is_alive(pid) for pid in answering))
    with backline(settings, *words) as process:
        assert answering and process.wait_until_ready()
