"""What can be done to a run: stop it, make it again, move its time."""

from __future__ import annotations

from functools import partial

from anyio import to_thread
from litestar import patch, post
from litestar.params import FromPath

from backline.accounts import Caller
from backline.api.answers import Answer, answer
from backline.api.auth import for_caller
from backline.api.bodies import read_json, read_json_or, require_visible
from backline.api.recoup.one_run import require_run, show_run
from backline.api.recoup.options import read_delay
from backline.api.recoup.task_runs import MAX_TRIGGER_BYTES
from backline.api.recoup.trigger import replay
from backline.api.services import AnyRequest, Services, services_of
from backline.clock import TimestampMs
from backline.db import Connection
from backline.errors import AccessDenied
from backline.ids import RunId
from backline.wire.orders import MoveRun, ReplayRun, RescheduleRun
from backline.wire.recoup import TaskRunList

FOR_OPERATORS = "Versions are an operator's: use the environment's secret key (tr_…)"


@post("/api/tasks/runs/{run_id:str}/cancel")
async def cancel_run(request: AnyRequest, run_id: FromPath[str]) -> Answer:
    """Stop a run and the runs that it triggered; one that has ended stays as it is."""
    await _require(request, run_id)
    return answer(await to_thread.run_sync(_cancel, services_of(request), run_id))


@post("/api/tasks/runs/{run_id:str}/replay", request_max_body_size=MAX_TRIGGER_BYTES)
async def replay_run(request: AnyRequest, run_id: FromPath[str]) -> Answer:
    """Make a run again as a new one: 202, or 200 when an idempotency key held one already."""
    caller = await _require(request, run_id)
    changes = await read_json_or(request, ReplayRun())
    triggered = await to_thread.run_sync(replay, services_of(request), caller, run_id, changes)
    return answer(triggered, 200 if triggered.is_cached else 202)


@post("/api/tasks/runs/{run_id:str}/reschedule")
async def reschedule_run(request: AnyRequest, run_id: FromPath[str]) -> Answer:
    """Move the start of a delayed run; 409 for any other."""
    await _require(request, run_id)
    wish = await read_json(request, RescheduleRun)
    due_at = read_delay(wish.delay, "delay")
    return answer(await to_thread.run_sync(_reschedule, services_of(request), run_id, due_at))


@patch("/api/tasks/runs/{run_id:str}")
async def move_run(request: AnyRequest, run_id: FromPath[str]) -> Answer:
    """Let a run that waits begin, or go on, with another version."""
    caller = await _require(request, run_id)
    if not caller.is_operator:
        raise AccessDenied(FOR_OPERATORS)
    wish = await read_json(request, MoveRun)
    version = None if wish.version is None else require_visible(wish.version, "version")
    return answer(await to_thread.run_sync(_move, services_of(request), run_id, version))


async def _require(request: AnyRequest, run_id: RunId) -> Caller:
    return await for_caller(request, partial(_seen, run_id))


def _seen(run_id: RunId, connection: Connection, caller: Caller) -> Caller:
    require_run(connection, caller, run_id)
    return caller


def _cancel(services: Services, run_id: RunId) -> TaskRunList:
    services.dispatch.cancel(run_id)
    return _now(services, run_id)


def _reschedule(services: Services, run_id: RunId, due_at: TimestampMs) -> TaskRunList:
    services.dispatch.reschedule(run_id, due_at)
    return _now(services, run_id)


def _move(services: Services, run_id: RunId, version: str | None) -> TaskRunList:
    services.dispatch.move(run_id, version)
    return _now(services, run_id)


def _now(services: Services, run_id: RunId) -> TaskRunList:
    """Return the run as it stands after what was done to it."""
    with services.database.read() as connection:
        return TaskRunList(status="success", runs=[show_run(connection, run_id)])
