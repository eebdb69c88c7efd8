"""What becomes of runs whose worker ends, with real processes, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from backline.db import Database
from backline.engine import Bell, Dispatch, RunQueue
from backline.runs import NewRun, Run, RunStatus, queries
from backline.settings import Settings
from tests.processes import eventually, is_alive, worker


@pytest.fixture
def dispatch(database: Database) -> Iterator[Dispatch]:
    queue = RunQueue(database)
    yield Dispatch(database, queue, Bell())
    queue.close()


def order(task: str, payload: Any = None, **more: Any) -> NewRun:
    return NewRun(account_id="alice", task_identifier=task, payload=payload, **more)


def output(run: Run) -> Any:
    assert run.status is RunStatus.COMPLETED, run.error
    return msgspec.json.decode(run.output or "null")


def error(run: Run) -> dict[str, str]:
    decoded: dict[str, str] = msgspec.json.decode(run.error or "{}")
    return decoded


def words(diary: Path) -> list[str]:
    return [line.split()[0] for line in diary.read_text().splitlines()] if diary.exists() else []


def test_programs_end_with_their_worker(
    database: Database, dispatch: Dispatch, settings: Settings, tmp_path: Path
) -> None:
    """After SIGKILL of the worker nothing that its runs started is left."""
    path = tmp_path / "pids"
    with worker(settings) as doomed:
        dispatch.trigger(order("starts-programs", {"path": str(path), "how": "sleeps"}))
        eventually(lambda: words(path))
        doomed.kill()
        for pid in path.read_text().split():
            eventually(lambda pid=int(pid): not is_alive(pid))


def test_tasks_clean_up_when_their_worker_stops(
    database: Database, dispatch: Dispatch, settings: Settings, tmp_path: Path
) -> None:
    """Their runs are not canceled but go on elsewhere, so only the cleanup is done."""
    diary = tmp_path / "diary"
    with worker(msgspec.structs.replace(settings, grace_seconds=0)) as leaving:
        payload = {"path": str(diary), "nap_seconds": 1}
        run_id = dispatch.trigger(order("tells-the-order", payload)).run_id
        eventually(lambda: "run" in words(diary))
        assert leaving.stop() == 0
    assert words(diary) == ["start", "run", "finally"]
    with database.read() as connection:
        run = queries.find_run(connection, run_id)
    assert run is not None and run.status is RunStatus.QUEUED
