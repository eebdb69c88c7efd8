"""What a sandbox shows and hides: a room with listed doors, decided without touching anything.

A room is a list of parts. Each part is a small value that renders its own
arguments for bubblewrap; the order of the parts is the order in which they are
put up. Nothing is visible that is not listed here.

No part may have its place at or below the writable home: whoever filled the
home could lead it elsewhere by a link, and the part would be made on the host
(CVE-2026-87766). What belongs into a home is put there by a command inside.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Final, Protocol

import msgspec

from backline.sandbox.limits import MIB, Limits

HOME: Final = "/home/user"
USER: Final = "user"
USER_ID: Final = 1000
"""Who commands are inside; on the host they are an id without any rights."""
STANDARD_PATH: Final = "/home/user/.local/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"

_NAMESPACES: Final = ("user", "pid", "net", "ipc", "uts", "cgroup")

_HIDDEN_PROC_FILES: Final = tuple(
    f"/proc/{name}"
    for name in (
        *("kcore", "keys", "key-users", "kallsyms", "cmdline", "config.gz", "kmsg", "kpagecount"),
        *("kpagecgroup", "kpageflags", "timer_list", "sched_debug", "sysrq-trigger", "interrupts"),
        *("iomem", "ioports", "modules", "slabinfo", "vmallocinfo", "partitions", "diskstats"),
        *("swaps", "latency_stats", "vmcore", "dma", "consoles"),
    )
)
_HIDDEN_PROC_FOLDERS: Final = tuple(
    f"/proc/{name}"
    for name in ("acpi", "asound", "bus", "driver", "fs", "irq", "pressure", "scsi", "tty")
)
_SHOWN_ETC: Final = ("/etc/alternatives", "/etc/ld.so.cache", "/etc/localtime")
_CERTIFICATES: Final = (
    "/etc/ssl/certs",
    "/etc/pki/tls/certs",
    "/etc/pki/ca-trust/extracted",
)
"""Whom to trust for TLS, on Debian's and on Fedora's kin."""
_HIDDEN_USR_FOLDERS: Final = ("/usr/local/etc", "/usr/src")

ETC_FILES: Final[dict[str, str]] = {
    "passwd": (
        "root:x:0:0:root:/root:/usr/sbin/nologin\n"
        "user:x:1000:1000:user:/home/user:/bin/bash\n"
        "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"
    ),
    "group": "root:x:0:\nuser:x:1000:\nnogroup:x:65534:\n",
    "hosts": "127.0.0.1 localhost sandbox\n::1 localhost\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
    "resolv.conf": "",
}
"""The files of ``/etc`` that are the same in every room."""


def etc_files(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the files of ``/etc`` for a room: the common ones, and the account's variables.

    The variables are set after the limits: a library that one of them names
    must not come to run before.
    """
    lines = (f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
    return ETC_FILES | {"variables": "".join(lines)}


GATE: Final = ("/bin/sh", "-c", 'read -r word && [ "$word" = go ] || exit 125; exec "$@"', "gate")
"""The first thing that runs inside: it waits for the word, and without it nothing runs.

The word comes when the room is tied to its worker's life; when the worker dies
before, the gate reads the end of its input and goes home.
"""
DRESSING: Final = ("/bin/sh", "-c", '. /etc/variables; exec "$@"', "dressing")
"""Sets the account's variables, once the limits are on."""


class Part(Protocol):
    """Something that is put up in a room."""

    def arguments(self) -> tuple[str, ...]: ...


class Shown(msgspec.Struct, frozen=True):
    """A file or folder of the host, for reading only, at its own place."""

    path: str

    def arguments(self) -> tuple[str, ...]:
        return ("--ro-bind", self.path, self.path)


class Folder(msgspec.Struct, frozen=True):
    """An empty folder that everyone may enter."""

    path: str

    def arguments(self) -> tuple[str, ...]:
        return ("--perms", "0755", "--dir", self.path)


class Link(msgspec.Struct, frozen=True):
    """A symbolic link."""

    path: str
    target: str

    def arguments(self) -> tuple[str, ...]:
        return ("--symlink", self.target, self.path)


class Written(msgspec.Struct, frozen=True):
    """A small read-only file whose text comes over a descriptor."""

    path: str
    descriptor: int

    def arguments(self) -> tuple[str, ...]:
        return ("--perms", "0444", "--ro-bind-data", str(self.descriptor), self.path)


class Masked(msgspec.Struct, frozen=True):
    """A file of the kernel that answers "permission denied"."""

    path: str

    def arguments(self) -> tuple[str, ...]:
        return ("--ro-bind", "/dev/null", self.path)


class Emptied(msgspec.Struct, frozen=True):
    """A folder that looks empty and stays so."""

    path: str

    def arguments(self) -> tuple[str, ...]:
        return ("--tmpfs", self.path, "--remount-ro", self.path)


class Scratch(msgspec.Struct, frozen=True):
    """A folder in memory for whoever wants to write, of a limited size."""

    path: str
    size_bytes: int

    def arguments(self) -> tuple[str, ...]:
        return ("--size", str(self.size_bytes), "--perms", "1777", "--tmpfs", self.path)


class Home(msgspec.Struct, frozen=True):
    """The home, by the descriptor of a folder, so that no link on the way can lead elsewhere."""

    descriptor: int
    is_writable: bool = True

    def arguments(self) -> tuple[str, ...]:
        bind = "--bind-fd" if self.is_writable else "--ro-bind-fd"
        return (bind, str(self.descriptor), HOME, "--chdir", HOME)


class HostFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What of the host the rooms are built from; found once per process."""

    links: Mapping[str, str]
    """Links of the root folder into ``/usr``, such as ``/bin``; real folders are in ``paths``."""
    paths: frozenset[str]
    """Which of the places in `PLACES` exist."""


PLACES: Final = (
    *("/bin", "/sbin", "/lib", "/lib64", "/lib32", "/libx32"),
    *_SHOWN_ETC,
    *_CERTIFICATES,
    *_HIDDEN_USR_FOLDERS,
    *_HIDDEN_PROC_FILES,
    *_HIDDEN_PROC_FOLDERS,
)
"""Places that some hosts have and others have not."""


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """One sandbox for one command: its parts depend on nothing but these values."""

    home: Home
    etc: Mapping[str, int]
    """Descriptors of the texts that lie in ``/etc``, by file name."""
    limits: Limits = Limits()
    has_way_out: bool = False
    """Whether commands may reach hosts of the internet, and need to know whom to trust."""
    is_keeper: bool = False
    """Whether this room tidies a home instead of running an account's command.

    A keeper is root of the room's own user namespace and passes file modes there,
    so that what an account made unreadable can still be packed and removed.
    """


def arguments(room: Room, host: HostFacts) -> tuple[str, ...]:
    """Render a room as arguments of bubblewrap, without filter, hand-over and command."""
    parts = (argument for part in _parts(room, host) for argument in part.arguments())
    return (*_walls(room), *_environment(), *parts, "--remount-ro", "/")


def _walls(room: Room) -> tuple[str, ...]:
    # By name: `--unshare-all` takes "no user namespace" for an answer, and then all rights stay.
    unshared = tuple(f"--unshare-{name}" for name in _NAMESPACES)
    user_id = "0" if room.is_keeper else str(USER_ID)
    rights = ("--cap-add", "CAP_DAC_OVERRIDE") if room.is_keeper else ()
    return (
        *unshared,
        *("--disable-userns", "--die-with-parent", "--new-session", "--hostname", "sandbox"),
        *("--uid", user_id, "--gid", user_id, "--cap-drop", "ALL", *rights, "--clearenv"),
    )


def _environment() -> tuple[str, ...]:
    standard = {
        "PATH": STANDARD_PATH,
        "HOME": HOME,
        "USER": USER,
        "LOGNAME": USER,
        "SHELL": "/bin/bash",
        "LANG": "C.UTF-8",
        "TMPDIR": "/tmp",  # noqa: S108 - the room's own
    }
    return tuple(word for name, value in standard.items() for word in ("--setenv", name, value))


def _parts(room: Room, host: HostFacts) -> Iterator[Part]:
    for path in ("/etc", "/home", "/var", "/run"):
        yield Folder(path)
    yield from _programs(host)
    yield from _settings(room, host)
    yield from _kernel(host)
    yield from _devices(room)
    yield room.home  # last, and nothing below it


def _programs(host: HostFacts) -> Iterator[Part]:
    yield Shown("/usr")
    for path in ("/bin", "/sbin", "/lib", "/lib64", "/lib32", "/libx32"):
        if path in host.links:
            yield Link(path, host.links[path])
        elif path in host.paths:
            yield Shown(path)
    yield from (Emptied(path) for path in _HIDDEN_USR_FOLDERS if path in host.paths)


def _settings(room: Room, host: HostFacts) -> Iterator[Part]:
    shown = (*_SHOWN_ETC, *_CERTIFICATES) if room.has_way_out else _SHOWN_ETC
    yield from (Shown(path) for path in shown if path in host.paths)
    yield from (Written(f"/etc/{name}", room.etc[name]) for name in room.etc)


def _kernel(host: HostFacts) -> Iterator[Part]:
    yield _Fresh("--proc", "/proc")
    yield Shown("/proc/sys")
    yield from (Masked(path) for path in _HIDDEN_PROC_FILES if path in host.paths)
    yield from (Emptied(path) for path in _HIDDEN_PROC_FOLDERS if path in host.paths)


def _devices(room: Room) -> Iterator[Part]:
    yield _Fresh("--dev", "/dev")
    yield Scratch("/dev/shm", room.limits.shared_memory_bytes)  # noqa: S108 - the room's own
    yield Scratch("/tmp", room.limits.temporary_bytes)  # noqa: S108
    yield Link("/var/tmp", "../tmp")  # noqa: S108
    yield _Fresh("--remount-ro", "/dev")


class _Fresh(msgspec.Struct, frozen=True):
    """A file system of the kernel's, made for this room."""

    option: str
    path: str

    def arguments(self) -> tuple[str, ...]:
        return (self.option, self.path)


KEEPER_LIMITS: Final = Limits(
    duration_seconds=600.0,
    memory_bytes=512 * MIB,
    process_data_bytes=512 * MIB,
    processes=16,
    file_bytes=4096 * MIB,
    output_bytes=4096 * MIB,
)
"""The limits of a room that packs, unpacks or empties a home."""
