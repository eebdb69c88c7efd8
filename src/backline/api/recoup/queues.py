"""Queues, for operators: see how full they are, hold them, change their limits."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import unquote

from anyio import to_thread
from litestar import get, post
from litestar.params import FromPath

from backline.accounts import Caller
from backline.api.answers import Answer, answer
from backline.api.auth import authenticate, for_caller
from backline.api.bodies import read_json
from backline.api.recoup.one_run import is_storable
from backline.api.recoup.options import read_seconds
from backline.api.services import AnyRequest, Services, services_of
from backline.db import Connection
from backline.errors import AccessDenied, InvalidInput, NotFound
from backline.runs import queues
from backline.wire.queues import QueueAnswer, QueueLimit, QueueList, QueueRate, QueueState, Rate

LONGEST_PERIOD_SECONDS = 24 * 3600
FOR_OPERATORS = "Queues are an operator's: use the environment's secret key (tr_…)"


@get("/api/queues")
async def list_queues(request: AnyRequest) -> Answer:
    """List the queues that tasks declare."""
    return answer(await for_caller(request, _listed))


@post("/api/queues/{name:str}/pause")
async def pause_queue(request: AnyRequest, name: FromPath[str]) -> Answer:
    """Start no more runs of a queue; those that execute go on."""
    _require_operator(await authenticate(request))
    return await _change(request, name, is_paused=True)


@post("/api/queues/{name:str}/resume")
async def resume_queue(request: AnyRequest, name: FromPath[str]) -> Answer:
    """Start runs of a paused queue again."""
    _require_operator(await authenticate(request))
    return await _change(request, name, is_paused=False)


@post("/api/queues/{name:str}/limit")
async def limit_queue(request: AnyRequest, name: FromPath[str]) -> Answer:
    """Set another limit than the author's, or go back to it."""
    _require_operator(await authenticate(request))
    limit = await read_json(request, QueueLimit)
    return await _change(request, name, override_limit=limit.concurrency_limit)


@post("/api/queues/{name:str}/rate")
async def rate_queue(request: AnyRequest, name: FromPath[str]) -> Answer:
    """Set how many runs of a queue may start in a period, or let any number."""
    _require_operator(await authenticate(request))
    rate = await read_json(request, QueueRate)
    period_seconds = read_seconds(rate.period, "period")
    if period_seconds > LONGEST_PERIOD_SECONDS:
        raise InvalidInput(f"period: {rate.period!r} is longer than a day", "period")
    return await _change(
        request, name, rate_limit=rate.starts, rate_period_ms=period_seconds * 1000, retry_at=None
    )


def _require_operator(caller: Caller) -> None:
    if not caller.is_operator:
        raise AccessDenied(FOR_OPERATORS)


async def _change(request: AnyRequest, name: str, **values: Any) -> Answer:
    """Change a queue. A name's slashes come escaped twice: a path is unescaped on its way here."""
    work = partial(_changed, services_of(request), unquote(name), values)
    return answer(await to_thread.run_sync(work))


def _changed(services: Services, name: str, values: dict[str, Any]) -> QueueAnswer:
    if not is_storable(name):
        raise NotFound(f"no task declares a queue {name!r}")
    queue = services.dispatch.change_queue(name, **values)
    with services.database.read() as connection:
        return QueueAnswer(status="success", queue=_state(connection, queue))


def _listed(connection: Connection, caller: Caller) -> QueueList:
    _require_operator(caller)
    found = queues.every(connection)
    return QueueList(status="success", queues=[_state(connection, queue) for queue in found])


def _state(connection: Connection, queue: queues.Queue) -> QueueState:
    running, queued = queues.counts(connection, queue.name)
    return QueueState(
        name=queue.name,
        paused=bool(queue.is_paused),
        running=running,
        queued=queued,
        concurrency_limit=queue.limit,
        declared_limit=queue.concurrency_limit,
        override_limit=queue.override_limit,
        rate=_rate(queue),
    )


def _rate(queue: queues.Queue) -> Rate | None:
    if queue.rate_limit is None:
        return None
    period_ms = queue.rate_period_ms or queues.DEFAULT_RATE_PERIOD_MS
    return Rate(starts=queue.rate_limit, period_seconds=period_ms / 1000)
