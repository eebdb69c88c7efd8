"""The engine's one queue: what DBOS's client does for us, in our words.

A run lies in the queue as a workflow of the same id. All workers share one
queue and one workflow; our many named queues are decided in the ledger.
"""

from __future__ import annotations

from dbos import DBOSClient, EnqueueOptions
from dbos._serialization import DBOSPortableJSON

from backline.db import Connection, Database
from backline.engine.schema import APPLICATION, SCHEMA, engine_connections
from backline.ids import RunId

QUEUE = "runs"
WORKFLOW = "perform"
"""The engine's one workflow: perform the run of this id."""
WORKFLOW_VERSION = "1"
"""The shape of that workflow. Workers that share it may take over each other's runs."""

POLL_SECONDS = 0.25
"""How often an idle worker asks for work that nobody rang the bell for."""

SERIALIZER = DBOSPortableJSON
"""Plain JSON, so that nothing in the database is ever unpickled."""


class RunQueue:
    """Puts runs into the queue, and back into it when their worker is gone."""

    def __init__(self, database: Database) -> None:
        self._connections = engine_connections(database)
        self._client = DBOSClient(
            system_database_engine=self._connections,
            dbos_system_schema=SCHEMA,
            application_name=APPLICATION,
            serializer=SERIALIZER,
            lazy=True,
        )

    def set_up(self, slots: int) -> None:
        """Write the queue's limits down: how many runs a worker executes at once."""
        self._client.register_queue(
            QUEUE,
            worker_concurrency=slots,
            polling_interval_sec=POLL_SECONDS,
            on_conflict="always_update",
        )

    def put(self, connection: Connection, run_id: RunId) -> None:
        """Queue a run within the caller's transaction."""
        options: EnqueueOptions = {
            "queue_name": QUEUE,
            "workflow_name": WORKFLOW,
            "workflow_id": run_id,
            "app_version": WORKFLOW_VERSION,
        }
        self._client.enqueue_in_transaction(connection, options, run_id)

    def put_back(self, worker_id: str) -> None:
        """Queue again whatever the engine still counts as that worker's. Safe to repeat."""
        # DBOS does this in its own recovery, which has no public name and wants a launched instance.
        system = self._client._sys_db
        for pending in system.get_pending_workflows(worker_id, WORKFLOW_VERSION):
            system.reenqueue_for_recovery(pending.workflow_id, [worker_id], QUEUE)

    def close(self) -> None:
        """Let go of the engine's connections."""
        self._client.destroy()
        self._connections.dispose()
