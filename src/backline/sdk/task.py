"""A task: a function with a name, that backline runs and does not lose."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable
from typing import Any

import msgspec

from backline.errors import PayloadInvalid
from backline.sdk.async_context import AsyncContext
from backline.sdk.context import Context
from backline.sdk.cron import Cron
from backline.sdk.facts import TaskFacts
from backline.sdk.machine import DEFAULT_MACHINE, MACHINES
from backline.sdk.registry import registry
from backline.sdk.retry import NO_RETRY, Retry
from backline.sdk.schema import schema_of
from backline.sdk.values import hints_of, result_of, to_kind

TaskFunction = Callable[..., Any]

LEAST_HEARTBEAT_SECONDS = 1.0
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_\-./]{0,127}")


class Hooks(msgspec.Struct, frozen=True, kw_only=True):
    """Functions around a task's attempts. What they raise is logged and changes nothing else.

    They get the payload and the context that the task gets; those of an
    ``async def`` task may be async too.
    """

    on_start: Callable[[Any, Any], object] | None = None
    """Before each attempt: ``(payload, ctx)``. An attempt that waited does not start again."""
    on_success: Callable[[Any, Any, Any], object] | None = None
    """After the task returned: ``(payload, ctx, output)``."""
    on_failure: Callable[[Any, Any, BaseException], object] | None = None
    """After the task raised: ``(payload, ctx, error)``, also when another attempt follows."""
    on_cancel: Callable[[Any, Any], object] | None = None
    """After the task was stopped, and has cleaned up: ``(payload, ctx)``; a few seconds are left."""


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """A registered task. Calling it calls the function itself, which is how tests use it."""

    function: TaskFunction
    facts: TaskFacts
    retry: Retry = NO_RETRY
    hooks: Hooks = Hooks()

    @property
    def identifier(self) -> str:
        """The name that callers trigger, such as ``create-content``."""
        return self.facts.identifier

    def __call__(self, payload: Any, ctx: Context | AsyncContext) -> Any:
        return self.function(payload, ctx)

    @property
    def origin(self) -> str:
        """Where the function stands, as ``module:name``."""
        return f"{self.function.__module__}:{self.function.__qualname__}"

    @property
    def is_async(self) -> bool:
        return inspect.iscoroutinefunction(self.function)

    @property
    def wants_async_context(self) -> bool:
        """Whether it is async and does not say, by its annotation, that it wants a plain context."""
        if not self.is_async:
            return False
        _, *others = inspect.signature(self.function).parameters
        return not (others and hints_of(self.function).get(others[0]) is Context)

    @property
    def payload_type(self) -> Any:
        """The annotation of the first parameter; ``Any`` when there is none."""
        names = list(inspect.signature(self.function).parameters)
        return hints_of(self.function).get(names[0], Any)

    def announced(self) -> TaskFacts:
        """Return the facts as a worker tells them to others, with the payload's schema."""
        try:
            schema = schema_of(self.payload_type)
        except (NameError, TypeError):
            return self.facts  # an annotation that means nothing here: the run will say so
        return msgspec.structs.replace(self.facts, payload_schema=schema)

    def read_payload(self, payload: object) -> Any:
        """Turn plain JSON into what the function asks for.

        Raises ``PayloadInvalid``, naming the field that does not fit.
        """
        try:
            return to_kind(payload, self.payload_type)
        except ValueError as misfit:  # the base of msgspec's and of pydantic's errors
            raise PayloadInvalid(
                f"the payload does not fit task {self.identifier!r}: {misfit}"
            ) from misfit

    def write_output(self, output: object) -> object:
        """Turn what the function returned into plain JSON that fits its annotation.

        Raises ``ResultInvalid``.
        """
        return result_of(self.function, output, f"task {self.identifier!r}")


def task(
    identifier: str,
    *,
    retry: Retry = NO_RETRY,
    max_duration_seconds: float | None = None,
    queue: str = "",
    concurrency_limit: int | None = None,
    concurrency_per_account: bool = False,
    machine: str = DEFAULT_MACHINE,
    ttl_seconds: float | None = None,
    heartbeat_seconds: float | None = None,
    resumable: bool = True,
    cron: str | Cron | None = None,
    hooks: Hooks | None = None,
) -> Callable[[TaskFunction], Task]:
    """Announce a function as a task.

    ``retry`` says when a failed attempt is tried again; ``max_duration_seconds``
    is the active time of a run over all attempts; ``queue`` is shared by tasks
    that name the same one, of which ``concurrency_limit`` runs execute at once,
    of each account if ``concurrency_per_account``;
    ``machine`` names the preset whose memory a run may use and be billed for;
    ``ttl_seconds`` is how long a run may wait to start; ``heartbeat_seconds`` is
    how long a task may be silent before its attempt is ended and counts as
    failed; ``resumable=False`` is for what must never begin twice: when its worker
    stops or dies in the middle the run ends as interrupted; ``cron`` lets the clock trigger it, ``"0 9 * * 1"`` in UTC or ``Cron("0 9 * * 1", timezone="Europe/Berlin")``;
    ``hooks`` are called around its attempts.

    The function takes the payload and a ``Context``; what it returns is the
    run's output. Code between its steps must be repeatable: after a crash it
    runs again, and only finished steps are answered from the record.
    """
    if machine not in MACHINES:
        raise ValueError(f"machine {machine!r} is none: use one of {', '.join(MACHINES)}")
    if concurrency_limit is not None and concurrency_limit < 1:
        raise ValueError(
            f"concurrency_limit={concurrency_limit} would let no run start: use 1 or more"
        )
    if heartbeat_seconds is not None and heartbeat_seconds < LEAST_HEARTBEAT_SECONDS:
        raise ValueError(
            f"heartbeat_seconds={heartbeat_seconds} is too short to tell silence from a hiccup: "
            f"use {LEAST_HEARTBEAT_SECONDS:g} or more"
        )
    if queue and not _IDENTIFIER.fullmatch(queue):
        raise ValueError(f"queue name {queue!r}: use letters, digits and - _ . / (128 at most)")
    if not _IDENTIFIER.fullmatch(identifier):
        raise ValueError(
            f"task name {identifier!r}: use letters, digits and - _ . / (128 at most, a letter or digit first)"
        )

    def register(function: TaskFunction) -> Task:
        facts = TaskFacts(
            identifier=identifier,
            retry=dataclasses.replace(retry, on={}),  # exception classes stay with the code
            max_duration_seconds=max_duration_seconds,
            queue=queue or f"task/{identifier}",
            concurrency_limit=concurrency_limit,
            concurrency_per_account=concurrency_per_account,
            machine=machine,
            ttl_seconds=ttl_seconds,
            heartbeat_seconds=heartbeat_seconds,
            resumable=resumable,
            cron=Cron(cron) if isinstance(cron, str) else cron,
        )
        new = Task(function=function, facts=facts, retry=retry, hooks=hooks or Hooks())
        registry.add(new)
        return new

    return register
