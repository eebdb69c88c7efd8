"""Schedules: let the clock trigger a task."""

from __future__ import annotations

from backline.api.operations.operation import ACCOUNT, LIMIT, Operation, in_path, in_query
from backline.wire import schedules

_PATH = "/api/schedules/{scheduleId}"
_SCHEDULE_ID = in_path("scheduleId", "The schedule's id.")

OPERATIONS = (
    Operation(
        path="/api/schedules",
        method="get",
        name="listSchedules",
        summary="List the newest schedules of an account",
        parameters=(in_query("limit", LIMIT, "How many schedules to list."), ACCOUNT),
        answers={200: schedules.ScheduleList},
        problems=(400, 401, 403, 500),
    ),
    Operation(
        path="/api/schedules",
        method="post",
        name="createSchedule",
        summary="Make a schedule, or change the one with the same deduplication key",
        body=schedules.NewSchedule,
        answers={201: schedules.ScheduleAnswer},
        problems=(400, 401, 403, 413, 415, 500),
    ),
    Operation(
        path=_PATH,
        method="get",
        name="getSchedule",
        summary="Show a schedule with its next times",
        parameters=(_SCHEDULE_ID,),
        answers={200: schedules.ScheduleAnswer},
        problems=(401, 404, 500),
    ),
    Operation(
        path=_PATH,
        method="patch",
        name="changeSchedule",
        summary="Change what is said of a schedule",
        parameters=(_SCHEDULE_ID,),
        body=schedules.ScheduleChange,
        answers={200: schedules.ScheduleAnswer},
        problems=(400, 401, 404, 409, 413, 415, 500),
    ),
    Operation(
        path=_PATH,
        method="delete",
        name="deleteSchedule",
        summary="End a schedule; runs that it made stay",
        parameters=(_SCHEDULE_ID,),
        answers={200: schedules.ScheduleDeleted},
        problems=(401, 404, 409, 500),
    ),
    Operation(
        path=_PATH + "/activate",
        method="post",
        name="activateSchedule",
        summary="Let a schedule fire again, from now on",
        parameters=(_SCHEDULE_ID,),
        answers={200: schedules.ScheduleAnswer},
        problems=(401, 404, 500),
    ),
    Operation(
        path=_PATH + "/deactivate",
        method="post",
        name="deactivateSchedule",
        summary="Let a schedule rest",
        parameters=(_SCHEDULE_ID,),
        answers={200: schedules.ScheduleAnswer},
        problems=(401, 404, 500),
    ),
)
