"""Waits of an async task are asked for together, when nothing else is under way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from backline.runtime import messages as say
from backline.runtime.gate import Answer, Gate, Question


class Supervisor:
    """Writes down what is asked together, and answers what is over."""

    def __init__(self, over: Callable[[str], bool] = bool) -> None:
        self.asked: list[list[str]] = []
        self.could_freeze: list[bool] = []
        self._over = over

    async def answer(self, questions: list[Question], may_freeze: bool) -> dict[str, Answer]:
        self.asked.append([each.key for each in questions])
        self.could_freeze.append(may_freeze)
        return {each.key: say.StepKnown(each.key) for each in questions if self._over(each.key)}


def wait(key: str) -> say.WaitAsked:
    return say.WaitAsked(key, until=1)


def together(
    supervisor: Supervisor, *coroutines: Callable[[Gate], Coroutine[Any, Any, Any]]
) -> list[Any]:
    async def main() -> list[Any]:
        gate = Gate(supervisor.answer)
        return await asyncio.gather(*(coroutine(gate) for coroutine in coroutines))

    return asyncio.run(asyncio.wait_for(main(), 30))


def test_waits_are_asked_for_together() -> None:
    """Three coroutines that wait make one question."""
    supervisor = Supervisor()
    answers = together(supervisor, *(lambda gate, key=key: gate.wait(wait(key)) for key in "abc"))
    assert supervisor.asked == [["a", "b", "c"]]
    assert [answer.value for answer in answers] == ["a", "b", "c"]


def test_a_run_does_not_freeze_while_there_is_work() -> None:
    """It would end the process in the middle; the wait begins all the same, and freezes later."""
    supervisor = Supervisor()
    supervisor._over = lambda _: supervisor.could_freeze[-1]
    done: list[list[bool]] = []

    async def work(gate: Gate) -> None:
        async with gate.work():
            await asyncio.sleep(0.2)
            done.append(list(supervisor.could_freeze))

    together(supervisor, work, lambda gate: gate.wait(wait("a")))
    assert done == [[False]] and supervisor.could_freeze == [False, True]


def test_a_wait_that_is_over_goes_on_beside_the_work() -> None:
    """Whatever else is still under way."""
    order: list[str] = []

    async def work(gate: Gate) -> None:
        async with gate.work():
            await asyncio.sleep(0.3)
            order.append("work")

    async def waiting(gate: Gate) -> None:
        await gate.wait(wait("a"))
        order.append("wait")

    together(Supervisor(), work, waiting)
    assert order == ["wait", "work"]


def test_a_wait_inside_a_piece_of_work_does_not_wait_for_it() -> None:
    """A step that waits within itself would otherwise wait for ever."""
    supervisor = Supervisor()

    async def work(gate: Gate) -> None:
        async with gate.work(), gate.work():
            await gate.wait(wait("inside"))

    together(supervisor, work)
    assert supervisor.asked == [["inside"]]


def test_what_is_not_over_is_asked_for_again() -> None:
    """Each goes on when its own is over."""
    asked_before: set[str] = set()

    def second_time(key: str) -> bool:
        known = key == "a" or key in asked_before
        asked_before.add(key)
        return known

    supervisor = Supervisor(second_time)
    together(supervisor, *(lambda gate, key=key: gate.wait(wait(key)) for key in "ab"))
    assert supervisor.asked == [["a", "b"], ["b"]]


def test_a_refusal_reaches_whoever_waits() -> None:
    """An error of the question is raised where it was asked."""

    class Refusing(Supervisor):
        async def answer(self, questions: list[Question], may_freeze: bool) -> dict[str, Answer]:
            raise LookupError("no such token")

    async def ask(gate: Gate) -> str:
        try:
            await gate.wait(wait("a"))
        except LookupError as refusal:
            return str(refusal)
        return "answered"

    assert together(Refusing(), ask) == ["no such token"]
