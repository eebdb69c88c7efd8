"""Runs: follow them, and trigger them. ``GET /api/tasks/runs`` is what this product is for."""

from __future__ import annotations

from functools import partial

from anyio import to_thread
from litestar import get, post

from backline.accounts import Caller
from backline.api.answers import Answer, answer, encode
from backline.api.auth import authenticate, for_caller
from backline.api.bodies import read_json
from backline.api.query import Query
from backline.api.recoup.accounts import chosen_account
from backline.api.recoup.one_run import require_run, show_run
from backline.api.recoup.task_run import listing
from backline.api.recoup.trigger import trigger
from backline.api.services import AnyRequest, services_of
from backline.db import Connection
from backline.runs import queries
from backline.wire.orders import TriggerTask
from backline.wire.recoup import TaskRunList

MAX_TRIGGER_BYTES = 3 * 1024 * 1024


@get("/api/tasks/runs")
async def get_task_runs(request: AnyRequest) -> Answer:
    """List the newest runs of an account, or show one run."""
    return Answer(200, await for_caller(request, partial(_read, request)))


@post("/api/tasks/runs", request_max_body_size=MAX_TRIGGER_BYTES)
async def trigger_task_run(request: AnyRequest) -> Answer:
    """Trigger a run of any task: 202, or 200 when the idempotency key held one already."""
    caller = await authenticate(request)
    order = await read_json(request, TriggerTask)
    triggered = await to_thread.run_sync(trigger, services_of(request), caller, order)
    return answer(triggered, 200 if triggered.is_cached else 202)


def _read(request: AnyRequest, connection: Connection, caller: Caller) -> bytes:
    query = Query(request)
    run_id = query.text("runId")
    if run_id is not None:
        require_run(connection, caller, run_id)
        return encode(TaskRunList(status="success", runs=[show_run(connection, run_id)]))
    limit = query.integer("limit", least=1, most=100, default=20)
    account_id = chosen_account(query, connection, caller)
    return listing(queries.newest_rows(connection, account_id, limit))
