"""Everything that a worker keeps for a run, in memory: steps, waits, tokens, children."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from backline.errors import AbortRun
from backline.runtime import messages as say
from backline.runtime.line import Line
from backline.runtime.stopping import StopSign
from backline.sdk import RunResult, TokenResult
from backline.testing.clock import StillClock

PerformChild = Callable[[say.ChildOrder], RunResult]


class Memory(Line):
    """Answers a context as the worker's supervisor would, at once and without a trace."""

    def __init__(
        self,
        clock: StillClock,
        stop: StopSign,
        steps: Mapping[str, Any],
        services: Mapping[str, Callable[[Any], Any]],
        tokens: Mapping[str, Any],
        perform_child: PerformChild,
        cancel_after_calls: int | None = None,
    ) -> None:
        self.steps = dict(steps)
        self.said: list[tuple[str, str]] = []
        self.tags: list[str] = []
        self._clock = clock
        self._stop = stop
        self._services = services
        self._tokens = tokens
        self._timeouts: dict[str, float | None] = {}
        self._perform_child = perform_child
        self._held: dict[tuple[str, str], RunResult] = {}
        self._calls_left = cancel_after_calls

    def count_call(self) -> None:
        """Cancel the run when the task has made as many calls as the test allows."""
        if self._calls_left is None:
            return
        self._calls_left -= 1
        if self._calls_left < 0:
            self._stop.put_up()

    def tell(self, message: msgspec.Struct) -> None:
        if isinstance(message, say.Said):
            self.said.append((message.stream, message.text))
        self.count_call()

    def _ask(self, question: msgspec.Struct) -> Any:
        if not isinstance(question, say.StepDone):
            self.count_call()  # a step is one call, though it takes two words
        match question:
            case say.StepAsked(key):
                return say.StepKnown(self.steps[key]) if key in self.steps else say.StepNeeded()
            case say.StepDone(key, value):
                self.steps[key] = value
                return say.Done()
            case say.ServiceAsked(service, request):
                return say.ServiceAnswered(self._serve(service, request))
            case say.TagsAdded(tags):
                self.tags += [tag for tag in tags if tag not in self.tags]
                return say.Done()
            case say.WaitsAsked(questions):
                return say.WaitsAnswered({each.key: self._known(each) for each in questions})
            case say.WaitAsked() | say.TriggerAsked() | say.TokenAsked():
                return self._known(question)
        raise TypeError(f"nobody answers {type(question).__name__}")

    def _known(self, question: say.WaitAsked | say.TriggerAsked | say.TokenAsked) -> say.StepKnown:
        if question.key not in self.steps:
            self.steps[question.key] = msgspec.to_builtins(self._answer(question))
        return say.StepKnown(self.steps[question.key])

    def _answer(self, question: say.WaitAsked | say.TriggerAsked | say.TokenAsked) -> Any:
        match question:
            case say.WaitAsked(token_id=str(token_id)):
                return self._wait_for(token_id)
            case say.WaitAsked(until=int(until)):
                return self._clock.move_to(until)
            case say.TriggerAsked(orders=orders):
                ended = [self._perform(order) for order in orders]
                return ended if question.is_waited_for else [run.id for run in ended]
            case say.TokenAsked(timeout_seconds=timeout_seconds):
                token_id = f"waitpoint_{len(self._timeouts) + 1}"
                self._timeouts[token_id] = timeout_seconds
                return {"id": token_id}

    def _perform(self, order: say.ChildOrder) -> RunResult:
        """Perform a child, once for an idempotency key; one that failed frees its key."""
        if order.idempotency_key is None:
            return self._perform_child(order)
        key = (order.task_identifier, order.idempotency_key)
        if key not in self._held or not self._held[key].ok:
            self._held[key] = self._perform_child(order)
        return self._held[key]

    def _wait_for(self, token_id: str) -> TokenResult:
        if token_id in self._tokens:
            return TokenResult(ok=True, output=self._tokens[token_id])
        timeout_seconds = self._timeouts.get(token_id)
        if timeout_seconds is None:
            raise AbortRun(
                f"nobody completes token {token_id!r}: hand its output to run_inline in `tokens`"
            )
        self._clock.move_to(self._clock.now_ms() + round(timeout_seconds * 1000))
        return TokenResult(ok=False)

    def _serve(self, name: str, request: Any) -> Any:
        if name not in self._services:
            raise AbortRun(f"no service {name!r}: hand one to run_inline in `services`")
        return self._services[name](request)
