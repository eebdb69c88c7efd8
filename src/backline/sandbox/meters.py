"""Watches what a room uses of the things that the kernel does not count for it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import msgspec

from backline.sandbox.limits import Limits

_DEEPEST: Final = 200
"""Folders within folders, each of which takes a descriptor while it is looked through."""
_BLOCK_BYTES: Final = 512
FREE_SPACE_FLOOR_BYTES: Final = 256 * 1024 * 1024
"""A home may not grow into the last of the host's disk, whatever its own limit."""


class Usage(msgspec.Struct, frozen=True):
    """What lies in a home."""

    size_bytes: int
    """On the disk: holes do not count."""
    entries: int

    def fits(self, limits: Limits) -> bool:
        return self.size_bytes <= limits.home_bytes and self.entries <= limits.home_entries


def memory_bytes(init_pid: int) -> int:
    """Return the memory of every process that shares the first one's numbering.

    Shared pages are counted once over all of them (the kernel's "proportional
    set size"); memory of the host that they map, such as libraries, in part.
    """
    return sum(share_bytes(pid) for pid in members(init_pid))


def members(init_pid: int) -> list[str]:
    """Return the processes that share the first one's numbering, by their numbers on the host."""
    namespace = _namespace_of(str(init_pid))
    if namespace is None:
        return []
    numbers = (name for name in os.listdir("/proc") if name.isdecimal())  # noqa: PTH208 - ten times faster
    return [name for name in numbers if _namespace_of(name) == namespace]


def _namespace_of(pid: str) -> str | None:
    try:
        return os.readlink(f"/proc/{pid}/ns/pid")  # noqa: PTH115 - called for every process
    except OSError:
        return None


def share_bytes(pid: str) -> int:
    """Return a process's part of the memory; 0 when it has ended."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_bytes()
    except OSError:
        return 0  # it ended meanwhile
    _, _, after = text.partition(b"\nPss:")
    number = after.split(maxsplit=1)
    return int(number[0]) * 1024 if number else 0


def home_usage(home: int, limits: Limits) -> Usage | None:
    """Return what lies in a home, or a little more than the limits as soon as it is more.

    ``home`` is a descriptor; no link is followed. None when the home can not be
    looked through from outside: folders that are made unreadable, or too deep.
    """
    count = _Count(limits)
    try:
        count.walk(home, depth=0)
    except (PermissionError, RecursionError):
        return None
    return Usage(count.size_bytes, count.entries)


def is_disk_nearly_full(home: int) -> bool:
    """Tell whether the file system below a home is down to its last bytes."""
    facts = os.fstatvfs(home)
    return facts.f_bavail * facts.f_frsize < FREE_SPACE_FLOOR_BYTES


class _Count:
    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.size_bytes = 0
        self.entries = 0

    def walk(self, folder: int, depth: int) -> None:
        if depth > _DEEPEST:
            raise RecursionError
        with os.scandir(folder) as entries:
            for entry in entries:
                if self._add(entry):
                    self._enter(folder, entry.name, depth)
                if self._is_over():
                    return

    def _add(self, entry: os.DirEntry[str]) -> bool:
        """Count an entry. Returns whether it is a folder."""
        try:
            facts = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            return False
        self.entries += 1
        self.size_bytes += facts.st_blocks * _BLOCK_BYTES // max(1, facts.st_nlink)
        return entry.is_dir(follow_symlinks=False)

    def _enter(self, folder: int, name: str, depth: int) -> None:
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            inner = os.open(name, flags, dir_fd=folder)
        except (FileNotFoundError, NotADirectoryError):
            return  # it went, or became something else, meanwhile
        try:
            self.walk(inner, depth + 1)
        finally:
            os.close(inner)

    def _is_over(self) -> bool:
        return not Usage(self.size_bytes, self.entries).fits(self._limits)
