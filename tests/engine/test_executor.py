"""The executor by itself, with real processes below it, on both databases."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Any, cast

from backline.db import Database
from backline.engine import Bell, Dispatch, RunQueue
from backline.engine.executor import Executor
from backline.engine.verdict import Price
from backline.runs import NewRun, Worker, catalog
from backline.runtime import Child, Zygotes


class SlowZygotes(Zygotes):
    """Take their time to fork, as on a busy machine."""

    def fork(self, task_identifier: str) -> Child:
        time.sleep(0.5)
        return super().fork(task_identifier)


def test_a_run_that_the_engine_hands_over_twice_is_performed_once(
    database: Database, tmp_path: Path
) -> None:
    """A dead worker may leave two admissions behind, and both come to the next one."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[2])}
    zygotes = SlowZygotes([["tests.engine.stage"]], environment)
    queue, diary = RunQueue(database), tmp_path / "diary"
    dispatch = Dispatch(database, queue, Bell())
    executor = Executor(
        database,
        zygotes,
        dispatch,
        worker_id="worker_1",
        version="v1",
        slots=2,
        price=Price(0.0, 0.0),
        desk_of=lambda _: cast(Any, None),
        workroom=tmp_path / "work",
    )
    try:
        with database.exclusive() as connection:
            worker = Worker("worker_1", "elsewhere", "1:1", "v1", 2, 0, 0)
            catalog.announce(connection, worker, zygotes.tasks.values())
        new = NewRun(account_id="alice", task_identifier="two-steps", payload={"path": str(diary)})
        run_id = dispatch.trigger(new).run_id
        threads = [threading.Thread(target=executor.perform, args=(run_id,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert diary.read_text().count("first") == 1
    finally:
        zygotes.close()
        queue.close()
