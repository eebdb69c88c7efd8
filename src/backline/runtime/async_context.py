"""The context of a run for ``async def`` tasks: what lasts is asked for aside, in threads."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from backline.errors import AbortRun
from backline.runtime import messages as say
from backline.runtime.context import NAP_SECONDS, RunContext, revive
from backline.runtime.gate import Answer, Gate, Question
from backline.sdk import RunResult, StoredFile, TokenResult, TriggerOptions
from backline.sdk.async_context import AsyncContext, AsyncFiles, AsyncTags, AsyncWaiting
from backline.sdk.context import Level

T = TypeVar("T")

MOST_THREADS = 32
"""How many plain functions of one run may work side by side."""


class AsyncRunContext(AsyncContext):
    """A plain context, from which nothing is asked in the event loop's own thread."""

    def __init__(self, plain: RunContext) -> None:
        self.plain = plain
        self.run = plain.run
        self.metadata = plain.metadata
        self.workdir = plain.workdir
        self.gate = Gate(self._ask_all)
        self.tags = _Tags(self)
        self.files = _Files(self)
        self.wait = _Waiting(self)
        self._threads = ThreadPoolExecutor(MOST_THREADS, "aside")

    @property
    def cancelled(self) -> bool:
        return self.plain.cancelled

    def heartbeat(self) -> None:
        self.plain.heartbeat()

    def log(self, text: str, *, level: Level = "info") -> None:
        self.plain.log(text, level=level)

    def output(self, stream: str, text: str) -> None:
        self.plain.output(stream, text)

    def close(self) -> None:
        """Let the threads go; one that still works ends with its process."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def aside(self, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Call a plain function in a thread, while the event loop goes on."""
        call = partial(copy_context().run, function, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    async def ask(self, question: msgspec.Struct) -> Any:
        """Ask aside, holding back every wait meanwhile."""
        async with self.gate.work():
            return await self.aside(self.plain.line.ask, question)

    async def step(self, name: str, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        key = self.plain.key_of(name)
        async with self.gate.work():
            kept = await self.aside(self.plain.line.ask, say.StepAsked(key))
            if isinstance(kept, say.StepKnown):
                return revive(kept.value, function)
            result = await self._perform(function, *args, **kwargs)
            return await self.aside(self.plain.keep, key, function, result)

    async def _perform(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if inspect.iscoroutinefunction(function):
            return await function(*args, **kwargs)
        result = await self.aside(function, *args, **kwargs)
        return await result if inspect.isawaitable(result) else result

    async def service(self, name: str, request: Any) -> Any:
        answer: say.ServiceAnswered = await self.ask(say.ServiceAsked(name, request))
        return answer.answer

    async def trigger(
        self, task: str, payload: Any = None, options: TriggerOptions | None = None
    ) -> str:
        asked = self.plain.triggering(task, [payload], options)
        return str((await self.ask(asked)).value[0])

    async def trigger_and_wait(
        self, task: str, payload: Any = None, options: TriggerOptions | None = None
    ) -> RunResult:
        asked = self.plain.triggering(task, [payload], options, is_waited_for=True)
        (ended,) = (await self.wait_for(asked)).value
        return msgspec.convert(ended, RunResult)

    async def batch_trigger(
        self, task: str, payloads: Sequence[Any], options: TriggerOptions | None = None
    ) -> list[str]:
        asked = self.plain.triggering(task, payloads, options, is_batch=True)
        return list((await self.ask(asked)).value) if asked.orders else []

    async def batch_trigger_and_wait(
        self, task: str, payloads: Sequence[Any], options: TriggerOptions | None = None
    ) -> list[RunResult]:
        asked = self.plain.triggering(task, payloads, options, is_batch=True, is_waited_for=True)
        ended = (await self.wait_for(asked)).value if asked.orders else []
        return msgspec.convert(ended, list[RunResult])

    async def new_token(self, timeout_seconds: float | None = None) -> str:
        asked = say.TokenAsked(self.plain.key_of("token"), timeout_seconds)
        return str((await self.ask(asked)).value["id"])

    async def wait_for(self, question: Question) -> say.StepKnown:
        """Wait, side by side with the other waits; a short one is slept through.

        Raises ``AbortRun`` with the reason of a refusal.
        """
        answer = await self.gate.wait(question)
        if isinstance(answer, say.Refused):
            raise AbortRun(answer.message)
        if isinstance(answer, say.StepKnown):
            return answer
        async with self.gate.work():
            await self._sleep(answer.seconds)
            await self.aside(self.plain.line.ask, say.StepDone(question.key, None))
        return say.StepKnown(None)

    async def _sleep(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while (left := end - loop.time()) > 0:
            await asyncio.sleep(min(left, NAP_SECONDS))
            self.heartbeat()

    async def _ask_all(self, questions: list[Question], may_freeze: bool) -> dict[str, Answer]:
        answered: say.WaitsAnswered = await self.aside(
            self.plain.line.ask, say.WaitsAsked(questions, may_freeze)
        )
        return answered.answers


class _Waiting(AsyncWaiting):
    def __init__(self, context: AsyncRunContext) -> None:
        self._context = context

    async def seconds(self, seconds: float) -> None:
        await self._context.wait_for(self._context.plain.wait.for_seconds(seconds))

    async def until(self, moment: datetime) -> None:
        await self._context.wait_for(self._context.plain.wait.for_moment(moment))

    async def token(self, token_id: str) -> TokenResult:
        answer = await self._context.wait_for(self._context.plain.wait.for_token(token_id))
        return msgspec.convert(answer.value, TokenResult)


class _Tags(AsyncTags):
    def __init__(self, context: AsyncRunContext) -> None:
        self._context = context

    async def add(self, *tags: str) -> None:
        await self._context.ask(say.TagsAdded(list(tags)))


class _Files(AsyncFiles):
    def __init__(self, context: AsyncRunContext) -> None:
        self._context = context

    async def open(self, file_id: str) -> Path:
        async with self._context.gate.work():
            return await self._context.aside(self._context.plain.files.open, file_id)

    async def save(self, path: Path, *, file_name: str, mime_type: str) -> StoredFile:
        async with self._context.gate.work():
            return await self._context.aside(
                self._context.plain.files.save, path, file_name=file_name, mime_type=mime_type
            )
