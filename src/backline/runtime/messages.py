"""What a run's child process and its supervisor say to each other.

The child has no database and no credentials. Everything it wants to last
(steps, metadata, logs, files) it asks of the supervisor in one of these words.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from backline.sdk import RunFacts, StoredFile


class Start(msgspec.Struct, frozen=True, tag=True):
    """Supervisor: perform this run."""

    run: RunFacts
    payload: Any
    workdir: str


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
    """Child: change the run's metadata. Not answered."""

    operation: Literal["set", "append", "increment", "delete"]
    key: str
    value: Any = None


class Said(msgspec.Struct, frozen=True, tag=True):
    """Child: add to the run's log. Not answered."""

    stream: str
    text: str


class ServiceAsked(msgspec.Struct, frozen=True, tag=True):
    """Child: ask a service of the worker. Answered by `ServiceAnswered` or `Refused`."""

    service: str
    request: Any


class ServiceAnswered(msgspec.Struct, frozen=True, tag=True):
    """Supervisor: what the service says, as plain JSON."""

    answer: Any


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


FromChild = (
    StepAsked
    | StepDone
    | MetadataChanged
    | Said
    | ServiceAsked
    | FileAsked
    | FileMade
    | Returned
    | Raised
)
FromSupervisor = (
    Start | StepKnown | StepNeeded | Done | ServiceAnswered | FileAt | FileStored | Refused
)
