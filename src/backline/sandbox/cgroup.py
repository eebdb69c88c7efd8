"""Holds a room's memory and processes exactly, where the operator has set aside a control group.

The kernel counts and refuses by itself then; without one, watches look ten
times a second. The group has to be of version 2, writable by the worker, empty
of processes, and may pass ``memory`` and ``pids`` on to groups below it, as
systemd makes it for a unit with ``Delegate=yes``. See the kernel's
``admin-guide/cgroup-v2``.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from backline.errors import SetupError
from backline.sandbox.bubblewrap import Started
from backline.sandbox.limits import Limits
from backline.sandbox.meters import members

CONTROLLERS: Final = ("memory", "pids")
_OWN_PROCESSES: Final = 2
"""The room's first process and its gate are no processes of the command's."""
_SWEEP_SECONDS: Final = 0.005
_MOST_SWEEPS: Final = 1000
_OUTSIDE: Final = (
    "whoever moves a process needs rights on both its groups, so start the worker in a group below"
    " the one that was delegated, as systemd's DelegateSubgroup= does"
)
_CURES: Final = {
    errno.EACCES: _OUTSIDE,
    errno.EPERM: _OUTSIDE,
    errno.EBUSY: (
        "processes are in the group itself, perhaps the worker; start it in a group below, as"
        " systemd's DelegateSubgroup= does"
    ),
}


class Group:
    """One room's control group."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def take_in(self, room: Started) -> None:
        """Put everything in the room into the group; what it starts later follows."""
        for pid in members(room.init_pid):
            self.add(pid)

    def add(self, pid: str | int) -> None:
        """Put a process into the group."""
        _write(self._folder / "cgroup.procs", str(pid))

    @property
    def ran_out_of_memory(self) -> bool:
        """Whether the kernel ended something for lack of memory."""
        try:
            words = (self._folder / "memory.events").read_text().split()
        except FileNotFoundError:
            return False
        counts = dict(zip(words[::2], words[1::2], strict=True))
        return counts.get("oom_kill", "0") != "0"

    def remove(self) -> None:
        """End what is left in the group, and give it back."""
        with contextlib.suppress(FileNotFoundError):
            _write(self._folder / "cgroup.kill", "1")
        for _ in range(_MOST_SWEEPS):
            try:
                self._folder.rmdir()
            except OSError:  # the kernel takes a moment to bury the dead
                time.sleep(_SWEEP_SECONDS)
            else:
                return


def require(parent: Path, controllers: tuple[str, ...] = CONTROLLERS) -> str:
    """Make sure that groups can be made below ``parent``. Returns what it can hold, in words.

    Raises ``SetupError`` naming what is missing.
    """
    if not (parent / "cgroup.subtree_control").exists():
        raise SetupError(f"{parent} is no control group of version 2: name one that is")
    offered = (parent / "cgroup.controllers").read_text().split()
    if lacking := [name for name in controllers if name not in offered]:
        raise SetupError(f"{parent} does not have {' and '.join(lacking)}: delegate them to it")
    if not os.access(parent, os.W_OK):
        raise SetupError(f"{parent} can not be written by user {os.getuid()}: delegate it")
    passed_on = (parent / "cgroup.subtree_control").read_text().split()
    for name in controllers:
        if name not in passed_on:
            _write(parent / "cgroup.subtree_control", f"+{name}")
    return f"{', '.join(controllers) or 'nothing'} held by the kernel in {parent}"


def try_out(parent: Path, controllers: tuple[str, ...] = CONTROLLERS) -> str:
    """Put a process of ours into a group below ``parent`` for a moment, as `require` else.

    Moving one takes rights on the group that this process itself is in, so whoever asks
    should be started where the worker is.
    """
    told = require(parent, controllers)
    with (
        _made(parent) as folder,
        subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as idle,
    ):
        Group(folder).add(idle.pid)
    return told


@contextmanager
def confined(
    parent: Path, room: Started, limits: Limits, controllers: tuple[str, ...] = CONTROLLERS
) -> Iterator[Group]:
    """Keep a room, in which nothing runs yet, in a group of its own while the block lasts.

    Raises ``SetupError`` when no group can be made.
    """
    require(parent, controllers)
    with _made(parent) as folder:
        if "memory" in controllers:
            _write(folder / "memory.max", str(limits.memory_bytes))
            _write(folder / "memory.oom.group", "1")
            if (folder / "memory.swap.max").exists():
                _write(folder / "memory.swap.max", "0")
        if "pids" in controllers:
            _write(folder / "pids.max", str(limits.processes + _OWN_PROCESSES))
        group = Group(folder)
        group.take_in(room)
        yield group


@contextmanager
def _made(parent: Path) -> Iterator[Path]:
    """Make a group, and remove it with all that is in it."""
    folder = parent / f"room-{secrets.token_hex(8)}"
    folder.mkdir()
    try:
        yield folder
    finally:
        Group(folder).remove()


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text)
    except OSError as trouble:
        cure = _CURES.get(trouble.errno or 0, "look at who owns it")
        raise SetupError(f"{path} does not take {text!r} ({trouble.strerror}): {cure}") from trouble
