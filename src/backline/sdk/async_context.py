"""What an ``async def`` task is given: the same as any other task, with ``await`` where it lasts.

Nothing here blocks the event loop, and steps may run side by side in
``asyncio.gather`` or a ``TaskGroup``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar, overload

from backline.sdk.context import Level
from backline.sdk.files import StoredFile
from backline.sdk.metadata import Metadata
from backline.sdk.run import RunFacts, RunResult, TokenResult
from backline.sdk.trigger import TriggerOptions

T = TypeVar("T")


class AsyncTags(ABC):
    """See ``Tags``."""

    @abstractmethod
    async def add(self, *tags: str) -> None:
        """Give the run more tags. Raises ``AbortRun`` beyond what a run may carry."""


class AsyncFiles(ABC):
    """See ``Files``."""

    @abstractmethod
    async def open(self, file_id: str) -> Path:
        """Bring a stored file within reach and return its local, read-only path."""

    @abstractmethod
    async def save(self, path: Path, *, file_name: str, mime_type: str) -> StoredFile:
        """Put a local file into storage under the run's account and return its record."""


class AsyncWaiting(ABC):
    """See ``Waiting``. The run freezes when waits are all that it has under way.

    Several may be waited for side by side; each goes on when its own is over.
    """

    @abstractmethod
    async def seconds(self, seconds: float) -> None:
        """Go on after so many seconds."""

    @abstractmethod
    async def until(self, moment: datetime) -> None:
        """Go on at a moment; one without a zone is UTC, one that has passed is now."""

    @abstractmethod
    async def token(self, token_id: str) -> TokenResult:
        """Go on when the token is completed from outside, or its time has run out."""


class AsyncContext(ABC):
    """A run, seen from inside its ``async def`` task. See ``Context``, word for word."""

    run: RunFacts
    metadata: Metadata
    tags: AsyncTags
    files: AsyncFiles
    wait: AsyncWaiting
    workdir: Path

    @property
    @abstractmethod
    def cancelled(self) -> bool:
        """Whether the run is to stop; whoever looks here is not interrupted any more.

        A task that does not look gets ``asyncio.CancelledError``, and has a few
        seconds to clean up, awaiting included.
        """

    @abstractmethod
    def heartbeat(self) -> None:
        """Say that the task is alive, when it is long silent otherwise."""

    @overload
    async def step(
        self, name: str, function: Callable[..., Awaitable[T]], *args: Any, **kwargs: Any
    ) -> T: ...
    @overload
    async def step(self, name: str, function: Callable[..., T], *args: Any, **kwargs: Any) -> T: ...
    @abstractmethod
    async def step(self, name: str, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Do a named piece of work once per run, and keep what it returns.

        ``function`` is a coroutine function, or a plain one, which works in a
        thread of its own and does not block the others.
        """

    @abstractmethod
    def log(self, text: str, *, level: Level = "info") -> None:
        """Add a line to the run's log, and to ``logs`` in its metadata."""

    @abstractmethod
    def output(self, stream: str, text: str) -> None:
        """Add to the run's log while it runs, under ``stdout`` or ``stderr``."""

    @abstractmethod
    async def service(self, name: str, request: Any) -> Any:
        """Ask a service that the worker offers to its tasks; both ways plain JSON."""

    @abstractmethod
    async def trigger(
        self, task: str, payload: Any = None, options: TriggerOptions | None = None
    ) -> str:
        """Trigger another run and go on at once. Returns its id. Counts as a step."""

    @abstractmethod
    async def trigger_and_wait(
        self, task: str, payload: Any = None, options: TriggerOptions | None = None
    ) -> RunResult:
        """Trigger another run and wait, frozen, for its end."""

    @abstractmethod
    async def batch_trigger(
        self, task: str, payloads: Sequence[Any], options: TriggerOptions | None = None
    ) -> list[str]:
        """Trigger a run per payload, 1,000 at most, as one batch and go on at once. Returns their ids."""

    @abstractmethod
    async def batch_trigger_and_wait(
        self, task: str, payloads: Sequence[Any], options: TriggerOptions | None = None
    ) -> list[RunResult]:
        """Trigger a run per payload, 1,000 at most, as one batch and wait, frozen, for the last end."""

    @abstractmethod
    async def new_token(self, timeout_seconds: float | None = None) -> str:
        """Make a token that something outside completes. Returns its id. Counts as a step."""
