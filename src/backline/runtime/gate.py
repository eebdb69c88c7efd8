"""Where the coroutines of an async task wait together, until nothing else is under way.

A wait ends the process of its run. So it is asked for only when every step has
finished: then all waits are asked for at once, and those that are over go on.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar

from backline.runtime import messages as say

Question = say.WaitAsked | say.TriggerAsked
Answer = say.StepKnown | say.WaitHere
AskAll = Callable[[list[Question]], Awaitable[dict[str, Answer]]]

SETTLING_SECONDS = 0.02
"""How long the others get to begin something before a wait is asked for."""

_enclosing: ContextVar[tuple[object, ...]] = ContextVar("enclosing", default=())
"""The work that the current coroutine is inside of."""


class _Waiting:
    def __init__(self, question: Question) -> None:
        self.question = question
        self.inside = _enclosing.get()
        self.answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()


class Gate:
    """Counts what is under way, and lets waits through when they are all that is left."""

    def __init__(self, ask_all: AskAll) -> None:
        self._ask_all = ask_all
        self._under_way: set[object] = set()
        self._waiting: dict[str, _Waiting] = {}
        self._asking: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def work(self) -> AsyncIterator[None]:
        """Hold back every wait during the block, unless it is one inside the block itself."""
        work = object()
        self._under_way.add(work)
        before = _enclosing.set((*_enclosing.get(), work))
        try:
            yield
        finally:
            _enclosing.reset(before)
            self._under_way.discard(work)
            self._look_soon()

    async def wait(self, question: Question) -> Answer:
        """Wait for the answer; when it takes long the process ends here."""
        waiting = _Waiting(question)
        self._waiting[question.key] = waiting
        self._look_soon()
        try:
            return await waiting.answer
        finally:
            del self._waiting[question.key]

    def _look_soon(self) -> None:
        asyncio.get_running_loop().call_later(SETTLING_SECONDS, self._look)

    def _look(self) -> None:
        unanswered = [each for each in self._waiting.values() if not each.answer.done()]
        held_up = {work for each in unanswered for work in each.inside}
        if unanswered and self._asking is None and self._under_way <= held_up:
            self._asking = asyncio.ensure_future(self._ask(unanswered))

    async def _ask(self, waiting: list[_Waiting]) -> None:
        try:
            answers = await self._ask_all([each.question for each in waiting])
            for each in waiting:
                if each.question.key in answers and not each.answer.done():
                    each.answer.set_result(answers[each.question.key])
        except Exception as error:  # noqa: BLE001 - it belongs to those who wait
            for each in waiting:
                if not each.answer.done():
                    each.answer.set_exception(error)
        finally:
            self._asking = None
            self._look_soon()
