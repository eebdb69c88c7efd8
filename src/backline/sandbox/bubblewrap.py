"""Puts up a room and starts a command in it, by way of the program ``bwrap``.

The order matters. Bubblewrap makes the walls, and inside a gate waits for a
word. Meanwhile this side takes hold of the room's first process, whose end is
the end of everything in the room, and makes sure that it will end with this
side. Only then the word is given.

Until the walls stand, what is being started belongs to the process group of
whoever starts it, and ends with that; afterwards a room is a session of its own.
The thread that starts a room must live as long as the room: the kernel ends
the room when that thread ends, which is also what ends it when a worker dies.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from io import FileIO
from pathlib import Path
from typing import IO, Final

import msgspec

from backline.errors import SetupError
from backline.process import adopt_orphans
from backline.sandbox.complaints import explain
from backline.sandbox.limits import Limits, kernel_limits
from backline.sandbox.meters import memory_bytes
from backline.sandbox.policy import (
    DRESSING,
    GATE,
    HOME,
    PLACES,
    Home,
    HostFacts,
    Room,
    arguments,
    etc_files,
)
from backline.sandbox.program import find_program
from backline.sandbox.seccomp import build_filter

_ENV: Final = "/usr/bin/env"
_LOOK_SECONDS: Final = 0.0005
_START_SECONDS: Final = 20.0
"""So long may the walls take on a machine that is very busy."""


class Identity(msgspec.Struct, frozen=True):
    """Who the processes of a room are on the host. Never the host's root."""

    user_id: int
    group_id: int


class Started:
    """A room with its command: descriptors of its output, and handles on its life."""

    def __init__(self, process: subprocess.Popen[bytes], init_pid: int, init: int) -> None:
        self.process = process
        self.init_pid = init_pid
        """The first process of the room, by its number on the host."""
        self.init = init
        """A descriptor of that process (pidfd)."""

    @property
    def stdout(self) -> IO[bytes]:
        assert self.process.stdout is not None
        return self.process.stdout

    @property
    def stderr(self) -> IO[bytes]:
        assert self.process.stderr is not None
        return self.process.stderr

    @property
    def stdin(self) -> IO[bytes]:
        assert self.process.stdin is not None
        return self.process.stdin

    def let_in(self) -> None:
        """Give the word, after which the command runs; its input follows, if it gets any."""
        with contextlib.suppress(BrokenPipeError):
            self.stdin.write(b"go\n")

    def kill(self) -> None:
        """End everything in the room, at once; it can not be held up from inside."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.init, signal.SIGKILL)

    def memory_bytes(self) -> int:
        """Return the memory of everything in the room."""
        return memory_bytes(self.init_pid)

    def wait_until_empty(self) -> None:
        """Wait until the last process of the room is gone, and leave no dead one behind."""
        poll = select.poll()
        poll.register(self.init, select.POLLIN)
        while not poll.poll(2000):
            self.kill()
        with contextlib.suppress(ChildProcessError):
            os.waitid(os.P_PIDFD, self.init, os.WEXITED)


Preparation = Callable[[Started], AbstractContextManager[object]]


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be started, and in what kind of room."""

    command: tuple[str, ...]
    home: int
    """A descriptor of the home's folder. On the host, its user must be able to reach it."""
    identity: Identity
    limits: Limits
    cwd: str = HOME
    variables: Mapping[str, str] = {}
    terminal: int | None = None
    """A descriptor of the terminal that the command is put on, instead of pipes."""
    has_way_out: bool = False
    """Whether `started` is given a way out to hosts of the internet."""
    is_keeper: bool = False
    """Whether it tidies the home, see `policy.Room`."""
    is_home_writable: bool = True


Start = Callable[["Order", Preparation | None], AbstractContextManager[Started]]
"""Runs a command somewhere, and sees to it that nothing of it is left at the end of the block."""


@contextmanager
def started(order: Order, prepare: Preparation | None = None) -> Iterator[Started]:
    """Run a command in a room of its own; at the end of the block everything in it is gone.

    ``prepare`` is entered when the walls stand and nothing runs inside yet. Raises ``SetupError`` when the walls can not be put up; then nothing was run.
    """
    if order.identity.user_id == 0:
        raise SetupError("a sandbox must not belong to the host's root: give it a user of its own")
    _adopt_orphans()
    with contextlib.ExitStack() as cleanup:
        walls = _Walls(order, cleanup)
        process = _spawn(order, walls)
        cleanup.callback(_close, process)
        init_pid = walls.await_first_process(process)
        init = os.pidfd_open(init_pid)
        cleanup.callback(os.close, init)
        room = Started(process, init_pid, init)
        cleanup.callback(_end, room)
        _volunteer_for_memory_pressure(init_pid)
        _await_bond(room)
        if prepare is not None:
            cleanup.enter_context(prepare(room))
        room.let_in()
        yield room


class _Walls:
    """The arguments of bubblewrap, and the descriptors that they speak of.

    They travel in memory: what stands on a command line can be read inside, and in the host's
    list of processes.
    """

    def __init__(self, order: Order, cleanup: contextlib.ExitStack) -> None:
        self._news, teller = _pipe(cleanup)
        self._teller = teller
        texts = etc_files(order.variables)
        etc = {name: _sheet(cleanup, text.encode()) for name, text in texts.items()}
        room = Room(
            home=Home(order.home, order.is_home_writable),
            etc=etc,
            limits=order.limits,
            has_way_out=order.has_way_out,
            is_keeper=order.is_keeper,
        )
        seccomp = _sheet(cleanup, _filter())
        words = (
            *arguments(room, look_at_host()),
            *("--seccomp", str(seccomp)),
            *("--info-fd", str(teller.fileno())),
        )
        sheet = _sheet(cleanup, b"".join(word.encode() + b"\0" for word in words))
        self.argument = str(sheet)
        terminal = () if order.terminal is None else (order.terminal,)
        self.descriptors = (
            *(sheet, seccomp, order.home, *etc.values(), teller.fileno()),
            *terminal,
        )

    def await_first_process(self, process: subprocess.Popen[bytes]) -> int:
        """Return the number of the room's first process. Raises ``SetupError``."""
        self._teller.close()
        news = b""
        while b"}" not in news and select.select([self._news], [], [], _START_SECONDS)[0]:
            piece = self._news.read(4096)
            if not piece:
                break
            news += piece
        if b"}" not in news:
            raise SetupError(explain(_last_words(process)))
        facts: dict[str, int] = msgspec.json.decode(news)
        return facts["child-pid"]


def _spawn(order: Order, walls: _Walls) -> subprocess.Popen[bytes]:
    user_id, group_id = order.identity.user_id, order.identity.group_id
    program = find_program(user_id)
    is_other = os.getuid() != user_id
    inside = (*GATE, *kernel_limits(order.limits), *DRESSING, _ENV, f"--chdir={order.cwd}", "--")
    try:
        return subprocess.Popen(  # noqa: S603 - to run a caller's command is what this is for
            # The first word is only a name: where the program lies shall not be read inside.
            ["bwrap", "--args", walls.argument, "--", *inside, *_seated(order)],  # noqa: S607
            executable=program.path,
            env=program.environment,
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            pass_fds=walls.descriptors,
            umask=0o022,
            user=user_id if is_other else None,
            group=group_id if is_other else None,
            extra_groups=[] if is_other else None,
        )
    except OSError as trouble:
        raise SetupError(
            f"bubblewrap could not be started as user {user_id} ({trouble.strerror}):"
            " `backline doctor` tells what is missing"
        ) from trouble


def _seated(order: Order) -> tuple[str, ...]:
    """Return the command, with what puts it on its terminal, if it has one."""
    if order.terminal is None:
        return order.command
    seat = (
        f'exec "$@" <&{order.terminal} >&{order.terminal} 2>&{order.terminal} {order.terminal}<&-'
    )
    # A session of its own, whose terminal this is: for ctrl-C, and for jobs in the background.
    session = ("/usr/bin/setsid", "--ctty", "--wait")
    return ("/bin/bash", "-c", seat, "seat", *session, *order.command)


def _await_bond(room: Started) -> None:
    """Wait until the room's life is tied to this thread's. Raises ``SetupError``.

    The first process puts the filter on itself after it has asked the kernel to
    end it with its parent, so the filter is the sign that both have happened.
    """
    status = Path(f"/proc/{room.init_pid}/status")
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until and room.process.poll() is None:
        with contextlib.suppress(OSError):
            if b"\nSeccomp:\t2\n" in status.read_bytes():
                return
        time.sleep(_LOOK_SECONDS)
    raise SetupError(explain(_last_words(room.process)))


def _last_words(process: subprocess.Popen[bytes]) -> str:
    process.kill()
    _, complaint = process.communicate()
    return complaint.decode(errors="replace")


def _end(room: Started) -> None:
    room.kill()
    room.process.wait()
    room.wait_until_empty()


def _close(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def _sheet(cleanup: contextlib.ExitStack, content: bytes) -> int:
    """Write something to memory for bubblewrap to read over a descriptor."""
    descriptor = os.memfd_create("sheet", os.MFD_CLOEXEC)
    cleanup.callback(os.close, descriptor)
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def _pipe(cleanup: contextlib.ExitStack) -> tuple[FileIO, FileIO]:
    reader, writer = os.pipe2(os.O_CLOEXEC)
    return cleanup.enter_context(FileIO(reader)), cleanup.enter_context(FileIO(writer, "w"))


@lru_cache(maxsize=1)
def _adopt_orphans() -> None:
    """Let the rooms' first processes fall to this process when bubblewrap ends before them.

    Otherwise they fall to process 1, and in many containers that one buries nobody.
    """
    adopt_orphans()


def _volunteer_for_memory_pressure(pid: int) -> None:
    """When the machine's memory runs out, the kernel shall end a sandbox first."""
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid}/oom_score_adj").write_text("1000")


@lru_cache(maxsize=1)
def _filter() -> bytes:
    return build_filter()


@lru_cache(maxsize=1)
def look_at_host() -> HostFacts:
    """Find out which of the places that rooms are made of this host has."""
    links = {path: str(Path(path).readlink()) for path in PLACES if Path(path).is_symlink()}
    root_links = {path: target for path, target in links.items() if path.count("/") == 1}
    return HostFacts(
        links=root_links, paths=frozenset(path for path in PLACES if Path(path).exists())
    )
