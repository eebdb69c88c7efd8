"""Batches: trigger many runs at once, and see how far they are."""

from __future__ import annotations

from collections import Counter
from functools import partial

from anyio import to_thread
from litestar import get, post
from litestar.params import FromPath
from msgspec import Raw

from backline.accounts import Caller
from backline.api.answers import Answer, answer
from backline.api.auth import authenticate, for_caller
from backline.api.bodies import read_json
from backline.api.query import Query
from backline.api.recoup.one_run import is_storable, is_within_reach
from backline.api.recoup.task_run import STATUSES, error_of
from backline.api.recoup.trigger import trigger_batch as open_batch
from backline.api.services import AnyRequest, services_of
from backline.db import Connection
from backline.errors import NotFound
from backline.runs import RunStatus
from backline.runs.batches import Batch, Result, find_batch, items_of_batch, results_of_batch
from backline.wire.orders import BatchAnswer, BatchOrder, BatchResults, BatchState, RunResult

MAX_BATCH_BYTES = 16 * 1024 * 1024


@post("/api/tasks/batches", request_max_body_size=MAX_BATCH_BYTES)
async def trigger_batch(request: AnyRequest) -> Answer:
    """Trigger up to 1,000 runs: 202 with their ids in the order of the items."""
    caller = await authenticate(request)
    order = await read_json(request, BatchOrder)
    return answer(await to_thread.run_sync(open_batch, services_of(request), caller, order), 202)


@get("/api/tasks/batches/{batch_id:str}")
async def get_batch(request: AnyRequest, batch_id: FromPath[str]) -> Answer:
    """Show how far a batch is."""
    state = await for_caller(request, partial(_state, batch_id))
    return answer(BatchAnswer(status="success", batch=state))


@get("/api/tasks/batches/{batch_id:str}/results")
async def get_batch_results(request: AnyRequest, batch_id: FromPath[str]) -> Answer:
    """Show what became of a batch's runs, a page at a time."""
    return answer(await for_caller(request, partial(_results, request, batch_id)))


def _required(batch_id: str, connection: Connection, caller: Caller) -> Batch:
    batch = find_batch(connection, batch_id) if is_storable(batch_id) else None
    owner_id = None if batch is None else batch.account_id
    if not is_within_reach(connection, caller, owner_id) or batch is None:
        raise NotFound("Batch not found")
    return batch


def _results(
    request: AnyRequest, batch_id: str, connection: Connection, caller: Caller
) -> BatchResults:
    _required(batch_id, connection, caller)
    query = Query(request)
    limit = query.integer("limit", least=1, most=100, default=20)
    first_place = query.integer("after", least=0, most=999_999_999, default=0)
    found = results_of_batch(connection, batch_id, first_place, limit + 1)
    return BatchResults(
        status="success",
        results=[_result(result) for result in found[:limit]],
        next=str(found[limit].place) if len(found) > limit else None,
    )


def _result(result: Result) -> RunResult:
    is_completed = result.status is RunStatus.COMPLETED
    output = result.output if is_completed else None
    return RunResult(
        id=result.id,
        task_identifier=result.task_identifier,
        run_status=STATUSES[result.status],
        ok=is_completed if result.status.is_final else None,
        output=Raw((output or "null").encode()),
        error=error_of(result),
    )


def _state(batch_id: str, connection: Connection, caller: Caller) -> BatchState:
    batch = _required(batch_id, connection, caller)
    items = items_of_batch(connection, batch_id)
    is_whole = len(items) == batch.run_count
    has_ended = is_whole and all(item.has_ended for item in items)
    return BatchState(
        id=batch.id,
        status="COMPLETED" if has_ended else "PENDING",
        run_count=batch.run_count,
        counts=dict(Counter(STATUSES[item.status] for item in items if item.status)),
        run_ids=[item.run_id for item in items if item.status],
    )
