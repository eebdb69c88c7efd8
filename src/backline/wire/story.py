"""What a run went through, as it travels: its log, line by line, and the events of its life."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from backline.wire.recoup import Moment, TaskRunStatus


class LogLine(Struct, frozen=True, kw_only=True):
    """One piece of what a run said."""

    number: int
    """Counted from 1 over all attempts."""
    at: Moment
    stream: str
    """``log`` for what the task noted, else ``stdout`` or ``stderr``."""
    text: str
    level: str = "info"
    """``debug``, ``info``, ``warn`` or ``error``."""


class RunLog(Struct, frozen=True, kw_only=True):
    """Lines of a run's log, in order. Ask for what comes ``after`` the last number."""

    status: Literal["success"]
    lines: list[LogLine]


class RunEvent(Struct, frozen=True, kw_only=True):
    """A move of a run to another status, and why it was made."""

    at: Moment
    status: TaskRunStatus
    detail: str


class RunEvents(Struct, frozen=True, kw_only=True):
    """Everything that happened to a run, the first event first."""

    status: Literal["success"]
    events: list[RunEvent]
