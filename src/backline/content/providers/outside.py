"""The task's side: hands jobs to outside services and waits for them, or goes on without.

A ticket is kept as a durable step: a run that is resumed asks after the job it
handed in, and does not pay for another.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from backline.content.providers import messages as say
from backline.errors import AbortRun
from backline.sdk import Context

T = TypeVar("T")

_FIRST_NAP_SECONDS, _LONGEST_NAP_SECONDS = 0.2, 3.0


class Outside:
    """The outside services of one run."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._offered: say.Offered | None = None

    def name_of(self, kind: say.Kind) -> str:
        """Return the service for a kind of thing; empty when there is none."""
        return self._offers().names.get(kind, "")

    def attempt(self, kind: say.Kind, work: Callable[[], T]) -> tuple[T | None, str]:
        """Return what ``work`` made with a service, or None and a sentence that says why not.

        Raises ``AbortRun`` where the settings would rather have the run fail.
        """
        try:
            return work(), ""
        except AbortRun as refusal:
            reason = f"{self.name_of(kind)} made no {_NOUNS[kind]}: {refusal}"
        if not self._offers().does_without:
            raise AbortRun(f"{reason} (BACKLINE_PROVIDER_FAILURE=local goes on without it)")
        self._ctx.log(reason)
        return None, f"{reason[0].upper()}{reason[1:]}; backline's own was used."

    def make(self, job: say.Job) -> say.Done:
        """Let a service make something. Raises ``AbortRun`` when it refuses or takes too long."""
        kind: say.Kind = job.__struct_config__.tag  # type: ignore[assignment]
        waiting = _Patience(self._offers().timeout_seconds)
        while True:
            ticket = self._ctx.step(f"{kind} provider", self._hand_in, job, waiting)
            reply = self._wait(kind, ticket, waiting)
            if isinstance(reply, say.Done):
                return reply
            waiting.nap(reply.after_seconds if isinstance(reply, say.Busy) else None, reply)

    def _hand_in(self, job: say.Job, waiting: _Patience) -> str:
        while True:
            reply = self._ask(say.Start(job))
            if isinstance(reply, say.Started):
                return reply.ticket
            waiting.nap(reply.after_seconds if isinstance(reply, say.Busy) else None, reply)

    def _wait(self, kind: say.Kind, ticket: str, waiting: _Patience) -> say.Reply:
        is_over = False
        try:
            while True:
                reply: say.Reply = self._ask(say.Look(kind, ticket, str(self._ctx.workdir)))
                if not isinstance(reply, say.Working):
                    is_over = True
                    return reply
                waiting.nap(None, reply)
        finally:
            if not is_over:
                self._give_up(kind, ticket)

    def _give_up(self, kind: say.Kind, ticket: str) -> None:
        """Whether the service heard it or not, the run goes its way."""
        try:
            self._ask(say.Drop(kind, ticket))
        except AbortRun:
            return

    def _ask(self, request: say.Request) -> Any:
        answer = self._ctx.service(say.SERVICE, msgspec.to_builtins(request))
        return None if answer is None else msgspec.convert(answer, say.Reply)

    def _offers(self) -> say.Offered:
        if self._offered is None:
            try:
                self._offered = self._ask(say.Offers())
            except AbortRun:  # a worker that has no such service offers nothing
                self._offered = say.Offered()
        return self._offered


class _Patience:
    """How long something is still waited for."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._ends_at = time.monotonic() + seconds
        self._next_nap_seconds = _FIRST_NAP_SECONDS

    def nap(self, wanted_seconds: float | None, reply: say.Reply) -> None:
        """Sleep a little, longer each time, or as long as was wanted. Raises ``AbortRun`` at the end."""
        nap = self._next_nap_seconds if wanted_seconds is None else wanted_seconds
        self._next_nap_seconds = min(1.5 * self._next_nap_seconds, _LONGEST_NAP_SECONDS)
        if time.monotonic() + nap > self._ends_at:
            last = reply.reason if isinstance(reply, say.Busy) else "it was not finished"
            raise AbortRun(f"gave up after {self._seconds:g} seconds: {last}")
        time.sleep(nap)


_NOUNS: dict[say.Kind, str] = {
    "image": "picture",
    "motion": "film",
    "lipsync": "film",
    "caption": "caption",
}
