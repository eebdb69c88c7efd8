from __future__ import annotations

import inspect
import threading

from dbos import DBOS, _queue, _sys_db, _workflow_commands

from backline.engine import spared


class SystemDatabase:
    """What of DBOS's is set aside."""

    def _is_latest_version(self, *_: object) -> bool:
        return True


class Engine:
    """A launched engine."""

    def __init__(self) -> None:
        self._background_jobs_stop_event = threading.Event()
        self._sys_db = SystemDatabase()


def test_nobody_looks_for_delays_of_dbos() -> None:
    """Its thread for them ends, as it does when the engine is destroyed."""
    engine = Engine()
    spared.spare(engine)  # type: ignore[arg-type]
    assert engine._background_jobs_stop_event.is_set()
    assert "args=(self._background_jobs_stop_event, self)" in inspect.getsource(DBOS._launch)
    assert "while not stop_event.is_set():" in inspect.getsource(
        _workflow_commands._run_background_jobs
    )


def test_no_poll_asks_for_the_newest_version() -> None:
    """It takes what names this worker's version, which every admission does."""
    engine = Engine()
    spared.spare(engine)  # type: ignore[arg-type]
    assert engine._sys_db._is_latest_version("1", None) is False
    asked = inspect.getsource(_sys_db.SystemDatabase.start_queued_workflows)
    assert "is_latest_version = self._is_latest_version(app_version, c)" in asked
    assert "start_queued_workflows" in inspect.getsource(_queue.queue_worker_thread)
