"""The order of events in an attempt: a hook before, the task, a hook that fits its end."""

from __future__ import annotations

import asyncio
import sys
import traceback
from collections.abc import Callable
from typing import Any

from backline.runtime.context import RunContext
from backline.runtime.stopping import StopSign
from backline.sdk import RunStopped, Task


def attempt(
    task: Task, payload: Any, context: RunContext, stop: StopSign, *, is_resumed: bool = False
) -> object:
    """Perform a task with its hooks and return its output as plain JSON. Raises what it raises.

    An attempt that goes on after a wait has told its ``on_start`` before.
    """
    hooks = task.hooks
    try:
        if not is_resumed:
            _tell(hooks.on_start, payload, context)
        output = task(payload, context)
        if task.is_async:
            output = asyncio.run(output)
        written = task.write_output(output)
    except RunStopped:
        _tell(hooks.on_cancel, payload, context)
        raise
    except Exception as error:
        if stop.is_up:
            _tell(hooks.on_cancel, payload, context)
        else:
            _tell(hooks.on_failure, payload, context, error)
        raise
    if stop.is_up:
        _tell(hooks.on_cancel, payload, context)
    else:
        _tell(hooks.on_success, payload, context, output)
    return written


def _tell(hook: Callable[..., object] | None, *arguments: Any) -> None:
    """Call a hook if there is one; its failure is told in the run's log, and is no more than that."""
    if hook is None:
        return
    try:
        hook(*arguments)
    except Exception:  # noqa: BLE001 - a hook must not decide over the run
        print(traceback.format_exc(), file=sys.stderr)  # noqa: T201 - lands in the run's log
