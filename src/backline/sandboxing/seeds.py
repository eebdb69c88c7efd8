"""What a home can be laid out with: uploaded files, an archive, a repository.

Both archive and repository are unpacked by a command in the sandbox itself,
behind all its walls and under its limits. ``git`` may speak to the host of its
URL, through the same judge of addresses as every way out, and to nobody else;
it reads no settings of the account's, so that nothing of the account's runs
while that door is open.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from backline.errors import AbortRun
from backline.fetch import check_url
from backline.sandbox import AllowedHost, Command, Finished, Limits
from backline.sandbox.policy import HOME
from backline.sandboxing.archive import tar_stream
from backline.sandboxing.visit import Visit

LAYOUT: Final = """
mkdir -p .local/bin files
[ -e README.md ] || cat > README.md <<'TEXT'
# This is your sandbox

Everything in this folder is remembered between commands. Nothing else is.

- `files/` holds what was brought here for you
- `.local/bin/` is on the path: put your own tools there

Commands run as `user`, and end with everything they started.
They reach no network but the hosts that whoever runs backline has allowed, if any.
TEXT
"""
_LIMITS: Final = Limits(duration_seconds=600.0)
UNPACK: Final = (
    *("/usr/bin/tar", "--extract", "--file=-", f"--directory={HOME}"),
    *("--no-same-owner", "--no-same-permissions", "--delay-directory-restore"),
)
_NO_SPECIAL_BITS: Final = (
    *("/usr/bin/find", HOME, "-xdev", "-type", "f", "-perm", "/6000"),
    *("-exec", "/usr/bin/chmod", "ug-s", "--", "{}", "+"),
)
_GIT: Final = "/usr/bin/git"
_GIT_SETTINGS: Final = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_LFS_SKIP_SMUDGE": "1",
    "PATH": "/usr/bin:/bin",
    # Even a repository of "localhost" is none of the room's own.
    **dict.fromkeys(("no_proxy", "NO_PROXY"), ""),
}
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")


def lay_out(room: Visit) -> None:
    """Make the folders and the README that every home has, where they are not there yet."""
    _do(
        room,
        ("/bin/bash", "-c", "--", LAYOUT),
        "the home could not be laid out: something in it stands where a folder should be;"
        " look at it with `ls -la`",
    )


def unpack(room: Visit, archive: Path) -> None:
    """Unpack an archive into the home, over what is there. Raises ``AbortRun``."""
    _do(room, UNPACK, "the archive could not be unpacked", fed=tar_stream(archive))
    _do(room, _NO_SPECIAL_BITS, "the archive's files could not be made plain")


def clone(room: Visit, url: str) -> None:
    """Clone a public repository into a folder of its name, unless that is there already.

    Only what its newest commit holds is brought. Raises ``AbortRun``.
    """
    address = check_url(url, allow_private=room.allow_private)
    place = f"{HOME}/{repository_name(address.path)}"
    port = address.port or {"http": 80, "https": 443}[address.scheme]
    _do(
        room,
        (
            *("/bin/sh", "-c", '[ -e "$0" ] || exec "$@"', place, _GIT),
            *("-c", "protocol.allow=never", "-c", f"protocol.{address.scheme}.allow=always"),
            *("-c", "http.followRedirects=initial", "-c", "core.hooksPath=/dev/null"),
            *("clone", "--quiet", "--template=", "--depth=1", "--no-recurse-submodules"),
            *("--", str(address), place),
        ),
        f"{address.copy_with(query=None)} could not be cloned",
        cwd="/",  # in the home, a repository of the account's could have settings for git
        variables=_GIT_SETTINGS,
        hosts=(AllowedHost(address.raw_host.decode(), port),),
    )


def repository_name(path: str) -> str:
    """Return the folder for a repository: the last part of its URL's path. Raises ``AbortRun``."""
    name = path.rstrip("/").rpartition("/")[2].removesuffix(".git")
    if not _NAME.fullmatch(name):
        raise AbortRun(
            f"{path[:100]!r} does not end in the name of a repository, as /owner/name.git does"
        )
    return name


def _do(
    room: Visit,
    words: tuple[str, ...],
    trouble: str,
    *,
    fed: Iterable[bytes] = (),
    cwd: str = HOME,
    variables: Mapping[str, str] | None = None,
    hosts: tuple[AllowedHost, ...] = (),
) -> None:
    """Run a command of ours in the sandbox. Raises ``AbortRun`` with the reason if it fails."""
    said = bytearray()
    refused: list[str] = []
    command = Command(
        arguments=words, cwd=cwd, variables=variables or {}, hosts=hosts, limits=_LIMITS
    )
    finished = room.run(
        command, lambda _, piece: said.extend(piece[:2000]), fed=fed, notice=refused.append
    )
    if finished.exit_code or finished.limit:
        raise AbortRun(f"{trouble} ({_reason(finished, bytes(said), refused)})")


def _reason(finished: Finished, said: bytes, refused: list[str]) -> str:
    """Return why a command failed: its limit, whom it was not let out to, or its last words."""
    if finished.limit:
        return f"it came to its limit of {finished.limit}"
    if refused:
        return refused[-1]
    lines = said.decode(errors="replace").strip().splitlines()
    return lines[-1][:300] if lines else f"exit code {finished.exit_code}"
