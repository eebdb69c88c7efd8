"""Calling an author's function, plain or async, with the context that it asks for."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from types import TracebackType
from typing import Any

from backline.runtime.async_context import AsyncRunContext
from backline.runtime.context import RunContext
from backline.runtime.stopping import StopSign
from backline.sdk import Context, RunStopped, Task
from backline.sdk.async_context import AsyncContext


class Caller:
    """Calls a task and its hooks; all of an async task's in one event loop."""

    def __init__(self, task: Task, context: RunContext, stop: StopSign) -> None:
        self._stop = stop
        self._runner = asyncio.Runner() if task.is_async else None
        self.context: Context | AsyncContext = (
            AsyncRunContext(context) if task.wants_async_context else context
        )

    def __enter__(self) -> Caller:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._runner is not None:
            self._runner.close()
        if isinstance(self.context, AsyncRunContext):
            self.context.close()

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call it and return its result. Raises what it raises."""
        if self._runner is None:
            return function(*arguments)
        try:
            return self._runner.run(self._awaited(function, *arguments))
        except asyncio.CancelledError:
            if self._stop.is_up:
                raise RunStopped("the run was stopped") from None
            raise
        finally:
            self._stop.interrupt_by_raising()

    async def _awaited(self, function: Callable[..., Any], *arguments: Any) -> Any:
        loop, me = asyncio.get_running_loop(), asyncio.current_task()
        assert me is not None
        self._stop.interrupt = lambda: loop.call_soon_threadsafe(me.cancel)
        result = function(*arguments)
        return await result if inspect.isawaitable(result) else result
