"""What a run went through: its log, its events, and both as they happen."""

from __future__ import annotations

from functools import partial

from litestar import get
from litestar.params import FromPath
from litestar.response.base import ASGIResponse
from litestar.response.streaming import ASGIStreamingResponse

from backline.accounts import Caller
from backline.api.answers import Answer, answer
from backline.api.auth import for_caller
from backline.api.manners import asked_method
from backline.api.query import Query
from backline.api.recoup.one_run import require_run
from backline.api.recoup.run_stream import DONE, follow
from backline.api.recoup.task_run import event_of, line_of
from backline.api.services import AnyRequest, services_of
from backline.db import Connection
from backline.errors import InvalidInput
from backline.ids import RunId
from backline.runs import queries
from backline.wire.story import RunEvents, RunLog

MAX_NUMBER = 999_999_999
STREAM_HEADERS = {
    "cache-control": "no-store",
    # Asks nginx, which many put in front, not to hold pieces back.
    "x-accel-buffering": "no",
}


@get("/api/tasks/runs/{run_id:str}/logs")
async def get_run_log(request: AnyRequest, run_id: FromPath[str]) -> Answer:
    """Show what a run said, from after a line on."""
    return answer(await for_caller(request, partial(_log, request, run_id)))


@get("/api/tasks/runs/{run_id:str}/events")
async def get_run_events(request: AnyRequest, run_id: FromPath[str]) -> Answer:
    """Show what happened to a run, from its trigger on."""
    return answer(await for_caller(request, partial(_events, run_id)))


@get("/api/tasks/runs/{run_id:str}/stream")
async def stream_run(request: AnyRequest, run_id: FromPath[str]) -> ASGIResponse:
    """Send a run's changes and log lines as server-sent events until it has ended."""
    after = await for_caller(request, partial(_resumed, request, run_id))
    if after is None:
        return ASGIResponse(status_code=204)
    if asked_method(request.scope) == "HEAD":
        return ASGIResponse(headers=STREAM_HEADERS, media_type="text/event-stream")
    return ASGIStreamingResponse(
        iterator=follow(services_of(request), run_id, after),
        headers=STREAM_HEADERS,
        media_type="text/event-stream",
    )


def _log(request: AnyRequest, run_id: RunId, connection: Connection, caller: Caller) -> RunLog:
    require_run(connection, caller, run_id)
    query = Query(request)
    after = query.integer("after", least=0, most=MAX_NUMBER, default=0)
    limit = query.integer("limit", least=1, most=1000, default=100)
    lines = queries.log_of(connection, run_id, after, limit)
    return RunLog(status="success", lines=[line_of(line) for line in lines])


def _events(run_id: RunId, connection: Connection, caller: Caller) -> RunEvents:
    require_run(connection, caller, run_id)
    events = queries.events_of(connection, run_id)
    return RunEvents(status="success", events=[event_of(*event) for event in events])


def _resumed(
    request: AnyRequest, run_id: RunId, connection: Connection, caller: Caller
) -> int | None:
    """Return the line after which to go on; None when the caller has seen the end.

    A browser that reconnects says in ``Last-Event-ID`` what it has.
    """
    require_run(connection, caller, run_id)
    last = request.headers.get("last-event-id")
    if last is None:
        return Query(request).integer("after", least=0, most=MAX_NUMBER, default=0)
    if last == DONE:
        return None
    if not (last.isascii() and last.isdigit() and len(last) <= 9):
        raise InvalidInput(
            f"Last-Event-ID={last[:40]!r} is no id of an event of this stream", "Last-Event-ID"
        )
    return int(last)
