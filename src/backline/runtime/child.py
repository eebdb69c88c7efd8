"""One run, inside its own process: read the payload, call the task, say what came of it."""

from __future__ import annotations

import socket
import traceback
from pathlib import Path

from backline.errors import BacklineError, ResultInvalid, SetupError
from backline.runtime import messages as say
from backline.runtime.attempt import attempt
from backline.runtime.channel import Channel, decoder_of
from backline.runtime.context import RunContext, speakable
from backline.runtime.line import SupervisorLine
from backline.runtime.pipes import Pipes
from backline.runtime.records import tell_records
from backline.runtime.stopping import StopSign
from backline.runtime.voice import Voice
from backline.sdk import Task, registry

MAX_ERROR_MESSAGE_LENGTH = 1_000
MAX_STACK_FRAMES = 50
"""As Trigger.dev cuts them: enough to find the fault, not enough to fill a database."""


decoder_of(say.FromSupervisor)  # made here, in the zygote, for every fork


def perform(link: socket.socket, pipes: Pipes) -> None:
    """Perform the run that the supervisor names, and send its outcome as the last message."""
    channel = Channel(link, say.FromSupervisor)
    stop = StopSign()
    with stop.held_back():
        stop.listen()
        start = channel.receive()
    voice = Voice(pipes, channel, stop)
    voice.start()
    line = SupervisorLine(channel, stop, voice)
    tell_records(line)
    try:
        outcome: say.Returned | say.Raised = say.Returned(_call(start, line, stop))
    except BaseException as error:  # noqa: BLE001 - whatever the task raised is the run's outcome
        stop.ignore()
        outcome = describe(error, registry.get(start.run.task_identifier))
    stop.ignore()
    voice.finish()
    try:
        channel.send(outcome)
    except ResultInvalid as unspeakable:
        channel.send(describe(unspeakable))


def _call(start: say.Start, line: SupervisorLine, stop: StopSign) -> object:
    task = _find(start.run.task_identifier)
    payload = task.read_payload(start.payload)
    context = RunContext(start.run, Path(start.workdir), line, stop)
    return attempt(task, payload, context, stop, is_resumed=start.is_resumed)


def _find(identifier: str) -> Task:
    task = registry.get(identifier)
    if task is None:
        raise SetupError(
            f"this worker does not know task {identifier!r}: add its module to BACKLINE_TASKS"
        )
    return task


def describe(error: BaseException, task: Task | None = None) -> say.Raised:
    """Put an exception into words that travel, with what its task says of such errors."""
    frames = traceback.format_exception(error, limit=-MAX_STACK_FRAMES)
    return say.Raised(
        name=type(error).__name__,
        message=speakable(str(error))[:MAX_ERROR_MESSAGE_LENGTH] or type(error).__name__,
        stack_trace=speakable("".join(frames)),
        permanent=isinstance(error, BacklineError) and error.permanent,
        policy=None if task is None else task.retry.for_error(error),
        is_out_of_memory=isinstance(error, MemoryError),
    )
