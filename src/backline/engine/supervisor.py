"""One worker: claims runs, gives each a process of its own, and breathes.

The supervisor itself never runs a task's code. It holds DBOS, the zygotes from
which the runs' processes are forked, and a heartbeat by which others know that
it lives; at every beat it looks for workers that do not.
"""

from __future__ import annotations

import logging
import os
import shutil
import threading
import time
from collections.abc import Callable, Collection, Sequence

import sqlalchemy as sa
from dbos import DBOS, DBOSConfig

from backline.clock import now_ms, stopwatch
from backline.db import AWAY, Connection, Database, reason_of
from backline.engine.dispatch import Dispatch
from backline.engine.executor import Executor
from backline.engine.queue import SERIALIZER, WORKFLOW, WORKFLOW_VERSION, RunQueue, queue_names
from backline.engine.recovery import Departure, Strays, Watch, hand_back, this_process
from backline.engine.schema import APPLICATION, SCHEMA, engine_connections
from backline.engine.session import Desk
from backline.engine.spared import spare
from backline.engine.timekeeper import Timekeeper
from backline.engine.verdict import Price
from backline.engine.wakeup import DUE, Bell
from backline.errors import SetupError
from backline.ids import new_id
from backline.runs import Run, Worker, catalog, queries, schedules
from backline.runtime import Zygotes
from backline.sdk import TaskFacts
from backline.settings import Settings, environment_of_tasks

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 3.0
TIME_LOOK_SECONDS = 0.02
"""How close upon each other the looks at what is due may come; rings in between count as one."""
LAST_RECORDS_SECONDS = 5.0
"""How long a worker that stops waits for the engine's own last writes."""
MEMORY_LOOK_SECONDS = 0.5
"""How often the memory and the signs of life of executing runs are looked at."""


class Supervisor:
    """A worker process: `start` it, and `stop` it to hand its runs back."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        queue: RunQueue,
        desk_of: Callable[[Run], Desk],
        bell: Bell,
        module_groups: Sequence[Sequence[str]],
    ) -> None:
        """The runs of each group of task modules are forked from a parent of their own."""
        self._settings = settings
        self._database = database
        self._queue = queue
        self._desk_of = desk_of
        self._bell = bell
        self._module_groups = module_groups
        self._workrooms = settings.data_dir / "work"
        self._stopped = threading.Event()
        self.worker_id = new_id("worker")

    def start(self) -> None:
        """Import the tasks, announce them, and begin to claim runs."""
        self._dispatch = Dispatch(
            self._database,
            self._queue,
            self._bell,
            concurrency_limit=self._settings.concurrency_limit,
            run_base_cents=self._settings.run_base_cents,
        )
        self._zygotes = Zygotes(self._module_groups, environment_of_tasks(self._settings))
        self._executor = self._make_executor()
        self._connections = engine_connections(self._database)
        engine = self._launch_engine(self._connections)
        self._performed = engine._active_workflows_set.activeList
        self._strays = Strays(self._queue, self.worker_id, self._performed)
        self._watch = Watch(self._database, self._queue, self._dispatch, self.worker_id)
        self._announce()
        self._take_over()
        # What waited before this worker came has rung for others.
        self._bell.ring(queue_names(self._executor.version))
        self._threads = [
            threading.Thread(target=self._beat, name="heartbeat", daemon=True),
            threading.Thread(target=self._keep_time, name="timekeeper", daemon=True),
            threading.Thread(target=self._watch_memory, name="memory", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def _make_executor(self) -> Executor:
        return Executor(
            self._database,
            self._zygotes,
            self._dispatch,
            worker_id=self.worker_id,
            version=self._settings.version or self._zygotes.code_version,
            slots=self._settings.slots,
            price=Price(self._settings.vcpu_second_cents, self._settings.gigabyte_second_cents),
            desk_of=self._desk_of,
            workroom=self._workrooms / self.worker_id,
        )

    def _launch_engine(self, connections: sa.Engine) -> DBOS:
        config: DBOSConfig = {
            "name": APPLICATION,
            "system_database_engine": connections,
            "dbos_system_schema": SCHEMA,
            "executor_id": self.worker_id,
            "application_version": WORKFLOW_VERSION,
            "serializer": SERIALIZER,
            "run_migrations": False,
            "log_level": "WARNING",
            "max_executor_threads": self._settings.slots + 8,
            # We send no DBOS notifications; these pollers only need to exist, and to end soon.
            "notification_listener_polling_interval_sec": 0.5,
            "notification_coalesce_sec": 0.5,
            "scheduler_polling_interval_sec": 300.0,
        }
        engine = DBOS(config=config)
        # Without this a worker would also take what is bound to other versions.
        listened = queue_names(self._executor.version)
        self._bell.wake_engine(engine, listened, self._settings.slots)
        self._register_workflow()
        self._queue.set_up(self._executor.version)
        DBOS.listen_queues(listened)
        DBOS.launch()
        spare(engine)
        return engine

    def _register_workflow(self) -> None:
        executor, bell = self._executor, self._bell

        @DBOS.workflow(name=WORKFLOW)
        def perform(run_id: str) -> None:
            executor.perform(run_id)
            bell.free_slot(str(DBOS.workflow_id))

    def _announce(self) -> None:
        host, process = this_process()
        now = now_ms()
        worker = Worker(
            id=self.worker_id,
            host=host,
            process=process,
            version=self._executor.version,
            slots=self._settings.slots,
            started_at=now,
            heartbeat_at=now,
        )
        tasks = self._zygotes.tasks
        with self._dispatch.acting() as connection:
            catalog.announce(connection, worker, tasks.values())
            self._declare_schedules(connection, tasks.values())
            self._dispatch.admit(connection, list(tasks), self._executor.version)

    def _declare_schedules(self, connection: Connection, tasks: Collection[TaskFacts]) -> None:
        account_id = self._settings.schedule_account
        for facts in tasks:
            if facts.cron is not None and not account_id:
                raise SetupError(
                    f"task {facts.identifier!r} declares a schedule, and nobody says whose its runs"
                    " are: set BACKLINE_SCHEDULE_ACCOUNT to the id of an account"
                )
            schedules.declare(connection, facts, account_id, self._settings.environment)

    def _beat(self) -> None:
        while not self._stopped.wait(HEARTBEAT_SECONDS):
            try:
                self._beat_once()
            except AWAY as trouble:
                # The next beat tries again; a database that stays away makes others take over.
                log.warning("no heartbeat: %s", reason_of(trouble))
            except Exception:
                log.exception("a beat went wrong")

    def _beat_once(self) -> None:
        with self._database.write() as connection:
            is_listed = catalog.beat(connection, self.worker_id)
        if not is_listed or not self._zygotes.is_alive:
            log.error("worker %s was declared dead or lost its processes: stopping", self.worker_id)
            os._exit(1)
        self._take_over()
        self._strays.put_back()

    def _take_over(self) -> None:
        """Hand on the runs of workers that died, and clear away what they left on this disk."""
        for worker_id in self._watch.take_over():
            shutil.rmtree(self._workrooms / worker_id, ignore_errors=True)

    def _keep_time(self) -> None:
        """Move what falls due, and stop the runs that somebody canceled."""
        timekeeper = Timekeeper(self._database, self._dispatch)
        listen = self._bell.listener(self._stopped, DUE)
        seconds = 0.0
        while not listen(seconds) and not self._stopped.wait(TIME_LOOK_SECONDS):
            try:
                seconds = timekeeper.look()
                self._stop_canceled()
            except AWAY as trouble:
                log.warning("the timekeeper could not look: %s", reason_of(trouble))
                seconds = 1.0
            except Exception:
                log.exception("the timekeeper stumbled")
                seconds = 1.0

    def _watch_memory(self) -> None:
        while not self._stopped.wait(MEMORY_LOOK_SECONDS):
            self._executor.look_after()

    def _stop_canceled(self) -> None:
        if not self._performed():
            return
        with self._database.read() as connection:
            canceled = queries.to_be_stopped(connection, self.worker_id)
        for run_id in canceled:
            self._executor.stop_run(run_id)

    def _await_last_records(self) -> None:
        """Let the engine write what it knows of the runs that just ended or were left."""
        since = stopwatch()
        while self._performed() and since() < LAST_RECORDS_SECONDS * 1000:
            time.sleep(0.02)

    def stop(self) -> None:
        """Let executing runs end within the grace period, and hand the rest to whoever lives."""
        self._executor.drain(self._settings.grace_seconds)
        self._stopped.set()
        self._bell.ring([DUE])
        self._zygotes.close()
        self._await_last_records()
        DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=0)
        for thread in self._threads:
            thread.join()
        hand_back(self._queue, self._dispatch, self.worker_id, Departure.STOPPED)
        self._connections.dispose()
        shutil.rmtree(self._workrooms / self.worker_id, ignore_errors=True)
