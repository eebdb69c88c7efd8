"""The context of a real run: everything that lasts is asked of the supervisor."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec

from backline.clock import TimestampMs, now_ms
from backline.errors import InvalidInput
from backline.runtime import messages as say
from backline.runtime.line import Line
from backline.runtime.stopping import StopSign
from backline.sdk import (
    MAX_BATCH_ITEMS,
    Context,
    Files,
    Metadata,
    RunFacts,
    RunMetadata,
    RunResult,
    StoredFile,
    Tags,
    TokenResult,
    TriggerOptions,
    Waiting,
)
from backline.sdk.context import Level
from backline.sdk.metadata import Operation, Whose
from backline.sdk.values import result_of, returned_kind, to_kind, to_plain

T = TypeVar("T")

NAP_SECONDS = 1.0
"""A wait in the process is slept through in naps, with a sign of life after each."""


class RunContext(Context):
    """A run whose lasting things lie at the other end of a line."""

    def __init__(
        self,
        run: RunFacts,
        workdir: Path,
        line: Line,
        stop: StopSign,
        now: Callable[[], TimestampMs] = now_ms,
    ) -> None:
        self.run = run
        self.workdir = workdir
        self.line = line
        self.now = now
        self._stop = stop
        self._seen: Counter[str] = Counter()
        self.metadata = _Metadata(line)
        self.tags = _Tags(line)
        self.files = _Files(line)
        self.wait: RunWaiting = RunWaiting(self)

    @property
    def cancelled(self) -> bool:
        self._stop.is_watched = True
        return self._stop.is_up

    def heartbeat(self) -> None:
        self.line.tell(say.Beat())

    def step(self, name: str, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        key = self.key_of(name)
        kept = self.line.ask(say.StepAsked(key))
        if isinstance(kept, say.StepKnown):
            return revive(kept.value, function)
        return self.keep(key, function, function(*args, **kwargs))

    def keep(self, key: str, function: Callable[..., T], result: T) -> T:
        """Record what a step returned, and return it as a later attempt would see it."""
        value = result_of(function, result, f"step {key!r}")
        self.line.ask(say.StepDone(key, value))
        return revive(value, function)

    def key_of(self, name: str) -> str:
        """Name the step within the run: a name used again is ``render#2``."""
        self._seen[name] += 1
        return name if self._seen[name] == 1 else f"{name}#{self._seen[name]}"

    def log(self, text: str, *, level: Level = "info") -> None:
        clean = speakable(text)
        self.metadata.append("logs", clean)
        self.line.tell(say.Said("log", clean, level))

    def output(self, stream: str, text: str) -> None:
        level: Level = "warn" if stream == "stderr" else "info"
        self.line.tell(say.Said(stream, speakable(text), level))

    def service(self, name: str, request: Any) -> Any:
        answer: say.ServiceAnswered = self.line.ask(say.ServiceAsked(name, request))
        return answer.answer

    def trigger(self, task: str, payload: Any = None, options: TriggerOptions | None = None) -> str:
        return str(self._trigger(self.triggering(task, [payload], options))[0])

    def trigger_and_wait(
        self, task: str, payload: Any = None, options: TriggerOptions | None = None
    ) -> RunResult:
        asked = self.triggering(task, [payload], options, is_waited_for=True)
        return msgspec.convert(self._trigger(asked)[0], RunResult)

    def batch_trigger(
        self, task: str, payloads: Sequence[Any], options: TriggerOptions | None = None
    ) -> list[str]:
        return self._trigger(self.triggering(task, payloads, options, is_batch=True))

    def batch_trigger_and_wait(
        self, task: str, payloads: Sequence[Any], options: TriggerOptions | None = None
    ) -> list[RunResult]:
        asked = self.triggering(task, payloads, options, is_batch=True, is_waited_for=True)
        return msgspec.convert(self._trigger(asked), list[RunResult])

    def triggering(
        self,
        task: str,
        payloads: Sequence[Any],
        options: TriggerOptions | None,
        *,
        is_batch: bool = False,
        is_waited_for: bool = False,
    ) -> say.TriggerAsked:
        """Put a trigger into words. It is a step; one without payloads is not, and needs no asking.

        Raises ``InvalidInput`` for more than a batch takes.
        """
        if len(payloads) > MAX_BATCH_ITEMS:
            raise InvalidInput(
                f"{len(payloads)} payloads: a batch takes {MAX_BATCH_ITEMS} at most, so make several"
            )
        orders = [self._order(task, payload, options) for payload in payloads]
        name = f"{'batch' if is_batch else 'trigger'} {task}"
        return say.TriggerAsked(
            self.key_of(name) if orders else "", orders, is_batch, is_waited_for
        )

    def _trigger(self, asked: say.TriggerAsked) -> list[Any]:
        return list(self.line.ask(asked).value) if asked.orders else []

    def _order(self, task: str, payload: Any, options: TriggerOptions | None) -> say.ChildOrder:
        chosen = msgspec.structs.asdict(options or TriggerOptions())
        delay_seconds, until = chosen.pop("delay_seconds"), chosen.pop("delay_until")
        if delay_seconds is not None:
            until = self.now() + round(delay_seconds * 1000)
        elif until is not None:
            until = moment_ms(until)
        return say.ChildOrder(
            task_identifier=task, payload=to_plain(payload), delay_until=until, **chosen
        )

    def new_token(self, timeout_seconds: float | None = None) -> str:
        answer: say.StepKnown = self.line.ask(say.TokenAsked(self.key_of("token"), timeout_seconds))
        return str(answer.value["id"])


def moment_ms(moment: datetime) -> TimestampMs:
    """Return a moment as the ledger has it; one without a zone is UTC."""
    utc = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(utc.timestamp() * 1000)


def speakable(text: str) -> str:
    """Show what is no Unicode, such as half a surrogate pair, instead of failing on it."""
    return text.encode(errors="backslashreplace").decode()


def revive(value: Any, function: Callable[..., T]) -> T:
    """Turn a step's recorded JSON into what its function is annotated to return.

    The value of a first run is revived too, so a resumed run sees just what the first one saw.
    """
    try:
        revived: T = to_kind(value, returned_kind(function))
    except NotImplementedError:  # an annotation that only a type checker understands
        return cast(T, value)
    return revived


class RunWaiting(Waiting):
    """Waits that are asked for; the words for them serve async tasks too."""

    def __init__(self, context: RunContext) -> None:
        self._line = context.line
        self._key_of = context.key_of
        self._now = context.now

    def seconds(self, seconds: float) -> None:
        self._wait(self.for_seconds(seconds))

    def until(self, moment: datetime) -> None:
        self._wait(self.for_moment(moment))

    def token(self, token_id: str) -> TokenResult:
        answer = self._line.ask(self.for_token(token_id))
        return msgspec.convert(answer.value, TokenResult)

    def for_seconds(self, seconds: float) -> say.WaitAsked:
        # The end is fixed when the wait begins, and a frozen run is never asked again.
        until = self._now() + round(max(0.0, seconds) * 1000)
        return say.WaitAsked(self._key_of("wait"), until=until)

    def for_moment(self, moment: datetime) -> say.WaitAsked:
        return say.WaitAsked(self._key_of("wait"), until=moment_ms(moment))

    def for_token(self, token_id: str) -> say.WaitAsked:
        return say.WaitAsked(self._key_of("wait"), token_id=token_id)

    def _wait(self, question: say.WaitAsked) -> None:
        answer = self._line.ask(question)
        if isinstance(answer, say.WaitHere):
            self._sleep(answer.seconds)
            self._line.ask(say.StepDone(question.key, None))

    def _sleep(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, NAP_SECONDS))
            self._line.tell(say.Beat())


class _RunMetadata(RunMetadata):
    def __init__(self, line: Line, whose: Whose) -> None:
        self._line = line
        self._whose = whose

    def _change(self, operation: Operation, key: str, value: Any) -> None:
        self._line.tell(say.MetadataChanged(operation, key, to_plain(value), self._whose))


class _Metadata(_RunMetadata, Metadata):
    def __init__(self, line: Line) -> None:
        super().__init__(line, "own")
        self.parent = _RunMetadata(line, "parent")
        self.root = _RunMetadata(line, "root")


class _Tags(Tags):
    def __init__(self, line: Line) -> None:
        self._line = line

    def add(self, *tags: str) -> None:
        self._line.ask(say.TagsAdded(list(tags)))


class _Files(Files):
    def __init__(self, line: Line) -> None:
        self._line = line

    def open(self, file_id: str) -> Path:
        answer: say.FileAt = self._line.ask(say.FileAsked(file_id))
        return Path(answer.path)

    def save(self, path: Path, *, file_name: str, mime_type: str) -> StoredFile:
        answer: say.FileStored = self._line.ask(say.FileMade(str(path), file_name, mime_type))
        return answer.file
