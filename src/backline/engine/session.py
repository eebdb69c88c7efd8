"""One attempt: a child process performs the run, and this side does what it asks for."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import msgspec

from backline.engine.kin import Kin
from backline.engine.notes import Notes
from backline.engine.patience import Patience
from backline.engine.replay import Replay
from backline.errors import BacklineError, UsageError
from backline.ids import FileId
from backline.runs import Wait
from backline.runtime import Channel
from backline.runtime import messages as say
from backline.sdk import StoredFile


class Pause(msgspec.Struct, frozen=True):
    """The run has to wait, until the first of these is over."""

    waits: tuple[Wait, ...]


Outcome = say.Returned | say.Raised | Pause
"""How a conversation ends: the task returned, it raised, or the run has to wait."""


class Steps(Protocol):
    """The finished steps of the run."""

    def __contains__(self, key: str) -> bool: ...
    def __getitem__(self, key: str) -> Any: ...
    def keep(self, key: str, value: Any) -> None:
        """Record a finished step; it is durable when this returns."""


class Desk(Protocol):
    """Where the run's task gets what it may not reach itself."""

    def lend(self, file_id: FileId, into: Path) -> Path:
        """Return a local path of a file of the run's account, below ``into`` if it was fetched."""

    def take(self, path: Path, file_name: str, mime_type: str) -> StoredFile:
        """Store a file that the task made."""

    def ask(self, service: str, request: Any, workdir: Path) -> Any:
        """Ask one of the worker's services; plain JSON both ways.

        Files that a request names must lie inside ``workdir``.
        """


class Session:
    """The supervisor's half of the conversation with one child."""

    def __init__(
        self,
        channel: Channel,
        steps: Steps,
        notes: Notes,
        desk: Desk,
        kin: Kin,
        workdir: Path,
        replay: Replay,
        patience: Patience,
    ) -> None:
        self._channel = channel
        self._kin = kin
        self._steps = steps
        self._notes = notes
        self._desk = desk
        self._workdir = workdir
        self._replay = replay
        self._patience = patience

    def converse(self, start: say.Start) -> Outcome:
        """Let the child perform the run and return its outcome.

        What the child noted last is left to the caller to write. Raises
        `ChannelClosed` when the child dies before it says an outcome.
        """
        self._channel.send(start)
        while True:
            message = self._next()
            if self._replay.repeats(message):
                continue
            if isinstance(message, (say.Returned, say.Raised)):
                return message
            if isinstance(message, (say.TriggerAsked, say.WaitAsked, say.WaitsAsked)):
                waits = self._let_wait(message)
                if waits:
                    return Pause(waits)
            else:
                self._answer(message)

    def _next(self) -> say.FromChild:
        """Wait for the child, writing notes when they fall due meanwhile."""
        while (due_seconds := self._notes.write_due()) is not None:
            if self._channel.has_news(due_seconds):
                break
        message: say.FromChild = self._channel.receive()
        return message

    def _let_wait(
        self, message: say.TriggerAsked | say.WaitAsked | say.WaitsAsked
    ) -> tuple[Wait, ...]:
        """Answer what may have to be waited for; return what for, when all of it has."""
        if not isinstance(message, say.WaitsAsked):
            answer = self._find_answer(message)
            if isinstance(answer, Wait):
                return (answer,)
            self._channel.send(answer)
            return ()
        found = {
            each.key: self._find_answer(each, is_one_of_many=True) for each in message.questions
        }
        if not message.may_freeze:
            found |= self._look_at([each for each in found.values() if isinstance(each, Wait)])
        answers = {key: each for key, each in found.items() if not isinstance(each, Wait)}
        if message.may_freeze and not answers:
            return tuple(each for each in found.values() if isinstance(each, Wait))
        self._channel.send(say.WaitsAnswered(answers))
        return ()

    def _look_at(self, waits: list[Wait]) -> dict[str, say.StepKnown]:
        """Return the answers of waits that are over, while the run goes on beside them."""
        answers = {}
        for wait in waits:
            text = self._patience(self._kin.look, wait)
            if text is not None:
                value = msgspec.json.decode(text)
                self._patience(self._steps.keep, wait.key, value)
                answers[wait.key] = say.StepKnown(value)
        return answers

    def _find_answer(
        self, question: say.TriggerAsked | say.WaitAsked, *, is_one_of_many: bool = False
    ) -> say.StepKnown | say.WaitHere | say.Refused | Wait:
        if question.key in self._steps:
            return say.StepKnown(self._steps[question.key])
        try:
            if isinstance(question, say.WaitAsked):
                return self._patience(self._kin.wait, question, is_one_of_many=is_one_of_many)
            answer = self._patience(self._kin.trigger, question)
        except UsageError as refusal:
            return say.Refused(str(refusal))
        return answer if isinstance(answer, Wait) else say.StepKnown(answer)

    def _answer(self, message: say.FromChild) -> None:
        match message:
            case say.MetadataChanged():
                self._notes.metadata.change(message)
            case say.Said(stream, text, level):
                self._notes.log.add(stream, text, level)
            case say.Beat():
                pass  # that it was heard is all it says
            case say.StepAsked(key):
                self._channel.send(
                    say.StepKnown(self._steps[key]) if key in self._steps else say.StepNeeded()
                )
            case say.StepDone(key, value):
                self._patience(self._steps.keep, key, value)
                self._channel.send(say.Done())
            case _:
                self._channel.send(self._patience(self._serve, message))

    def _serve(self, request: say.FromChild) -> say.FromSupervisor:
        """Do what may be refused; a refusal travels as words."""
        try:
            match request:
                case say.FileAsked(file_id):
                    return say.FileAt(str(self._desk.lend(file_id, self._workdir)))
                case say.FileMade(path, file_name, mime_type):
                    made = self._within_workdir(Path(path))
                    return say.FileStored(self._desk.take(made, file_name, mime_type))
                case say.ServiceAsked(service, question):
                    return say.ServiceAnswered(self._desk.ask(service, question, self._workdir))
                case say.TokenAsked():
                    return say.StepKnown(self._kin.open_token(request))
                case say.TagsAdded(tags):
                    self._kin.add_tags(tags)
                    return say.Done()
            raise BacklineError(f"the child said {type(request).__name__} out of turn")
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
