"""What becomes of runs whose worker ends, with real processes, on both databases."""

from __future__ import annotations

import ctypes
import signal
from pathlib import Path

import msgspec

from backline.db import Database
from backline.engine import Dispatch
from backline.runs import RunStatus, queries
from backline.settings import Settings
from tests.engine.outcomes import order, words
from tests.processes import eventually, is_alive, worker


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


def test_a_signal_that_another_thread_gets_stops_the_worker(settings: Settings) -> None:
    """The kernel may choose any thread, and does so while a debugger holds the main one."""
    with worker(settings) as process:
        threads = {int(path.name) for path in Path(f"/proc/{process.pid}/task").iterdir()}
        ctypes.CDLL(None).tgkill(process.pid, max(threads - {process.pid}), signal.SIGTERM)
        eventually(lambda: not is_alive(process.pid))
        assert process.stop() == 0
