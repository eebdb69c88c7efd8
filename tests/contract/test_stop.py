"""A server that is told to stop does, whoever still follows a run."""

from __future__ import annotations

from pathlib import Path

import httpx

from backline.db import connect
from backline.runs import NewRun, RunStatus, ledger
from tests.cast import enter_cast, settings_in
from tests.processes import backline, free_port


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
