"""A warm parent that forks a process for every run.

The task modules are imported once, in the zygote, and a run's process is forked
from it. One stands ready before a run needs it, and serves that run alone; when
it is taken the next is forked. The zygote is started with a short list of environment
variables and no file descriptors but its control socket, so the database's
address, the server secret and the storage keys never reach a task's process.

Supervisor and zygote speak over a socket that keeps message borders::

    supervisor ── "fork" ────────────────────────────────► zygote
    zygote     ── "born PID" + our end of its channel ────► supervisor
    zygote     ── "gone PID WAITSTATUS", last words ──────► supervisor

When the supervisor dies the socket closes, and the zygote ends its children
and itself; when the zygote dies the kernel ends the children.

A run's process takes its own down with it, also what it started in sessions of
their own: orphans come to the run's process, and after its death to the zygote,
which ends them. What happens inside the zygote stands in ``nursery.py``.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from queue import SimpleQueue
from typing import Final

import msgspec

from backline.errors import SetupError
from backline.runtime.nursery import FORK, MOST_NEWS_BYTES, Announced, Born, Gone, Ready
from backline.runtime.stopping import SIGNALS, StopKind
from backline.sdk import TaskFacts

_MAIN: Final = "from backline.runtime.nursery import main; main()"


class Child:
    """One forked process and how it ended."""

    def __init__(self, pid: int, link: socket.socket) -> None:
        self.pid = pid
        self.link = link
        """The supervisor's end of the channel."""
        self.last_words: list[tuple[str, str]] = []
        """What it wrote just before its death and nobody has read, as (stream, text)."""
        self._wait_status: int | None = None
        self._gone = threading.Event()

    def tell(self, kind: StopKind) -> None:
        """Ask the process to end; its task gets to clean up."""
        if not self.is_gone:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, SIGNALS[kind])

    def kill(self) -> None:
        """End the process and everything in its group, at once."""
        if not self.is_gone:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    def wait(self, timeout_seconds: float | None = None) -> bool:
        """Wait until the process is gone. Returns whether it is."""
        return self._gone.wait(timeout_seconds)

    @property
    def is_gone(self) -> bool:
        """Whether the process has ended."""
        return self._gone.is_set()

    @property
    def was_killed(self) -> bool:
        """Whether the process has ended by SIGKILL, whoever sent it."""
        status = self._wait_status
        return status is not None and os.waitstatus_to_exitcode(status) == -signal.SIGKILL

    @property
    def ending(self) -> str:
        """How the process ended, in words: an exit code or the name of a signal."""
        if self._wait_status is None:
            return "ended with the worker's process pool"
        code = os.waitstatus_to_exitcode(self._wait_status)
        return f"was killed by {_signal_name(-code)}" if code < 0 else f"exited with code {code}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal has no name
        return f"signal {number}"


class Zygote:
    """The supervisor's handle on its warm parent."""

    def __init__(self, task_modules: Sequence[str], environment: dict[str, str]) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [
                    sys.executable,
                    "-c",
                    _MAIN,
                    str(theirs.fileno()),
                    *task_modules,
                ],
                env=environment,
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._control = ours
        self._is_gone = False
        self._ready: SimpleQueue[Child | None] = SimpleQueue()
        """Who waits for a run; None when nobody will come any more."""
        self._living: dict[int, Child] = {}
        self.tasks: dict[str, TaskFacts] = {}
        """The tasks that the modules define, by identifier."""
        self.origins: dict[str, str] = {}
        """Where they are defined."""
        self.code_version = self._await_tasks(task_modules)
        """A hash of the files that define the tasks."""
        threading.Thread(target=self._listen, name="zygote-news", daemon=True).start()
        self._ask()

    @property
    def pid(self) -> int:
        """The zygote's process id."""
        return self._process.pid

    def _await_tasks(self, task_modules: Sequence[str]) -> str:
        """Note the tasks that are announced, and return the hash of their files."""
        while news := self._control.recv(MOST_NEWS_BYTES):
            message = msgspec.json.decode(news, type=Announced | Ready)
            if isinstance(message, Ready):
                return message.code_version
            self.tasks[message.task.identifier] = message.task
            self.origins[message.task.identifier] = message.origin
        code = self._process.wait()
        raise SetupError(
            f"could not import the task modules {', '.join(task_modules)} (exit code {code}): "
            "see the traceback above, then correct BACKLINE_TASKS or the module"
        )

    def fork(self) -> Child:
        """Take a process for one run. Raises `SetupError` when the zygote is gone."""
        while True:
            self._ask()  # for the one after this
            child = self._ready.get()
            if child is None:
                self._ready.put(None)
                raise SetupError("the parent of the task processes is gone: restart the worker")
            if not child.is_gone:
                return child
            child.link.close()  # it died, or was killed, while it waited

    def _ask(self) -> None:
        with contextlib.suppress(OSError):  # whoever waits for an answer hears that it is gone
            self._control.send(FORK)

    def _listen(self) -> None:
        while heard := self._hear():
            news, descriptors = heard
            message = msgspec.msgpack.decode(news, type=Born | Gone)
            if isinstance(message, Born):
                child = Child(message.pid, socket.socket(fileno=descriptors[0]))
                self._living[child.pid] = child
                self._ready.put(child)
            else:
                child = self._living.pop(message.pid)
                child._wait_status = message.wait_status
                child.last_words = message.last_words
                child._gone.set()
        self._bury()

    def _hear(self) -> tuple[bytes, list[int]] | None:
        """Return the next message and what came with it; None when there will be no more."""
        try:
            news, descriptors, _, _ = socket.recv_fds(
                self._control, MOST_NEWS_BYTES, 1, socket.MSG_CMSG_CLOEXEC
            )
        except OSError:
            return None
        return (news, descriptors) if news else None

    def _bury(self) -> None:
        """Tell everyone who waits for a child that there will be no more news."""
        self._is_gone = True  # said first: who hears of a child's end asks why
        for child in self._living.values():
            child.kill()  # the kernel ended the process itself, not what it had started
            child._gone.set()
            with contextlib.suppress(OSError):
                child.link.shutdown(socket.SHUT_RDWR)
        self._ready.put(None)

    @property
    def is_alive(self) -> bool:
        """Whether the zygote still runs."""
        return not self._is_gone and self._process.poll() is None

    def close(self) -> None:
        """End the zygote and every child of it, and wait for them."""
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._control.close()
