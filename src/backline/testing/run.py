"""A whole run, performed here and now."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from backline.errors import AbortRun
from backline.ids import new_id
from backline.runtime import messages as say
from backline.runtime.attempt import attempt
from backline.sdk import RunFacts, RunResult, RunStopped, StoredFile, Task, registry
from backline.testing.clock import StillClock
from backline.testing.context import InlineContext
from backline.testing.files import InlineFiles
from backline.testing.metadata import InlineMetadata

FIRST_RUN = RunFacts(id="run_00000000000000000000000000", task_identifier="", account_id="")


@dataclass(frozen=True, kw_only=True)
class InlineRun:
    """What came of a run: its output, and what callers and storage would have seen."""

    output: Any
    """None when the run was canceled."""
    is_canceled: bool
    metadata: dict[str, Any]
    metadata_history: dict[str, list[Any]]
    """Every value that a key went through, in order."""
    parent_metadata: dict[str, Any]
    """What the parent's metadata became; the run's own when it has no parent."""
    logs: list[str]
    tags: list[str]
    """The run's, with those that it gave itself."""
    steps: dict[str, Any]
    """What each step returned; hand it to another ``run_inline`` to resume from there."""
    said: list[tuple[str, str]]
    """The run's log, as (stream, text)."""
    waited_seconds: float
    """How long it waited, by the still clock."""
    saved: list[StoredFile] = field(default_factory=list)
    paths: dict[str, Path] = field(default_factory=dict)
    """Where each saved file lies, by file id."""


def run_inline(
    task: Task,
    payload: object,
    *,
    files: Mapping[str, Path] | None = None,
    steps: Mapping[str, Any] | None = None,
    workdir: Path | None = None,
    services: Mapping[str, Callable[[Any], Any]] | None = None,
    tokens: Mapping[str, Any] | None = None,
    run: RunFacts = FIRST_RUN,
    metadata: Mapping[str, Any] | None = None,
    clock: StillClock | None = None,
    cancel_after_calls: int | None = None,
) -> InlineRun:
    """Perform a task here and now, and return what came of it.

    ``payload`` is plain JSON and is read as a worker reads it. ``files`` are
    the stored files within the run's reach, by id. Steps found in ``steps``
    are answered from there, as after a crash. ``services`` answer what the
    task asks of its worker, by name; ``tokens`` are what tokens are completed
    with, by id (the first that the task makes is ``waitpoint_1``). ``run`` is
    what the task shall see as ``ctx.run``; with a ``parent_id`` it has a parent
    whose metadata it may change. ``metadata`` is what it was triggered with.

    Waits take no time and move ``clock``. Runs that the task triggers are
    performed at once. With ``cancel_after_calls`` the run is canceled after so
    many calls of its context. ``workdir`` keeps the saved files; without it
    they lie in a new temporary folder, which is the caller's to remove. Raises
    what the task raises.
    """
    folder = Path(tempfile.mkdtemp(prefix="backline-inline-")) if workdir is None else workdir
    parent = None if run.parent_id is None else InlineMetadata()
    family = _Family(folder, files or {}, services or {}, tokens or {}, clock or StillClock())
    context = family.context(
        run, InlineMetadata(parent, dict(metadata or {})), steps or {}, cancel_after_calls
    )
    return family.perform(task, payload, context)


@dataclass(frozen=True)
class _Family:
    """What a run shares with those that it triggers."""

    folder: Path
    files: Mapping[str, Path]
    services: Mapping[str, Callable[[Any], Any]]
    tokens: Mapping[str, Any]
    clock: StillClock

    def context(
        self,
        run: RunFacts,
        metadata: InlineMetadata,
        steps: Mapping[str, Any],
        cancel_after_calls: int | None = None,
    ) -> InlineContext:
        scratch = self.folder / "work"
        scratch.mkdir(parents=True, exist_ok=True)
        context = InlineContext(
            run,
            scratch,
            InlineFiles(self.folder / "files", self.files),
            metadata=metadata,
            steps=steps,
            services=self.services,
            tokens=self.tokens,
            clock=self.clock,
            perform_child=lambda order: self.perform_child(context, order),
            cancel_after_calls=cancel_after_calls,
        )
        return context

    def perform(self, task: Task, payload: object, context: InlineContext) -> InlineRun:
        """Perform the task as a worker's process would, hooks included."""
        begun_seconds = self.clock.passed_seconds
        context.run = msgspec.structs.replace(context.run, task_identifier=task.identifier)
        try:
            output = attempt(task, task.read_payload(payload), context, context.stop)
        except RunStopped:
            output = None
        return _what_came(context, output, self.clock.passed_seconds - begun_seconds)

    def perform_child(self, parent: InlineContext, order: say.ChildOrder) -> RunResult:
        """Perform a child run here and now; what it raises is its result, as in real runs."""
        child = registry.get(order.task_identifier)
        if child is None:
            raise AbortRun(
                f"no task {order.task_identifier!r} was imported: import its module in the test"
            )
        run_id = new_id("run")
        facts = RunFacts(
            id=run_id,
            task_identifier=order.task_identifier,
            account_id=parent.run.account_id,
            tags=order.tags,
            is_test=parent.run.is_test,
            machine=order.machine or child.facts.machine,
            parent_id=parent.run.id,
            root_id=parent.run.root_id or parent.run.id,
            depth=parent.run.depth + 1,
        )
        folder = self.folder / run_id
        room = _Family(folder, self.files, self.services, self.tokens, self.clock)
        context = room.context(facts, InlineMetadata(parent.metadata, order.metadata), {})
        try:
            ended = room.perform(child, order.payload, context)
        except Exception as error:  # noqa: BLE001 - a child's failure is a value to its parent
            described = {"name": type(error).__name__, "message": str(error)}
            return RunResult(id=run_id, ok=False, error=described)
        return RunResult(id=run_id, ok=True, output=ended.output)


def _what_came(context: InlineContext, output: object, waited_seconds: float) -> InlineRun:
    parent = context.metadata.parent
    assert isinstance(parent, InlineMetadata)
    is_canceled = context.stop.is_up
    return InlineRun(
        output=None if is_canceled else output,
        is_canceled=is_canceled,
        metadata=context.metadata.values,
        metadata_history=context.metadata.history,
        parent_metadata=parent.values,
        logs=context.metadata.values.get("logs", []),
        tags=[*context.run.tags, *context.memory.tags],
        steps=context.memory.steps,
        said=context.memory.said,
        waited_seconds=waited_seconds,
        saved=context.files.saved,
        paths={
            stored.file_id: context.files.open(stored.file_id) for stored in context.files.saved
        },
    )
