"""What a run's child process and its supervisor say to each other.

The child has no database and no credentials. Everything it wants to last
(steps, metadata, logs, files) it asks of the supervisor in one of these words.
"""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from backline.clock import TimestampMs
from backline.sdk import Debounce, KeyScope, Retry, RunFacts, StoredFile
from backline.sdk.context import Level
from backline.sdk.metadata import Operation, Whose


class Start(msgspec.Struct, frozen=True, tag=True):
    """Supervisor: perform this run."""

    run: RunFacts
    payload: Any
    workdir: str
    is_resumed: bool = False
    """Whether the attempt goes on after a wait."""


class StepAsked(msgspec.Struct, frozen=True, tag=True):
    """Child: is the step's value on record? Answered by `StepKnown` or `StepNeeded`."""

    key: str


class StepKnown(msgspec.Struct, frozen=True, tag=True):
    """Supervisor: the step was finished before; here is its value."""

    value: Any


class StepNeeded(msgspec.Struct, frozen=True, tag=True):
    """Supervisor: do the step."""


class StepDone(msgspec.Struct, frozen=True, tag=True):
    """Child: record the step's value. Answered by `Done` once it is kept."""

    key: str
    value: Any


class MetadataChanged(msgspec.Struct, frozen=True, tag=True):
    """Child: change metadata of the run or of an ancestor. Not answered."""

    is_answered: ClassVar[bool] = False
    operation: Operation
    key: str
    value: Any = None
    whose: Whose = "own"


class Said(msgspec.Struct, frozen=True, tag=True):
    """Child: add to the run's log. Not answered."""

    is_answered: ClassVar[bool] = False
    stream: str
    text: str
    level: Level = "info"


class Beat(msgspec.Struct, frozen=True, tag=True):
    """Child: the task is alive. Not answered."""

    is_answered: ClassVar[bool] = False


class ServiceAsked(msgspec.Struct, frozen=True, tag=True):
    """Child: ask a service of the worker. Answered by `ServiceAnswered` or `Refused`."""

    service: str
    request: Any


class ServiceAnswered(msgspec.Struct, frozen=True, tag=True):
    """Supervisor: what the service says, as plain JSON."""

    answer: Any


class ChildOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A run that a task triggers. Unset fields are as the task's author declared them."""

    task_identifier: str
    payload: Any = None
    tags: list[str] = []
    metadata: dict[str, Any] | None = None
    idempotency_key: str | None = None
    idempotency_key_scope: KeyScope = "run"
    idempotency_key_ttl_seconds: float | None = None
    lock_to_version: str | None = None
    debounce: Debounce | None = None
    delay_until: TimestampMs | None = None
    ttl_seconds: float | None = None
    queue: str | None = None
    concurrency_key: str | None = None
    priority_seconds: float = 0.0
    machine: str | None = None
    max_attempts: int | None = None
    max_duration_seconds: float | None = None


class TriggerAsked(msgspec.Struct, frozen=True, tag=True):
    """Child: trigger these runs, once however often this is asked.

    Answered by `StepKnown` with their ids, or their results when the task waits
    for them; until they are there the run freezes and this process ends.
    """

    key: str
    orders: list[ChildOrder]
    is_batch: bool
    is_waited_for: bool


class WaitAsked(msgspec.Struct, frozen=True, tag=True):
    """Child: wait for a time or a token. Answered by `StepKnown` or `WaitHere`, or the run freezes."""

    key: str
    until: TimestampMs | None = None
    token_id: str | None = None


class WaitHere(msgspec.Struct, frozen=True, tag=True):
    """Supervisor: the wait is so short that freezing would cost more; sleep, then say `StepDone`."""

    seconds: float


class WaitsAsked(msgspec.Struct, frozen=True, tag=True):
    """Child: begin these waits, and say which are over. Answered by `WaitsAnswered`.

    When they are all that is under way and none is over, the run freezes.
    """

    questions: list[WaitAsked | TriggerAsked]
    may_freeze: bool = True
    """Whether they are all that is under way."""


class WaitsAnswered(msgspec.Struct, frozen=True, tag=True):
    """Supervisor: these waits are over, can not be, or are so short that freezing would cost more."""

    answers: dict[str, StepKnown | WaitHere | Refused]
    """By key."""


class TokenAsked(msgspec.Struct, frozen=True, tag=True):
    """Child: make a token that something outside completes. Answered by `StepKnown` with it."""

    key: str
    timeout_seconds: float | None = None


class TagsAdded(msgspec.Struct, frozen=True, tag=True):
    """Child: give the run more tags. Answered by `Done` or `Refused`."""

    tags: list[str]


class FileAsked(msgspec.Struct, frozen=True, tag=True):
    """Child: bring a stored file to a local path. Answered by `FileAt` or `Refused`."""

    file_id: str


class FileAt(msgspec.Struct, frozen=True, tag=True):
    """Supervisor: the file lies here."""

    path: str


class FileMade(msgspec.Struct, frozen=True, tag=True):
    """Child: store this local file. Answered by `FileStored` or `Refused`."""

    path: str
    file_name: str
    mime_type: str


class FileStored(msgspec.Struct, frozen=True, tag=True):
    """Supervisor: the file is stored under this record."""

    file: StoredFile


class Done(msgspec.Struct, frozen=True, tag=True):
    """Supervisor: what was asked is done."""


class Refused(msgspec.Struct, frozen=True, tag=True):
    """Supervisor: what was asked can not be done; the message is for the task's author."""

    message: str


class Returned(msgspec.Struct, frozen=True, tag=True):
    """Child: the task returned this. The last message."""

    output: Any


class Raised(msgspec.Struct, frozen=True, tag=True):
    """Child: the task raised this. The last message."""

    name: str
    message: str
    stack_trace: str
    permanent: bool
    policy: Retry | None = None
    """When the task has another policy for such an error, or raised one."""
    is_out_of_memory: bool = False


FromChild = (
    StepAsked
    | StepDone
    | MetadataChanged
    | Said
    | Beat
    | ServiceAsked
    | TriggerAsked
    | WaitAsked
    | WaitsAsked
    | TokenAsked
    | TagsAdded
    | FileAsked
    | FileMade
    | Returned
    | Raised
)
FromSupervisor = (
    Start
    | StepKnown
    | StepNeeded
    | WaitHere
    | WaitsAnswered
    | Done
    | ServiceAnswered
    | FileAt
    | FileStored
    | Refused
)
