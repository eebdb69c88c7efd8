"""Schedules: let the clock trigger a task, hold that, and end it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from backline.client.connection import Connection
from backline.ids import AccountId
from backline.wire.schedules import (
    NewSchedule,
    ScheduleAnswer,
    ScheduleChange,
    ScheduleDeleted,
    ScheduleList,
    ScheduleState,
)


class Schedules:
    """The schedules within the caller's reach."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def create(self, task_identifier: str, cron: str, **more: Any) -> ScheduleState:
        """Trigger a task by a cron line from now on.

        ``more`` are fields of ``NewSchedule``: ``timezone="Europe/Berlin"``. Raises
        ``InvalidInput`` naming what can not be.
        """
        order = NewSchedule(task_identifier=task_identifier, cron=cron, **more)
        return self._connection.post("/api/schedules", ScheduleAnswer, order).schedule

    def newest(
        self, *, limit: int | None = None, account_id: AccountId | None = None
    ) -> list[ScheduleState]:
        """Return the newest schedules first: 20 unless told otherwise, 100 at most."""
        wanted = {"limit": limit, "account_id": account_id}
        params = {name: value for name, value in wanted.items() if value is not None}
        return self._connection.get("/api/schedules", ScheduleList, params).schedules

    def get(self, schedule_id: str) -> ScheduleState:
        """Return a schedule with its next times. Raises ``NotFound``."""
        return self._connection.get(_path(schedule_id), ScheduleAnswer).schedule

    def change(self, schedule_id: str, **wish: Any) -> ScheduleState:
        """Change fields of ``ScheduleChange``. Raises ``NotFound``, ``InvalidInput``, ``Conflict``."""
        answer = self._connection.patch(_path(schedule_id), ScheduleAnswer, ScheduleChange(**wish))
        assert answer is not None, "this answer is never null"
        return answer.schedule

    def pause(self, schedule_id: str) -> ScheduleState:
        """Let a schedule rest. Raises ``NotFound``."""
        path = _path(schedule_id) + "/deactivate"
        return self._connection.post(path, ScheduleAnswer, {}).schedule

    def resume(self, schedule_id: str) -> ScheduleState:
        """Let a schedule fire again, from now on. Raises ``NotFound``."""
        path = _path(schedule_id) + "/activate"
        return self._connection.post(path, ScheduleAnswer, {}).schedule

    def delete(self, schedule_id: str) -> None:
        """End a schedule. Raises ``NotFound``, ``Conflict`` for one that code declares."""
        self._connection.delete(_path(schedule_id), ScheduleDeleted)


def _path(schedule_id: str) -> str:
    return f"/api/schedules/{quote(schedule_id, safe='')}"
