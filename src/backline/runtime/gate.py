"""Where the coroutines of an async task wait together.

When waits are all that is under way they are asked for at once, and the run
freezes until one of them is over. While there is still work under way the
process lives on: the waits begin, and are looked at again and again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar

from backline.runtime import messages as say

Question = say.WaitAsked | say.TriggerAsked
Answer = say.StepKnown | say.WaitHere | say.Refused
AskAll = Callable[[list[Question], bool], Awaitable[dict[str, Answer]]]

SETTLING_SECONDS = 0.02
"""How long the others get to begin something before a wait is asked for."""
SECONDS_BETWEEN_LOOKS = 1.0
"""How long a wait may be over before the coroutine goes on, while others work."""

_enclosing: ContextVar[tuple[object, ...]] = ContextVar("enclosing", default=())
"""The work that the current coroutine is inside of."""


class _Waiting:
    def __init__(self, question: Question) -> None:
        self.question = question
        self.inside = _enclosing.get()
        self.next_look_at = 0.0
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
        """Keep the run from freezing during the block, unless it waits inside the block itself."""
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

    def _look_soon(self, seconds: float = SETTLING_SECONDS) -> None:
        asyncio.get_running_loop().call_later(seconds, self._look)

    def _look(self) -> None:
        unanswered = [each for each in self._waiting.values() if not each.answer.done()]
        if not unanswered or self._asking is not None:
            return
        held_up = {work for each in unanswered for work in each.inside}
        may_freeze = self._under_way <= held_up
        now = asyncio.get_running_loop().time()
        if not may_freeze and all(now < each.next_look_at for each in unanswered):
            return
        self._asking = asyncio.ensure_future(self._ask(unanswered, may_freeze))

    async def _ask(self, waiting: list[_Waiting], may_freeze: bool) -> None:
        try:
            answers = await self._ask_all([each.question for each in waiting], may_freeze)
            for each in waiting:
                each.next_look_at = asyncio.get_running_loop().time() + SECONDS_BETWEEN_LOOKS
                if each.question.key in answers and not each.answer.done():
                    each.answer.set_result(answers[each.question.key])
        except Exception as error:  # noqa: BLE001 - it belongs to those who wait
            for each in waiting:
                if not each.answer.done():
                    each.answer.set_exception(error)
        finally:
            self._asking = None
            self._look_soon()
            self._look_soon(SECONDS_BETWEEN_LOOKS)
