"""What a task is given besides its payload: its run, steps, metadata, files.

These are contracts. The worker's child process fills them for real runs,
``backline.testing`` for runs inside a test.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


class RunFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a task may know of the run that it performs."""

    id: str
    task_identifier: str
    account_id: str
    """The account that owns the run."""
    attempt_number: int = 1
    """1 for the first try."""
    tags: list[str] = []
    is_test: bool = False
    version: str = ""
    """The version of the worker that performs the run."""


class StoredFile(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A file in storage, as the API shows it."""

    file_id: str
    storage_key: str
    file_name: str
    mime_type: str
    size_bytes: int
    signed_url: str
    """An expiring link that needs no credentials."""


class Metadata(ABC):
    """JSON beside the run that callers read while it goes on. Keys are text."""

    @abstractmethod
    def set(self, key: str, value: Any) -> None:
        """Replace the value under ``key``."""

    @abstractmethod
    def append(self, key: str, value: Any) -> None:
        """Add to the list under ``key``, making one where there is none."""

    @abstractmethod
    def increment(self, key: str, by: float = 1) -> None:
        """Add to the number under ``key``; a missing one counts as 0."""

    @abstractmethod
    def delete(self, key: str) -> None:
        """Remove ``key``; a missing one is no error."""


class Files(ABC):
    """The run's door to storage. A task never sees the storage's credentials."""

    @abstractmethod
    def open(self, file_id: str) -> Path:
        """Bring a stored file within reach and return its local, read-only path.

        Raises ``AbortRun`` for a file that does not exist within the reach of
        the run's account.
        """

    @abstractmethod
    def save(self, path: Path, *, file_name: str, mime_type: str) -> StoredFile:
        """Put a local file into storage under the run's account and return its record."""


class RunResult(msgspec.Struct, frozen=True, kw_only=True):
    """How a run ended that a task waited for."""

    id: str
    ok: bool
    """Whether it was completed; anything else left no output."""
    output: Any = None
    error: dict[str, Any] | None = None
    """``message``, ``name`` and ``stackTrace`` when it did not complete."""


class TokenResult(msgspec.Struct, frozen=True, kw_only=True):
    """How a token ended that a task waited for."""

    ok: bool
    """False when its time ran out."""
    output: Any = None


class TriggerOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What may be said about a run beside its task and payload."""

    tags: list[str] = []
    metadata: dict[str, Any] | None = None
    idempotency_key: str | None = None
    delay_seconds: float | None = None
    ttl_seconds: float | None = None
    queue: str | None = None
    concurrency_key: str | None = None
    priority_seconds: float = 0.0
    max_attempts: int | None = None
    max_duration_seconds: float | None = None


class Waiting(ABC):
    """Waits that hold nothing: beyond a few seconds the run freezes, without a process or a slot.

    Each counts as a step: after it the task starts again from the top, and
    finished steps and waits are answered from the record.
    """

    @abstractmethod
    def seconds(self, seconds: float) -> None:
        """Go on after so many seconds."""

    @abstractmethod
    def until(self, moment: datetime) -> None:
        """Go on at a moment; one without a zone is UTC, one that has passed is now."""

    @abstractmethod
    def token(self, token_id: str) -> TokenResult:
        """Go on when the token is completed from outside, or its time has run out."""


class Context(ABC):
    """A run, seen from inside its task."""

    run: RunFacts
    metadata: Metadata
    files: Files
    wait: Waiting
    workdir: Path
    """An empty folder of this attempt's own, removed when the attempt ends."""

    @abstractmethod
    def step(self, name: str, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Do a named piece of work once per run, and keep what it returns.

        A run that is interrupted, or tried again, gets the kept value instead
        of doing the work again. The value must be JSON, or a type with an
        annotation on ``function``'s return that JSON can be turned into
        (msgspec Structs and dataclasses). A step that raises is not kept.
        """

    @abstractmethod
    def log(self, text: str) -> None:
        """Add a line to the run's ``logs``."""

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
        """Trigger a run per payload as one batch and go on at once. Returns their ids."""

    @abstractmethod
    def batch_trigger_and_wait(
        self, task: str, payloads: Sequence[Any], options: TriggerOptions | None = None
    ) -> list[RunResult]:
        """Trigger a run per payload as one batch and wait, frozen, for the last one's end."""

    @abstractmethod
    def new_token(self, timeout_seconds: float | None = None) -> str:
        """Make a token that something outside completes. Returns its id. Counts as a step."""

    @abstractmethod
    def add_tags(self, *tags: str) -> None:
        """Give the run more tags. Raises ``AbortRun`` beyond what a run may carry."""
