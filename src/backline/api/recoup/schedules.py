"""Schedules: let the clock trigger a task, hold that, and end it."""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec
from anyio import to_thread
from litestar import delete, get, patch, post
from litestar.params import FromPath
from msgspec import UNSET

from backline.accounts import Caller
from backline.api.answers import Answer, answer
from backline.api.auth import authenticate, for_caller
from backline.api.bodies import read_json, require_visible
from backline.api.query import Query
from backline.api.recoup.accounts import chosen_account
from backline.api.recoup.one_run import is_storable, is_within_reach
from backline.api.recoup.trigger import named_account
from backline.api.services import AnyRequest, Services, services_of
from backline.clock import iso
from backline.db import Connection
from backline.errors import Conflict, NotFound
from backline.runs import catalog, firing, schedules
from backline.runs.cron_words import in_words
from backline.runs.schedules import Schedule
from backline.sdk import Cron
from backline.wire.schedules import (
    CronGenerator,
    NewSchedule,
    ScheduleAnswer,
    ScheduleChange,
    ScheduleDeleted,
    ScheduleList,
    ScheduleState,
)

NOT_FOUND = "Schedule not found"


@get("/api/schedules")
async def list_schedules(request: AnyRequest) -> Answer:
    """List the newest schedules of an account."""
    return answer(await for_caller(request, partial(_listed, request)))


@post("/api/schedules")
async def create_schedule(request: AnyRequest) -> Answer:
    """Make a schedule, or change the one that has the same deduplication key."""
    caller = await authenticate(request)
    order = await read_json(request, NewSchedule)
    schedule = await to_thread.run_sync(_create, services_of(request), caller, order)
    return answer(_told(schedule), 201)


@get("/api/schedules/{schedule_id:str}")
async def get_schedule(request: AnyRequest, schedule_id: FromPath[str]) -> Answer:
    """Show a schedule with its next times."""
    return answer(_told(await for_caller(request, partial(_required, schedule_id))))


@patch("/api/schedules/{schedule_id:str}")
async def change_schedule(request: AnyRequest, schedule_id: FromPath[str]) -> Answer:
    """Change what is said of a schedule; the rest stays."""
    await for_caller(request, partial(_required, schedule_id))
    wish = await read_json(request, ScheduleChange)
    return await _act(request, partial(_change, schedule_id=schedule_id, wish=wish))


@delete("/api/schedules/{schedule_id:str}", status_code=200)
async def delete_schedule(request: AnyRequest, schedule_id: FromPath[str]) -> Answer:
    """End a schedule; runs that it made stay."""
    await for_caller(request, partial(_required, schedule_id))
    work = partial(_delete, services_of(request), schedule_id)
    return answer(await to_thread.run_sync(work))


@post("/api/schedules/{schedule_id:str}/activate")
async def activate_schedule(request: AnyRequest, schedule_id: FromPath[str]) -> Answer:
    """Let a schedule fire again, from now on."""
    await for_caller(request, partial(_required, schedule_id))
    return await _act(request, partial(schedules.switch, schedule_id=schedule_id, is_active=True))


@post("/api/schedules/{schedule_id:str}/deactivate")
async def deactivate_schedule(request: AnyRequest, schedule_id: FromPath[str]) -> Answer:
    """Let a schedule rest."""
    await for_caller(request, partial(_required, schedule_id))
    return await _act(request, partial(schedules.switch, schedule_id=schedule_id, is_active=False))


async def _act(request: AnyRequest, work: Any) -> Answer:
    """Do something to a schedule, and answer with what became of it."""
    return answer(_told(await to_thread.run_sync(_done, services_of(request), work)))


def _done(services: Services, work: Any) -> Schedule:
    with services.database.exclusive() as connection:
        schedule: Schedule = work(connection)
        return schedule


def _create(services: Services, caller: Caller, order: NewSchedule) -> Schedule:
    wanted: dict[str, Any] = {
        "account_id": named_account(services, caller, order.account_id),
        "task_identifier": require_visible(order.task_identifier, "taskIdentifier"),
        "cron": order.cron,
        "timezone": order.timezone,
        "external_id": _visible(order.external_id, "externalId"),
        "deduplication_key": _visible(order.deduplication_key, "deduplicationKey"),
        "environment": caller.environment or services.settings.environment,
    }
    return _done(services, lambda connection: schedules.upsert(connection, **wanted))


def _change(connection: Connection, schedule_id: str, wish: ScheduleChange) -> Schedule:
    known = schedules.find(connection, schedule_id)
    if known.is_declared:
        raise Conflict(
            f"schedule {schedule_id} is declared in the code of task"
            f" {known.task_identifier!r}: change it there, or deactivate it"
        )
    said = {name: value for name, value in msgspec.structs.asdict(wish).items() if value != UNSET}
    task, external_id = said.get("task_identifier"), said.get("external_id", known.external_id)
    return schedules.change(
        connection,
        schedule_id,
        task_identifier=_visible(task, "taskIdentifier") or known.task_identifier,
        when=Cron(said.get("cron", known.cron), said.get("timezone", known.timezone)),
        external_id=_visible(external_id, "externalId"),
    )


def _delete(services: Services, schedule_id: str) -> ScheduleDeleted:
    with services.database.exclusive() as connection:
        known = schedules.find(connection, schedule_id)
        facts = catalog.find_task(connection, known.task_identifier)
        if known.is_declared and facts is not None and facts.cron is not None:
            raise Conflict(
                f"schedule {schedule_id} is declared in the code of task"
                f" {known.task_identifier!r}: remove it there, or deactivate it"
            )
        schedules.remove(connection, schedule_id)
    return ScheduleDeleted(status="success", id=schedule_id)


def _visible(text: str | None, field: str) -> str | None:
    return None if text is None else require_visible(text, field)


def _listed(request: AnyRequest, connection: Connection, caller: Caller) -> ScheduleList:
    query = Query(request)
    limit = query.integer("limit", least=1, most=100, default=20)
    account_id = chosen_account(query, connection, caller)
    found = schedules.of_account(connection, account_id, limit)
    return ScheduleList(
        status="success", schedules=[_state(schedule, upcoming=0) for schedule in found]
    )


def _required(schedule_id: str, connection: Connection, caller: Caller) -> Schedule:
    """Return a schedule. One out of reach is refused just as one that does not exist."""
    schedule = schedules.seek(connection, schedule_id) if is_storable(schedule_id) else None
    owner_id = None if schedule is None else schedule.account_id
    if not is_within_reach(connection, caller, owner_id) or schedule is None:
        raise NotFound(NOT_FOUND)
    return schedule


def _told(schedule: Schedule) -> ScheduleAnswer:
    return ScheduleAnswer(status="success", schedule=_state(schedule, upcoming=firing.UPCOMING))


def _state(schedule: Schedule, *, upcoming: int) -> ScheduleState:
    times = firing.upcoming(schedule, upcoming) if upcoming else []
    return ScheduleState(
        id=schedule.id,
        type=firing.kind_of(schedule),
        account_id=schedule.account_id,
        task_identifier=schedule.task_identifier,
        active=bool(schedule.is_active),
        generator=CronGenerator(
            type="CRON", expression=schedule.cron, description=in_words(schedule.cron)
        ),
        timezone=schedule.timezone,
        external_id=schedule.external_id,
        deduplication_key=schedule.deduplication_key,
        created_at=iso(schedule.created_at),
        last_run=None if schedule.last_fire_at is None else iso(schedule.last_fire_at),
        next_run=None if schedule.next_fire_at is None else iso(schedule.next_fire_at),
        upcoming=[iso(moment) for moment in times],
    )
