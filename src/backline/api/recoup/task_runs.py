"""Runs: follow them, and trigger them. ``GET /api/tasks/runs`` is what this product is for."""

from __future__ import annotations

from functools import partial

from anyio import to_thread
from litestar import get, post

from backline.accounts import Caller, may_see
from backline.api.answers import Answer, answer, encode
from backline.api.auth import authenticate, for_caller, reach_of
from backline.api.bodies import read_json
from backline.api.query import Query
from backline.api.recoup.accounts import chosen_account
from backline.api.recoup.task_run import detail, listing, related_run
from backline.api.recoup.trigger import trigger
from backline.api.services import AnyRequest, services_of
from backline.db import Connection
from backline.errors import NotFound
from backline.runs import Run, queries
from backline.wire.orders import TriggerTask
from backline.wire.recoup import RelatedRuns, TaskRun, TaskRunList

NOT_FOUND = "Task run not found"
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
        run = _one_run(connection, caller, run_id)
        return encode(TaskRunList(status="success", runs=[run]))
    limit = query.integer("limit", least=1, most=100, default=20)
    account_id = chosen_account(query, connection, caller)
    return listing(queries.newest_rows(connection, account_id, limit))


def _one_run(connection: Connection, caller: Caller, run_id: str) -> TaskRun:
    """Show one run. One out of reach takes the same statements as one that does not exist."""
    owner_id = queries.owner_of(connection, run_id)
    if owner_id != caller.account_id:
        reach = reach_of(connection, caller)
        if owner_id is None or not may_see(reach, owner_id):
            raise NotFound(NOT_FOUND)
    run = queries.find_run(connection, run_id)
    if run is None:
        raise NotFound(NOT_FOUND)
    return detail(run, queries.attempts_of(connection, run_id), _family(connection, run))


def _family(connection: Connection, run: Run) -> RelatedRuns | None:
    """Return the runs around a run, None when it stands alone."""
    children = queries.children_of(connection, run.id)
    if run.parent_id is None and not children:
        return None
    above = {run_id for run_id in (run.root_id, run.parent_id) if run_id and run_id != run.id}
    known = queries.summaries(connection, sorted(above))
    root, parent = known.get(run.root_id or ""), known.get(run.parent_id or "")
    return RelatedRuns(
        root=related_run(root) if root else None,
        parent=related_run(parent) if parent else None,
        children=[related_run(child) for child in children],
    )
