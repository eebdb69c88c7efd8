"""The order of events in an attempt: a hook before, the task, a hook that fits its end."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from typing import Any

from backline.runtime.calling import Caller
from backline.runtime.context import RunContext
from backline.runtime.stopping import StopSign
from backline.sdk import Task


def attempt(
    task: Task, payload: Any, context: RunContext, stop: StopSign, *, is_resumed: bool = False
) -> object:
    """Perform a task with its hooks and return its output as plain JSON. Raises what it raises.

    An attempt that goes on after a wait has told its ``on_start`` before.
    """
    with Caller(task, context, stop) as caller:
        return _in_order(task, payload, caller, stop, is_resumed)


def _in_order(task: Task, payload: Any, caller: Caller, stop: StopSign, is_resumed: bool) -> object:
    hooks, ctx = task.hooks, caller.context

    def tell(hook: Callable[..., object] | None, *arguments: Any) -> None:
        if hook is not None:
            _tell(caller, hook, payload, ctx, *arguments)

    try:
        if not is_resumed:
            tell(hooks.on_start)
        output = caller.call(task.function, payload, ctx)
        written = task.write_output(output)
    except BaseException as error:  # sys.exit() and a canceled coroutine fail like any other
        if not stop.is_up or stop.kind == "failed":
            tell(hooks.on_failure, error)
        elif stop.kind == "canceled":
            tell(hooks.on_cancel)
        raise
    if not stop.is_up:
        tell(hooks.on_success, output)
    elif stop.kind == "canceled":
        tell(hooks.on_cancel)
    return written


def _tell(caller: Caller, hook: Callable[..., object], *arguments: Any) -> None:
    """Call a hook; its failure is told in the run's log, and is no more than that."""
    try:
        caller.call(hook, *arguments)
    except Exception:  # noqa: BLE001 - a hook must not decide over the run
        print(traceback.format_exc(), file=sys.stderr)  # noqa: T201 - lands in the run's log
