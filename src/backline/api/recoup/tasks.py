"""Tasks: what can be triggered now, and what its payload must look like."""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec
from litestar import get
from msgspec import UNSET

from backline.accounts import Caller
from backline.api.answers import Answer, answer
from backline.api.auth import for_caller
from backline.api.query import Query
from backline.api.services import AnyRequest
from backline.db import Connection
from backline.errors import NotFound
from backline.runs import catalog
from backline.runs.catalog import KnownTask
from backline.wire.tasks import CronState, RetryPolicy, TaskList, TaskState


@get("/api/tasks")
async def list_tasks(request: AnyRequest) -> Answer:
    """List the tasks that workers announce, or show one with the schema of its payload."""
    return answer(await for_caller(request, partial(_listed, request)))


def _listed(request: AnyRequest, connection: Connection, _caller: Caller) -> TaskList:
    wanted = Query(request).text("taskIdentifier")
    known = catalog.announced(connection)
    if wanted is None:
        return TaskList(status="success", tasks=[_state(task) for task in known])
    for task in known:
        if task.facts.identifier == wanted:
            return TaskList(status="success", tasks=[_in_full(task)])
    raise NotFound(f"No worker announces a task {wanted[:128]!r}")


def _in_full(task: KnownTask) -> TaskState:
    return msgspec.structs.replace(_state(task), payload_schema=task.facts.payload_schema)


def _state(task: KnownTask) -> TaskState:
    facts = task.facts
    retry: dict[str, Any] = {
        name: getattr(facts.retry, name) for name in RetryPolicy.__struct_fields__
    }
    cron = facts.cron
    return TaskState(
        task_identifier=facts.identifier,
        versions=task.versions,
        queue=facts.queue or f"task/{facts.identifier}",
        concurrency_limit=facts.concurrency_limit,
        machine=facts.machine,
        retry=RetryPolicy(**retry),
        max_duration_seconds=facts.max_duration_seconds,
        ttl_seconds=facts.ttl_seconds,
        cron=None
        if cron is None
        else CronState(expression=cron.expression, timezone=cron.timezone),
        payload_schema=UNSET,
    )
