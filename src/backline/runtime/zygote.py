"""A warm parent that forks a process for every run.

The task modules are imported once, in the zygote; a run's process is forked
from it in milliseconds. The zygote is started with a short list of environment
variables and no file descriptors but its control socket, so the database's
address, the server secret and the storage keys never reach a task's process.

Supervisor and zygote speak over a socket that keeps message borders::

    supervisor ── "fork" + the child's end of a channel ──► zygote
    zygote     ── "born PID" ─────────────────────────────► supervisor
    zygote     ── "gone PID WAITSTATUS" ──────────────────► supervisor

When the supervisor dies the socket closes, and the zygote ends its children
and itself; when the zygote dies the kernel ends the children.

A run's process takes its own down with it, also what it started in sessions of
their own: orphans come to the run's process, and after its death to the zygote,
which ends them.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import inspect
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from backline.errors import SetupError
from backline.process import adopt_orphans, end_with_parent
from backline.runtime.processes import children_of
from backline.sdk import TaskFacts, registry

_MOST_NEWS_BYTES: Final = 128 * 1024
"""The longest message over the control socket: a task with its payload's schema."""
_FORK: Final = b"fork"
_MAIN: Final = "from backline.runtime.zygote import main; main()"
_SECONDS_TO_CLEAR: Final = 2.0
"""How long the last processes may take to vanish before the zygote goes without having seen it."""


class Announcement(msgspec.Struct, frozen=True):
    """The zygote's first messages: what it can run."""

    tasks: list[TaskFacts]
    code_version: str
    is_last: bool = True
    """A message is short; the tasks come one in each."""


class Child:
    """One forked process and how it ended."""

    def __init__(self, link: socket.socket) -> None:
        self.link = link
        """The supervisor's end of the channel."""
        self.pid = 0
        self._wait_status: int | None = None
        self._born = threading.Event()
        self._gone = threading.Event()

    def terminate(self) -> None:
        """Ask the process to end; its task gets to clean up."""
        if self.pid and not self._gone.is_set():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        """End the process and everything in its group, at once."""
        if self.pid and not self._gone.is_set():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    def wait(self, timeout_seconds: float | None = None) -> bool:
        """Wait until the process is gone. Returns whether it is."""
        return self._gone.wait(timeout_seconds)

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
    """The supervisor's handle on its warm parent. Start it before any thread needs a child."""

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
        self._asking = threading.Lock()
        self._unborn: deque[Child] = deque()
        self._living: dict[int, Child] = {}
        announcement = self._await_announcement(task_modules)
        self.tasks = {task.identifier: task for task in announcement.tasks}
        """The tasks that the modules define, by identifier."""
        self.code_version = announcement.code_version
        """A hash of the files that define the tasks."""
        threading.Thread(target=self._listen, name="zygote-news", daemon=True).start()

    @property
    def pid(self) -> int:
        """The zygote's process id."""
        return self._process.pid

    def _await_announcement(self, task_modules: Sequence[str]) -> Announcement:
        tasks: list[TaskFacts] = []
        while news := self._control.recv(_MOST_NEWS_BYTES):
            page = msgspec.json.decode(news, type=Announcement)
            tasks += page.tasks
            if page.is_last:
                return Announcement(tasks, page.code_version)
        code = self._process.wait()
        raise SetupError(
            f"could not import the task modules {', '.join(task_modules)} (exit code {code}): "
            "see the traceback above, then correct BACKLINE_TASKS or the module"
        )

    def fork(self) -> Child:
        """Start a process for one run. Raises `SetupError` when the zygote is gone."""
        ours, theirs = socket.socketpair()
        child = Child(ours)
        with theirs, self._asking:
            self._unborn.append(child)
            try:
                socket.send_fds(self._control, [_FORK], [theirs.fileno()])
            except OSError as gone:
                raise SetupError(
                    "the parent of the task processes is gone: restart the worker"
                ) from gone
        child._born.wait()
        return child

    def _listen(self) -> None:
        while news := self._hear():
            word, *numbers = news.split()
            if word == b"born":
                child = self._unborn.popleft()
                child.pid = int(numbers[0])
                self._living[child.pid] = child
                child._born.set()
            elif word == b"gone":
                child = self._living.pop(int(numbers[0]))
                child._wait_status = int(numbers[1])
                child._gone.set()
        self._bury()

    def _hear(self) -> bytes:
        try:
            return self._control.recv(64)
        except OSError:
            return b""

    def _bury(self) -> None:
        """Tell everyone who waits for a child that there will be no more news."""
        for child in [*self._unborn, *self._living.values()]:
            child.kill()  # the kernel ended the process itself, not what it had started
            child._born.set()
            child._gone.set()
            with contextlib.suppress(OSError):
                child.link.shutdown(socket.SHUT_RDWR)

    @property
    def is_alive(self) -> bool:
        """Whether the zygote still runs."""
        return self._process.poll() is None

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


# ── inside the zygote ────────────────────────────────────────────────────────


def _serve(control: socket.socket) -> None:
    """Fork on demand and report deaths, until the supervisor hangs up."""
    waker, wakes = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    for ending in (signal.SIGINT, signal.SIGTERM):
        # Ctrl-C reaches the whole terminal group; only the supervisor decides when we end.
        signal.signal(ending, signal.SIG_IGN)
    adopt_orphans()
    children: set[int] = set()
    for task in registry:
        control.send(msgspec.json.encode(Announcement([task.announced()], "", is_last=False)))
    control.send(msgspec.json.encode(Announcement([], _code_version())))
    while True:
        readable, _, _ = select.select([control.fileno(), waker], [], [])
        if waker in readable:
            os.read(waker, 4096)
            _report_deaths(control, children)
        if control.fileno() in readable:
            request, descriptors, _, _ = socket.recv_fds(control, 16, 1)
            if request != _FORK:
                break
            children.add(_fork(control, descriptors[0]))
    _clear(children)


def _clear(children: set[int]) -> None:
    """End every process of every run, however deep it hides."""
    for pid in children:
        _kill_group(pid)
    deadline = time.monotonic() + _SECONDS_TO_CLEAR
    while time.monotonic() < deadline:
        _kill_strays(set())
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _code_version() -> str:
    """Hash the files that define tasks, so that a changed task is another version."""
    digest = hashlib.sha256()
    for file in sorted({inspect.getfile(task.function) for task in registry}):
        digest.update(Path(file).read_bytes())
    return digest.hexdigest()[:12]


def _fork(control: socket.socket, descriptor: int) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            _become_child(control, descriptor)
        finally:
            os._exit(70)  # EX_SOFTWARE: only reached when our own code failed
    os.close(descriptor)
    control.send(b"born %d" % pid)
    return pid


def _become_child(control: socket.socket, descriptor: int) -> None:
    """Turn a fresh fork into a run's process: a session of its own, nothing of the zygote's."""
    os.setsid()
    end_with_parent()
    adopt_orphans()
    control.close()
    signal.set_wakeup_fd(-1)
    for name in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_DFL)
    _volunteer_for_memory_pressure()
    from backline.runtime.child import perform

    with socket.socket(fileno=descriptor) as link:
        perform(link)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _volunteer_for_memory_pressure() -> None:
    """When memory runs out, the kernel shall end a run rather than the worker or the database."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")


def _report_deaths(control: socket.socket, children: set[int]) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        if pid in children:
            children.discard(pid)
            _kill_group(pid)  # what the task started and left behind
            control.send(b"gone %d %d" % (pid, status))
        _kill_strays(children)


def _kill_strays(children: set[int]) -> None:
    """End the processes that came here because their run's process died.

    Those of living runs come to the run's process, so whoever is here and no
    run itself has none. Their own children come next, when they are dead.
    """
    for pid in children_of(os.getpid()):
        if pid not in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def main() -> None:
    """Import the task modules and serve. Arguments: the control descriptor, then module names."""
    control = socket.socket(fileno=int(sys.argv[1]))
    control.set_inheritable(False)
    import backline.runtime.child  # noqa: F401 - warm for every fork

    for name in sys.argv[2:]:
        importlib.import_module(name)
    _serve(control)
