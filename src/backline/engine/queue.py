"""The engine's queue: what DBOS's client does for us, in our words.

Each admission of a run is one workflow, that performs the run until it ends or
waits. The first has the run's id, later ones a number behind it. Our many
named queues are decided in the ledger; the engine has one for all.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from dbos import DBOSClient, EnqueueOptions
from dbos._serialization import DBOSPortableJSON

from backline.clock import TimestampMs
from backline.db import Connection, Database
from backline.engine.schema import APPLICATION, SCHEMA, engine_connections
from backline.engine.wakeup import MOST_SLOTS, ring_at_commit
from backline.ids import RunId
from backline.runs import ledger

QUEUE = "runs"
WORKFLOW = "perform"
"""The engine's one workflow: perform the run of this id."""
WORKFLOW_VERSION = "1"
"""The shape of that workflow. Workers that share it may take over each other's runs."""

POLL_SECONDS = 1.0
"""When a worker asks again after the bell rang; while nobody rings it asks less often."""

RANKS_BEGIN_SECONDS = 1_500_000_000
"""July 2017: nothing is due before, less a year of head start."""
MAX_RANK = 2**31 - 1

SERIALIZER = DBOSPortableJSON
"""Plain JSON, so that nothing in the database is ever unpickled."""


def queue_names(version: str) -> list[str]:
    """Return the engine's queues that a worker of this version takes from.

    One for runs that any version may perform, one for those bound to this one.
    """
    return [QUEUE, f"{QUEUE}@{version}"]


def workflow_id(run_id: RunId, number: int) -> str:
    """Return what the engine calls a run's admission of this number, counted from 1."""
    return run_id if number == 1 else f"{run_id}.{number}"


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

    def set_up(self, version: str) -> None:
        """Write down the queues that workers of this version take from."""
        for name in queue_names(version):
            self._client.register_queue(
                name,
                worker_concurrency=MOST_SLOTS,
                polling_interval_sec=POLL_SECONDS,
                on_conflict="always_update",
            )

    def put(self, connection: Connection, ticket: ledger.Ticket) -> None:
        """Hand an admitted run to the engine, within the caller's transaction."""
        queue = QUEUE if ticket.version is None else f"{QUEUE}@{ticket.version}"
        options: EnqueueOptions = {
            "queue_name": queue,
            "workflow_name": WORKFLOW,
            "workflow_id": workflow_id(ticket.run_id, ticket.number),
            "app_version": WORKFLOW_VERSION,
            "priority": _rank(ticket.position),
        }
        self._client.enqueue_in_transaction(connection, options, ticket.run_id)
        ring_at_commit(connection, queue)

    def given_to(self, worker_id: str) -> list[str]:
        """Return the ids of the workflows that the engine counts as that worker's."""
        # DBOS does this in its own recovery, which has no public name and wants a launched instance.
        pending = self._client._sys_db.get_pending_workflows(worker_id, WORKFLOW_VERSION)
        return [workflow.workflow_id for workflow in pending]

    def put_back(self, worker_id: str, workflow_ids: Collection[str]) -> None:
        """Queue again what was given to that worker. Safe to repeat.

        No bell rings: the engine does it in a transaction of its own.
        """
        for workflow_id in workflow_ids:
            # A row keeps the queue that it was taken from; QUEUE is only for one without.
            self._client._sys_db.reenqueue_for_recovery(workflow_id, [worker_id], QUEUE)

    def forget(self, admissions: Mapping[RunId, int]) -> None:
        """Let the engine forget runs that have ended, each handed to it so many times."""
        names = [
            workflow_id(run_id, number)
            for run_id, count in admissions.items()
            for number in range(1, count + 1)
        ]
        if names:
            self._client.delete_workflows(names)

    def close(self) -> None:
        """Let go of the engine's connections."""
        self._client.destroy()
        self._connections.dispose()


def _rank(position: TimestampMs) -> int:
    """Return the engine's priority, of which the smallest is first, to the second; it takes no more."""
    return min(max(1, position // 1000 - RANKS_BEGIN_SECONDS), MAX_RANK)
