"""A command whose worker dies: it dies as well, and the next worker runs it on the home it began with."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from backline.db import Database
from backline.engine import Dispatch
from backline.runs import NewRun, RunStatus
from backline.settings import Settings
from tests.cast import Cast
from tests.processes import eventually, final_run, worker

SLEEP = "1000.919"


@pytest.fixture
def homes() -> Iterator[Path]:
    """A folder for homes that every user can pass through."""
    folder = Path(tempfile.mkdtemp(prefix="backline-homes-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def is_sleeping() -> bool:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if (folder / "cmdline").read_bytes() == f"sleep\0{SLEEP}\0".encode():
                return True
        except OSError:
            continue
    return False


def test_a_killed_workers_command_is_run_again_on_an_untouched_home(
    database: Database, settings: Settings, dispatch: Dispatch, cast: Cast, homes: Path
) -> None:
    """SIGKILL in the middle: nothing runs on, the lease is free, and what was half done is gone."""
    script = f"cat trace 2>/dev/null; echo begun > trace; sleep {SLEEP}"
    payload = {"command": script, "shell": True, "timeout": 3000}
    order = NewRun(
        account_id=cast.alice.account_id, task_identifier="run-sandbox-command", payload=payload
    )
    run_id = dispatch.trigger(order).run_id

    with worker(settings, built_in="sandbox", BACKLINE_SANDBOX_DIR=str(homes)) as doomed:
        eventually(is_sleeping)
        doomed.kill()
        eventually(lambda: not is_sleeping())
    with worker(settings, built_in="sandbox", BACKLINE_SANDBOX_DIR=str(homes)):
        run = final_run(database, run_id)

    assert run.status is RunStatus.COMPLETED, run.error
    output = msgspec.json.decode(run.output or "{}")
    assert output["stdout"] == ""
    assert output["timedOut"] is True
    assert [file["path"] for file in output["changedFiles"]] == ["trace"]
