"""Every path of the API, in one list."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from backline.api.recoup.task_runs import get_task_runs, trigger_task_run

ROUTES: list[ControllerRouterHandler] = [
    get_task_runs,
    trigger_task_run,
]
