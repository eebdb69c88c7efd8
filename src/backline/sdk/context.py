"""What a task is given besides its payload: its run, steps, waits, metadata, files.

These are contracts. The worker's child process fills them for real runs,
``backline.testing`` for runs inside a test.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

from backline.sdk.files import Files
from backline.sdk.metadata import Metadata
from backline.sdk.run import RunFacts, RunResult
from backline.sdk.trigger import TriggerOptions
from backline.sdk.wait import Waiting

T = TypeVar("T")

Level = Literal["debug", "info", "warn", "error"]
"""How much a line of the run's log matters."""


class Tags(ABC):
    """The run's tags, by which callers find it."""

    @abstractmethod
    def add(self, *tags: str) -> None:
        """Give the run more tags. Raises ``AbortRun`` beyond what a run may carry."""


class Context(ABC):
    """A run, seen from inside its task."""

    run: RunFacts
    metadata: Metadata
    tags: Tags
    files: Files
    wait: Waiting
    workdir: Path
    """An empty folder of this attempt's own, removed when the attempt ends."""

    @property
    @abstractmethod
    def cancelled(self) -> bool:
        """Whether the run is to stop here: it was canceled, its time is over, or its worker stops.

        A task that has looked here once is not interrupted with ``RunStopped``
        any more: it ends by itself, within a few seconds, or is killed.
        """

    @abstractmethod
    def heartbeat(self) -> None:
        """Say that the task is alive, when it is long silent otherwise.

        Needed only in tasks with ``heartbeat_seconds``; every other call of the
        context, and every line that is printed, says so too.
        """

    @abstractmethod
    def step(self, name: str, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Do a named piece of work once per run, and keep what it returns.

        A run that is interrupted, or tried again, gets the kept value instead
        of doing the work again. The value must be JSON, or a type with an
        annotation on ``function``'s return that JSON can be turned into
        (msgspec Structs, dataclasses and pydantic models). A step that raises
        is not kept. A name used again is kept as ``name#2``.
        """

    @abstractmethod
    def log(self, text: str, *, level: Level = "info") -> None:
        """Add a line to the run's log, and to ``logs`` in its metadata."""

    @abstractmethod
    def output(self, stream: str, text: str) -> None:
        """Add to the run's log while it runs, under ``stdout`` or ``stderr``.

        What the task prints lands there by itself; this is for what it hears
        from programs that it started.
        """

    @abstractmethod
    def service(self, name: str, request: Any) -> Any:
        """Ask a service that the worker offers to its tasks; both ways plain JSON.

        Raises ``AbortRun`` with the service's reason when it refuses.
        """

    @abstractmethod
    def trigger(self, task: str, payload: Any = None, options: TriggerOptions | None = None) -> str:
        """Trigger another run and go on at once. Returns its id. Counts as a step."""

    @abstractmethod
    def trigger_and_wait(
        self, task: str, payload: Any = None, options: TriggerOptions | None = None
    ) -> RunResult:
        """Trigger another run and wait, frozen, for its end."""

    @abstractmethod
    def batch_trigger(
        self, task: str, payloads: Sequence[Any], options: TriggerOptions | None = None
    ) -> list[str]:
        """Trigger a run per payload, 1,000 at most, as one batch and go on at once. Returns their ids."""

    @abstractmethod
    def batch_trigger_and_wait(
        self, task: str, payloads: Sequence[Any], options: TriggerOptions | None = None
    ) -> list[RunResult]:
        """Trigger a run per payload, 1,000 at most, as one batch and wait, frozen, for the last end."""

    @abstractmethod
    def new_token(self, timeout_seconds: float | None = None) -> str:
        """Make a token that something outside completes. Returns its id. Counts as a step."""
