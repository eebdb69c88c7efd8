"""One attempt: a child process performs the run, and this side does what it asks for."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from backline.engine.metadata import LiveMetadata
from backline.errors import BacklineError
from backline.ids import FileId
from backline.runtime import Channel
from backline.runtime import messages as say
from backline.sdk import StoredFile

Outcome = say.Returned | say.Raised


class Steps(Protocol):
    """The finished steps of the run."""

    def __contains__(self, key: str) -> bool: ...
    def __getitem__(self, key: str) -> Any: ...
    def keep(self, key: str, value: Any) -> None:
        """Record a finished step; it is durable when this returns."""


class FileDesk(Protocol):
    """Lends files of the run's account to its task, and takes what the task made."""

    def lend(self, file_id: FileId, into: Path) -> Path:
        """Return a local path of the file, below ``into`` if it had to be fetched."""

    def take(self, path: Path, file_name: str, mime_type: str) -> StoredFile:
        """Store a file that the task made."""


class Session:
    """The supervisor's half of the conversation with one child."""

    def __init__(
        self,
        channel: Channel,
        steps: Steps,
        metadata: LiveMetadata,
        files: FileDesk,
        workdir: Path,
    ) -> None:
        self._channel = channel
        self._steps = steps
        self._metadata = metadata
        self._files = files
        self._workdir = workdir

    def converse(self, start: say.Start) -> Outcome:
        """Let the child perform the run and return its outcome.

        Raises `ChannelClosed` when the child dies before it says one.
        """
        self._channel.send(start)
        try:
            while True:
                message = self._next()
                if isinstance(message, (say.Returned, say.Raised)):
                    return message
                self._answer(message)
        finally:
            self._metadata.flush()

    def _next(self) -> say.FromChild:
        """Wait for the child, writing its metadata when that falls due meanwhile."""
        due_seconds = self._metadata.due_seconds()
        if due_seconds is not None and not self._channel.has_news(due_seconds):
            self._metadata.flush()
        message: say.FromChild = self._channel.receive()
        return message

    def _answer(self, message: say.FromChild) -> None:
        match message:
            case say.MetadataChanged():
                self._metadata.change(message)
            case say.StepAsked(key):
                self._channel.send(
                    say.StepKnown(self._steps[key]) if key in self._steps else say.StepNeeded()
                )
            case say.StepDone(key, value):
                self._steps.keep(key, value)
                self._channel.send(say.Done())
            case say.FileAsked() | say.FileMade():
                self._channel.send(self._serve_file(message))

    def _serve_file(
        self, request: say.FileAsked | say.FileMade
    ) -> say.FileAt | say.FileStored | say.Refused:
        try:
            if isinstance(request, say.FileAsked):
                return say.FileAt(str(self._files.lend(request.file_id, self._workdir)))
            made = self._within_workdir(Path(request.path))
            return say.FileStored(self._files.take(made, request.file_name, request.mime_type))
        except BacklineError as refusal:
            return say.Refused(str(refusal))

    def _within_workdir(self, path: Path) -> Path:
        """A task stores what it made, never what happens to lie on the worker's disk."""
        real = path.resolve()
        if not real.is_relative_to(self._workdir.resolve()):
            raise BacklineError(
                f"{path} is not inside ctx.workdir: write the file there, then save it"
            )
        return real
