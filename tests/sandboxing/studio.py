"""Sandbox tasks in a test: the real tasks, desk, database, storage and walls, without a worker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from backline.db import Database
from backline.runs import NewRun, queries
from backline.sandboxing import tasks
from backline.sandboxing.desk import SandboxDesk
from backline.sdk import RunFacts
from backline.settings import Settings
from backline.storage import open_store
from backline.testing import InlineRun, run_inline
from tests.dispatching import dispatching


class Studio:
    """Performs sandbox tasks for one account, one after another."""

    def __init__(
        self, settings: Settings, database: Database, account_id: str, folder: Path
    ) -> None:
        self.settings = msgspec.structs.replace(settings, sandbox_dir=folder / "homes")
        self.database = database
        self.account_id = account_id
        self.folder = folder
        self.files: dict[str, Path] = {}
        self.stranger_id = ""

    def run(self, script: str, **order: Any) -> dict[str, Any]:
        """Run a shell script in the account's sandbox and return the run's output."""
        ended = self.perform(tasks.run_sandbox_command, {"command": script, "shell": True, **order})
        output: dict[str, Any] = ended.output
        return output

    def set_up(self, **order: Any) -> dict[str, Any]:
        """Lay the home out and return the run's output."""
        output: dict[str, Any] = self.perform(tasks.setup_sandbox, order).output
        return output

    def perform(self, task: Any, payload: dict[str, Any]) -> InlineRun:
        """Perform a task under a run of its own in the ledger."""
        order = NewRun(account_id=self.account_id, task_identifier=task.identifier, payload=payload)
        with dispatching(self.database) as dispatch:
            run_id = dispatch.trigger(order).run_id
        with self.database.read() as connection:
            run = queries.find_run(connection, run_id)
        assert run is not None
        desk = SandboxDesk(self.settings, self.database, open_store(self.settings.storage_url))
        workdir = self.folder / run_id
        workdir.mkdir()
        return run_inline(
            task,
            payload,
            files=self.files,
            workdir=workdir,
            services={"sandbox": lambda question: desk(run, question, self.folder)},
            run=RunFacts(id=run_id, task_identifier=task.identifier, account_id=self.account_id),
        )
