"""Inside the zygote: fork a process for every run, and bury it.

Each process writes what it prints into two pipes whose other ends the zygote
holds too: what was written just before a sudden death is read by whoever
buries it.
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
import sys
import time
from collections.abc import Set
from pathlib import Path
from typing import Final

import msgspec

from backline.process import adopt_orphans, end_with_parent
from backline.runtime.pipes import Pipes
from backline.runtime.processes import children_of
from backline.sdk import TaskFacts, registry

MOST_NEWS_BYTES: Final = 128 * 1024
"""The longest message over the control socket: a task at the start, last words at the end."""
FORK: Final = b"fork"
_SECONDS_TO_CLEAR: Final = 2.0
"""How long the last processes may take to vanish before the zygote goes without having seen it."""

Children = dict[int, Pipes]
"""The runs' processes, by their ids."""


class Announced(msgspec.Struct, frozen=True, tag=True):
    """One of the zygote's first messages: a task that it can run, and where that is defined."""

    task: TaskFacts
    origin: str


class Ready(msgspec.Struct, frozen=True, tag=True):
    """All tasks are announced; the hash is that of the files which define them."""

    code_version: str


class Born(msgspec.Struct, frozen=True, tag=True):
    """A process was forked; the supervisor's end of its channel comes with the message."""

    pid: int


class Gone(msgspec.Struct, frozen=True, tag=True):
    """A process has ended."""

    pid: int
    wait_status: int
    last_words: list[tuple[str, str]]
    """What it wrote and nobody has read, as (stream, text)."""


def _serve(control: socket.socket) -> None:
    """Fork on demand and report deaths, until the supervisor hangs up."""
    waker, wakes = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    for ending in (signal.SIGINT, signal.SIGTERM):
        # Ctrl-C reaches the whole terminal group; only the supervisor decides when we end.
        signal.signal(ending, signal.SIG_IGN)
    adopt_orphans()
    servants = frozenset(children_of(os.getpid()))  # a task module may have started its own
    children: Children = {}
    for task in registry:
        control.send(msgspec.json.encode(Announced(task.announced(), task.origin)))
    control.send(msgspec.json.encode(Ready(_code_version())))
    while True:
        readable, _, _ = select.select([control.fileno(), waker], [], [])
        if waker in readable:
            os.read(waker, 4096)
            _report_deaths(control, children, servants)
        if control.fileno() in readable:
            if not _is_asked(control):
                break
            _fork(control, children)
    _clear(children)


def _is_asked(control: socket.socket) -> bool:
    """Say whether another process is wanted, or the supervisor has hung up, or died."""
    try:
        return control.recv(len(FORK)) == FORK
    except ConnectionResetError:  # it died and had not read everything
        return False


def _clear(children: Children) -> None:
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


def _fork(control: socket.socket, children: Children) -> None:
    link, far_end = socket.socketpair()
    pipes = Pipes()
    pid = os.fork()
    if pid == 0:
        try:
            far_end.close()
            _become_child(control, link, pipes, children)
        finally:
            os._exit(70)  # EX_SOFTWARE: only reached when our own code failed
    link.close()
    pipes.close_mouths()
    children[pid] = pipes
    with far_end:
        _tell(control, Born(pid), far_end.fileno())


def _tell(control: socket.socket, news: Born | Gone, *descriptors: int) -> None:
    """Tell the supervisor. One that has hung up needs to know nothing: the loop sees it and clears."""
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        socket.send_fds(control, [msgspec.msgpack.encode(news)], descriptors)


def _become_child(
    control: socket.socket, link: socket.socket, pipes: Pipes, siblings: Children
) -> None:
    """Turn a fresh fork into a run's process: a session of its own, nothing of the zygote's."""
    os.setsid()
    end_with_parent()
    adopt_orphans()
    control.close()
    for others in siblings.values():
        others.close_ears()
    signal.set_wakeup_fd(-1)
    for name in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_DFL)
    _volunteer_for_memory_pressure()
    pipes.speak_through()
    from backline.runtime.child import perform

    with link:
        perform(link, pipes)
    os._exit(0)


def _volunteer_for_memory_pressure() -> None:
    """When memory runs out, the kernel shall end a run rather than the worker or the database."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")


def _report_deaths(control: socket.socket, children: Children, servants: frozenset[int]) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        if pid in children:
            pipes = children.pop(pid)
            _kill_group(pid)  # what the task started and left behind
            _tell(control, Gone(pid, status, pipes.read_rest()))
            pipes.close_ears()
        _kill_strays({*children, *servants})


def _kill_strays(others: Set[int]) -> None:
    """End the processes that came here because their run's process died.

    Those of living runs come to the run's process, so whoever is here and is
    none of the ``others`` has none. Their own children come next, when they are dead.
    """
    for pid in children_of(os.getpid()):
        if pid not in others:
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
