"""What tests of the engine order, and what they read of its outcome."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from backline.db import Database
from backline.runs import NewRun, Run, RunStatus, queries


def order(task: str, payload: Any = None, account_id: str = "alice", **more: Any) -> NewRun:
    """Return the order of a run, Alice's unless another is named."""
    return NewRun(account_id=account_id, task_identifier=task, payload=payload, **more)


def read(database: Database, run_id: str) -> Run:
    """Return a run as it stands."""
    with database.read() as connection:
        run = queries.find_run(connection, run_id)
    assert run is not None
    return run


def output(run: Run) -> Any:
    """Return what a completed run brought."""
    assert run.status is RunStatus.COMPLETED, run.error
    return msgspec.json.decode(run.output or "null")


def error(run: Run) -> dict[str, str]:
    """Return a run's error, or nothing."""
    decoded: dict[str, str] = msgspec.json.decode(run.error or "{}")
    return decoded


def words(diary: Path) -> list[str]:
    """Return the first word of each line that a task wrote."""
    return [line.split()[0] for line in diary.read_text().splitlines()] if diary.exists() else []
