"""One run, inside its own process: read the payload, call the task, say what came of it."""

from __future__ import annotations

import asyncio
import io
import signal
import socket
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import msgspec

from backline.clock import TimestampMs, now_ms
from backline.errors import AbortRun, BacklineError, RetryLater, SetupError
from backline.runtime import messages as say
from backline.runtime.channel import Channel
from backline.sdk import (
    Context,
    Files,
    Metadata,
    RunResult,
    StoredFile,
    Task,
    TokenResult,
    TriggerOptions,
    Waiting,
    registry,
)

T = TypeVar("T")

MAX_ERROR_MESSAGE_LENGTH = 1_000
MAX_STACK_FRAMES = 50
"""As Trigger.dev cuts them: enough to find the fault, not enough to fill a database."""


def perform(link: socket.socket) -> None:
    """Perform the run that the supervisor names, and send its outcome as the last message."""
    channel = Channel(link, say.FromSupervisor)
    signal.signal(signal.SIGTERM, _interrupt)
    start = channel.receive()
    try:
        outcome: say.Returned | say.Raised = say.Returned(_call(start, channel))
    except BaseException as error:  # noqa: BLE001 - whatever the task raised is the run's outcome
        outcome = describe(error)
    channel.send(outcome)


class RunStopped(BaseException):
    """Raised in a task when its run is canceled or has taken too long.

    Not an ``Exception``, so that ``except Exception`` lets it pass; ``finally``
    blocks get a few seconds before the process is killed.
    """


def _interrupt(_signal: int, _frame: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise RunStopped("the run was stopped")


def _call(start: say.Start, channel: Channel) -> object:
    task = _find(start.run.task_identifier)
    payload = task.read_payload(start.payload)
    context = ChildContext(start, channel)
    with (
        _Printed(context, "stdout") as out,
        _Printed(context, "stderr") as errors,
        redirect_stdout(out),
        redirect_stderr(errors),
    ):
        return _with_hooks(task, payload, context)


def _with_hooks(task: Task, payload: Any, context: Context) -> object:
    """Call the task, and its hooks before and after."""
    hooks = task.hooks
    _call_hook(hooks.on_start, payload, context)
    try:
        output = task(payload, context)
        if task.is_async:
            output = asyncio.run(output)
        written = task.write_output(output)
    except RunStopped:
        _call_hook(hooks.on_cancel, payload, context)
        raise
    except Exception as error:
        _call_hook(hooks.on_failure, payload, context, error)
        raise
    _call_hook(hooks.on_success, payload, context, output)
    return written


def _call_hook(hook: Callable[..., object] | None, *arguments: Any) -> None:
    """Call a hook if there is one; its failure is told in the run's log, and is no more than that."""
    if hook is None:
        return
    try:
        hook(*arguments)
    except Exception:  # noqa: BLE001 - a hook must not decide over the run
        print(traceback.format_exc(), file=sys.stderr)  # noqa: T201 - lands in the run's log


class _Printed(io.TextIOBase):
    """A stream whose whole lines land in the run's log."""

    def __init__(self, context: Context, stream: str) -> None:
        self._context = context
        self._stream = stream
        self._begun = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        *lines, self._begun = (self._begun + text).split("\n")
        if lines:
            self._context.output(self._stream, "\n".join(lines) + "\n")
        return len(text)

    def flush(self) -> None:
        if self._begun:
            begun, self._begun = self._begun, ""
            self._context.output(self._stream, begun)


def _find(identifier: str) -> Task:
    task = registry.get(identifier)
    if task is None:
        raise SetupError(
            f"this worker does not know task {identifier!r}: add its module to BACKLINE_TASKS"
        )
    return task


def describe(error: BaseException) -> say.Raised:
    """Put an exception into words that travel."""
    frames = traceback.format_exception(error, limit=-MAX_STACK_FRAMES)
    return say.Raised(
        name=type(error).__name__,
        message=str(error)[:MAX_ERROR_MESSAGE_LENGTH] or type(error).__name__,
        stack_trace="".join(frames),
        permanent=isinstance(error, BacklineError) and error.permanent,
        retry_after_seconds=error.after_seconds if isinstance(error, RetryLater) else None,
    )


class _Line:
    """Asks the supervisor one question at a time, from whichever thread."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._turn = threading.Lock()

    def tell(self, message: msgspec.Struct) -> None:
        self._channel.send(message)

    def ask(self, question: msgspec.Struct) -> Any:
        with self._turn:
            self._channel.send(question)
            answer = self._channel.receive()
        if isinstance(answer, say.Refused):
            raise AbortRun(answer.message)
        return answer


class ChildContext(Context):
    """The context of a real run: everything that lasts is asked of the supervisor."""

    def __init__(self, start: say.Start, channel: Channel) -> None:
        self._line = _Line(channel)
        self._seen: Counter[str] = Counter()
        self.run = start.run
        self.metadata = _ChildMetadata(self._line)
        self.files = _ChildFiles(self._line)
        self.wait = _ChildWaiting(self._line, self._key)
        self.workdir = Path(start.workdir)

    def step(self, name: str, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        key = self._key(name)
        answer = self._line.ask(say.StepAsked(key))
        if isinstance(answer, say.StepKnown):
            return revive(answer.value, function)
        result = function(*args, **kwargs)
        value = msgspec.to_builtins(result, str_keys=True)
        self._line.ask(say.StepDone(key, value))
        return revive(value, function)

    def _key(self, name: str) -> str:
        """Name the step within the run: a name used again is ``render#2``."""
        self._seen[name] += 1
        return name if self._seen[name] == 1 else f"{name}#{self._seen[name]}"

    def log(self, text: str) -> None:
        self.metadata.append("logs", text)
        self.output("log", text)

    def output(self, stream: str, text: str) -> None:
        self._line.tell(say.Said(stream, text))

    def service(self, name: str, request: Any) -> Any:
        answer: say.ServiceAnswered = self._line.ask(say.ServiceAsked(name, request))
        return answer.answer

    def trigger(self, task: str, payload: Any = None, options: TriggerOptions | None = None) -> str:
        (run_id,) = self._trigger(f"trigger {task}", [_order(task, payload, options)])
        return str(run_id)

    def trigger_and_wait(
        self, task: str, payload: Any = None, options: TriggerOptions | None = None
    ) -> RunResult:
        (ended,) = self._trigger(
            f"trigger {task}", [_order(task, payload, options)], is_waited_for=True
        )
        return msgspec.convert(ended, RunResult)

    def batch_trigger(
        self, task: str, payloads: Sequence[Any], options: TriggerOptions | None = None
    ) -> list[str]:
        orders = [_order(task, payload, options) for payload in payloads]
        return self._trigger(f"batch {task}", orders, is_batch=True)

    def batch_trigger_and_wait(
        self, task: str, payloads: Sequence[Any], options: TriggerOptions | None = None
    ) -> list[RunResult]:
        orders = [_order(task, payload, options) for payload in payloads]
        ended = self._trigger(f"batch {task}", orders, is_batch=True, is_waited_for=True)
        return msgspec.convert(ended, list[RunResult])

    def _trigger(
        self,
        name: str,
        orders: list[say.ChildOrder],
        *,
        is_batch: bool = False,
        is_waited_for: bool = False,
    ) -> list[Any]:
        if not orders:
            return []
        asked = say.TriggerAsked(self._key(name), orders, is_batch, is_waited_for)
        answer: say.StepKnown = self._line.ask(asked)
        return list(answer.value)

    def new_token(self, timeout_seconds: float | None = None) -> str:
        answer: say.StepKnown = self._line.ask(say.TokenAsked(self._key("token"), timeout_seconds))
        return str(answer.value["id"])

    def add_tags(self, *tags: str) -> None:
        self._line.ask(say.TagsAdded(list(tags)))


def _order(task: str, payload: Any, options: TriggerOptions | None) -> say.ChildOrder:
    chosen = msgspec.structs.asdict(options or TriggerOptions())
    delay_seconds = chosen.pop("delay_seconds")
    return say.ChildOrder(
        task_identifier=task,
        payload=msgspec.to_builtins(payload, str_keys=True),
        delay_until=None if delay_seconds is None else now_ms() + round(delay_seconds * 1000),
        **chosen,
    )


class _ChildWaiting(Waiting):
    def __init__(self, line: _Line, key_of: Callable[[str], str]) -> None:
        self._line = line
        self._key_of = key_of

    def seconds(self, seconds: float) -> None:
        # The end is fixed when the wait begins, and a frozen run is never asked again.
        self._until_ms(now_ms() + round(max(0.0, seconds) * 1000))

    def until(self, moment: datetime) -> None:
        utc = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        self._until_ms(round(utc.timestamp() * 1000))

    def _until_ms(self, until: TimestampMs) -> None:
        key = self._key_of("wait")
        answer = self._line.ask(say.WaitAsked(key, until=until))
        if isinstance(answer, say.WaitHere):
            time.sleep(answer.seconds)
            self._line.ask(say.StepDone(key, None))

    def token(self, token_id: str) -> TokenResult:
        answer = self._line.ask(say.WaitAsked(self._key_of("wait"), token_id=token_id))
        return msgspec.convert(answer.value, TokenResult)


def revive(value: Any, function: Callable[..., T]) -> T:
    """Turn a step's recorded JSON into what its function is annotated to return.

    The value of a first run is revived too, so a resumed run sees just what the first one saw.
    """
    kind = get_type_hints(function).get("return", Any)
    revived: T = msgspec.convert(value, kind)
    return revived


class _ChildMetadata(Metadata):
    def __init__(self, line: _Line) -> None:
        self._line = line

    def set(self, key: str, value: Any) -> None:
        self._line.tell(say.MetadataChanged("set", key, msgspec.to_builtins(value)))

    def append(self, key: str, value: Any) -> None:
        self._line.tell(say.MetadataChanged("append", key, msgspec.to_builtins(value)))

    def increment(self, key: str, by: float = 1) -> None:
        self._line.tell(say.MetadataChanged("increment", key, by))

    def delete(self, key: str) -> None:
        self._line.tell(say.MetadataChanged("delete", key))


class _ChildFiles(Files):
    def __init__(self, line: _Line) -> None:
        self._line = line

    def open(self, file_id: str) -> Path:
        answer: say.FileAt = self._line.ask(say.FileAsked(file_id))
        return Path(answer.path)

    def save(self, path: Path, *, file_name: str, mime_type: str) -> StoredFile:
        answer: say.FileStored = self._line.ask(say.FileMade(str(path), file_name, mime_type))
        return answer.file
