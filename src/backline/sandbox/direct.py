"""NO WALLS: commands run as ordinary programs of this machine, and may read and change what it lets them.

For a machine that can not have walls and runs only what its owner trusts, such
as a virtual machine made for this one purpose. Nobody comes here by accident:
it takes a setting in words that say so, and nothing ever falls back to it.

Homes, snapshots, limits of the kernel and watches are the same as behind walls.
What is missing: a command sees all files, processes and networks that its user
does, and one that clears its environment and leaves its parent can outlive its end.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final

from backline.errors import SetupError
from backline.sandbox.bubblewrap import Order, Preparation, Started
from backline.sandbox.embedded import EmbeddedProvider
from backline.sandbox.home import Homes
from backline.sandbox.limits import Limits, kernel_limits
from backline.sandbox.meters import share_bytes
from backline.sandbox.policy import GATE, HOME, STANDARD_PATH, USER
from backline.sandbox.provider import Capabilities, View
from backline.sandbox.snapshot import BlobSource, Snapshot

_MARK: Final = "BACKLINE_ROOM"
"""A variable by which the processes of one command are known."""
_SWEEP_SECONDS: Final = 0.005
_MOST_SWEEPS: Final = 2000


class DirectProvider(EmbeddedProvider):
    """Makes sandboxes that keep homes and limits, and nobody in."""

    def __init__(self, folder: Path, scratch: Path | None = None) -> None:
        super().__init__(Homes(folder, start=started_without_walls), scratch)

    def capabilities(self) -> Capabilities:
        return Capabilities(
            isolation="none",
            has_egress=False,
            has_terminal=False,
            has_views=False,
            max_duration_seconds=24 * 3600.0,
        )

    def look(
        self,
        sandbox_id: str,  # noqa: ARG002
        snapshot: Snapshot | None,  # noqa: ARG002
        blobs: BlobSource,  # noqa: ARG002
    ) -> AbstractContextManager[View]:
        raise SetupError(
            "without walls nobody can be kept from changing a home: leave readOnly out"
        )


class _Loose(Started):
    """A command and what it started, as far as they can be found."""

    def __init__(self, process: subprocess.Popen[bytes], mark: str) -> None:
        super().__init__(process, process.pid, os.pidfd_open(process.pid))
        self._mark = f"{_MARK}={mark}".encode()

    def kill(self) -> None:
        """End everything that belongs to the command, until no more of it is found."""
        for _ in range(_MOST_SWEEPS):
            members = self._members()
            if not members:
                return
            for pid in members:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(_SWEEP_SECONDS)

    def wait_until_empty(self) -> None:
        self.kill()

    def memory_bytes(self) -> int:
        return sum(share_bytes(str(pid)) for pid in self._members())

    def _members(self) -> set[int]:
        """Find the processes that bear the mark, and those that descend from one that does."""
        parents = dict(_processes())
        members = {pid for pid in parents if self._is_marked(pid)}
        if self.process.poll() is None:
            members.add(self.process.pid)
        while more := {pid for pid, parent in parents.items() if parent in members} - members:
            members |= more
        return members

    def _is_marked(self, pid: int) -> bool:
        try:
            return self._mark in Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:
            return False


@contextmanager
def started_without_walls(order: Order, prepare: Preparation | None = None) -> Iterator[Started]:
    """Run a command in its home and nowhere in particular; at the end, end what it left behind.

    Raises ``SetupError`` for what can not be kept without walls.
    """
    _refuse(order)
    mark = secrets.token_hex(8)
    process = _spawn(order, mark)
    room = _Loose(process, mark)
    try:
        with contextlib.nullcontext() if prepare is None else prepare(room):
            room.let_in()
            yield room
    finally:
        room.kill()
        process.wait()
        os.close(room.init)
        for pipe in (room.stdin, room.stdout, room.stderr):
            pipe.close()


def _refuse(order: Order) -> None:
    if order.identity.user_id == 0:
        raise SetupError("a sandbox must not belong to the host's root: give it a user of its own")
    if order.has_way_out:
        raise SetupError(
            "without walls nobody can be kept to a list of hosts: unset"
            " BACKLINE_SANDBOX_ALLOWED_HOSTS, and bring repositories as archives"
        )
    if order.terminal is not None:
        raise SetupError("a shell is only offered behind walls: use `backline sandbox run`")


def _spawn(order: Order, mark: str) -> subprocess.Popen[bytes]:
    place = str(Path(f"/proc/self/fd/{order.home}").readlink())
    is_other = os.getuid() != order.identity.user_id
    arguments = tuple(word.replace(HOME, place) for word in order.command)
    go_to = ("/usr/bin/env", f"--chdir={order.cwd.replace(HOME, place, 1)}", "--")
    return subprocess.Popen(  # noqa: S603 - to run a caller's command is what this is for
        [*GATE, *_limits(order.limits, is_other), *go_to, *arguments],
        env=_environment(order, place) | {_MARK: mark},
        cwd=place,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        start_new_session=True,
        umask=0o022,
        user=order.identity.user_id if is_other else None,
        group=order.identity.group_id if is_other else None,
        extra_groups=[] if is_other else None,
    )


def _limits(limits: Limits, has_own_user: bool) -> tuple[str, ...]:
    """Return the kernel's limits; a user's processes can only be counted if they are all ours."""
    words = kernel_limits(limits)
    return words if has_own_user else tuple(w for w in words if not w.startswith("--nproc"))


def _environment(order: Order, place: str) -> dict[str, str]:
    standard = {
        "PATH": STANDARD_PATH.replace(HOME, place),
        "HOME": place,
        "USER": USER,
        "LOGNAME": USER,
        "SHELL": "/bin/bash",
        "LANG": "C.UTF-8",
        "TMPDIR": "/tmp",  # noqa: S108 - the machine's own: there is no other
    }
    return standard | dict(order.variables)


def _processes() -> Iterator[tuple[int, int]]:
    """Yield the processes of this machine and their parents."""
    for name in os.listdir("/proc"):  # noqa: PTH208 - ten times faster
        if name.isdecimal():
            with contextlib.suppress(OSError, ValueError):
                # The name in brackets may hold anything; the parent stands two words after it.
                after = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2]
                yield int(name), int(after.split()[1])
