"""The worker: puts engine, storage and accounts together, and performs runs until stopped."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from backline.accounts import load_reach, may_work_for
from backline.content.analysis_desk import SERVICE as ANALYSES
from backline.content.analysis_desk import AnalysisDesk, forget_analyses
from backline.content.providers.desk import ProviderDesk
from backline.db import Database, connect
from backline.engine import (
    Bell,
    Retention,
    RunQueue,
    Supervisor,
    open_relay,
    prepare_engine_tables,
)
from backline.errors import AbortRun
from backline.files import Shelf
from backline.ids import AccountId, FileId
from backline.migrations import migrate
from backline.rounds import going_round
from backline.runs import Run
from backline.sandboxing.desk import SandboxDesk
from backline.sandboxing.sweeping import Sweeper
from backline.sdk import StoredFile
from backline.settings import Settings
from backline.storage import Store, open_store

BUILT_IN_TASKS = {"content": "backline.content.tasks", "sandbox": "backline.sandboxing.tasks"}
"""The modules of backline's own tasks, by the names that settings know them under."""


Service = Callable[[Run, Any, Path], Any]
"""Answers a question of a run's task; raises ``AbortRun`` to refuse.

The last value is the run's workdir: no file outside it may be read or written for the task.
"""


class RunDesk:
    """Lends an account's files to one of its runs, shelves what it makes, and knows the services."""

    def __init__(
        self, database: Database, shelf: Shelf, services: Mapping[str, Service], run: Run
    ) -> None:
        self._database = database
        self._shelf = shelf
        self._services = services
        self._run = run

    def lend(self, file_id: FileId, into: Path) -> Path:
        """Return a local path of the file.

        Raises ``AbortRun`` when the account may not use it, which sounds the same as no such file.
        """
        file = self._shelf.find(file_id)
        if file is None or not self._may_use(file.account_id):
            raise AbortRun(f"file {file_id} is not there: upload it with POST /api/files first")
        return self._shelf.bring(file, into)

    def _may_use(self, owner_id: AccountId) -> bool:
        if owner_id == self._run.account_id:
            return True
        with self._database.read() as connection:
            return may_work_for(load_reach(connection, self._run.account_id), owner_id)

    def take(self, path: Path, file_name: str, mime_type: str) -> StoredFile:
        """Put a file on the account's shelf."""
        file = self._shelf.save(
            path,
            account_id=self._run.account_id,
            file_name=file_name,
            mime_type=mime_type,
            run_id=self._run.id,
        )
        return self._shelf.describe(file)

    def ask(self, service: str, request: Any, workdir: Path) -> Any:
        """Let a service answer. Raises ``AbortRun`` when there is none of that name."""
        answer = self._services.get(service)
        if answer is None:
            raise AbortRun(
                f"this worker offers no service {service!r}: it has {', '.join(sorted(self._services)) or 'none'}"
            )
        return answer(self._run, request, workdir)


@contextmanager
def working(settings: Settings, database: Database, bell: Bell) -> Iterator[Supervisor]:
    """Work while the block lasts; at its end the executing runs are handed back."""
    store = open_store(settings.storage_url)
    shelf = Shelf(database, store, settings)
    queue = RunQueue(database)
    services: dict[str, Service] = {
        "sandbox": SandboxDesk(settings, database, store),
        "providers": ProviderDesk(settings.providers),
        ANALYSES: AnalysisDesk(store),
    }
    supervisor = Supervisor(
        settings,
        database,
        queue,
        lambda run: RunDesk(database, shelf, services, run),
        bell,
        _module_groups(settings),
    )
    relay = open_relay(bell, database)
    supervisor.start()
    relay.start(listening=True)
    try:
        with ExitStack() as rounds:
            for what, sweep in _chores(settings, database, queue, shelf, store):
                rounds.enter_context(going_round(what, sweep))
            yield supervisor
    finally:
        supervisor.stop()
        relay.close()
        queue.close()


def _module_groups(settings: Settings) -> list[list[str]]:
    """Return the task modules, those of videos apart: loaded, they make every fork dear."""
    built_in = dict.fromkeys(settings.built_in_tasks)
    heavy = [BUILT_IN_TASKS[name] for name in built_in if name == "content"]
    others = [BUILT_IN_TASKS[name] for name in built_in if name != "content"]
    others += [name for name in settings.task_modules if name not in (*heavy, *others)]
    return [group for group in (heavy, others) if group]


def _chores(
    settings: Settings, database: Database, queue: RunQueue, shelf: Shelf, store: Store
) -> Iterator[tuple[str, Callable[[], int]]]:
    """Say what is cleared away by this worker, and how."""
    if "sandbox" in settings.built_in_tasks:
        yield "expired homes", Sweeper(database, store).sweep
    if settings.retention_days:
        forget_others = partial(forget_analyses, store)
        days = settings.retention_days
        yield "old runs", Retention(database, queue, shelf.forget_runs, days, forget_others).sweep


def open_database(settings: Settings) -> Database:
    """Connect, and bring the tables up to date."""
    database = connect(settings.database_url)
    migrate(database)
    prepare_engine_tables(database)
    return database


def run(settings: Settings) -> None:
    """Perform runs until SIGTERM or SIGINT. Prints ``ready`` once it takes work."""
    told_to_stop = _hear_signals()
    database = open_database(settings)
    with working(settings, database, Bell()) as supervisor:
        print(f"ready {supervisor.worker_id}", flush=True)  # noqa: T201 - scripts wait for it
        os.read(told_to_stop, 1)
    database.close()


def _hear_signals() -> int:
    """Return a descriptor that can be read from as soon as SIGTERM or SIGINT has come.

    The kernel may give a signal to any thread, and Python handles it in the main
    one, which would sleep on if it waited for anything else.
    """
    heard, written = os.pipe()
    os.set_blocking(written, False)
    signal.set_wakeup_fd(written)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    return heard
