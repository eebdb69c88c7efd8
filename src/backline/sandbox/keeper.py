"""Tidies a home from inside a room: lists, packs, unpacks and empties it.

A home is filled by whoever owns it. Nothing on the host ever follows its links,
opens its files or unpacks archives into it; the host's own ``find`` and ``tar``
do that in a room that holds nothing else.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from backline.errors import SetupError, TooLarge
from backline.sandbox.bubblewrap import Identity, Order, Start
from backline.sandbox.command import Sink, Stream
from backline.sandbox.compression import Compressor, decompressed
from backline.sandbox.feeding import feeding
from backline.sandbox.policy import HOME, KEEPER_LIMITS
from backline.sandbox.snapshot import MAX_PATH_BYTES, Entry, Layer
from backline.sandbox.supervision import Supervision

_TOOLS: Final = (
    "/usr/bin/find",
    "/usr/bin/tar",
    "/usr/bin/xargs",
    "/usr/bin/env",
    "/bin/sh",
    "/bin/bash",
)
_PIECE_BYTES: Final = 1024 * 1024
_FIELDS: Final = 8
_LISTING: Final = r"%P\0%y\0%m\0%s\0%b\0%T@\0%C@\0%i\0"
_PACK: Final = (
    "/usr/bin/tar",
    "--create",
    "--file=-",
    f"--directory={HOME}",
    # The same home gives the same bytes: no process numbers, no times of reading.
    "--format=posix",
    "--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime",
    *("--numeric-owner", "--owner=1000", "--group=1000", "--sparse"),
    *("--no-recursion", "--null", "--verbatim-files-from", "--files-from=-"),
)
_UNPACK: Final = (
    "/usr/bin/tar",
    "--extract",
    "--file=-",
    f"--directory={HOME}",
    *("--no-same-owner", "--same-permissions", "--delay-directory-restore"),
)
_REMOVE: Final = ("/usr/bin/xargs", "--null", "--no-run-if-empty", "/usr/bin/rm", "-rf", "--")
_WRITE: Final = (
    *("/bin/bash", "-c", "--"),
    'mkdir -p -- "${1%/*}" && rm -f -- "$1" && cat > "$1"',
    "write",
)
_EMPTY: Final = ("/usr/bin/find", HOME, "-mindepth", "1", "-delete")
_LIST: Final = ("/usr/bin/find", HOME, "-mindepth", "1", "!", "-type", "s", "-printf", _LISTING)


def missing_tools() -> tuple[str, ...]:
    """Return the programs that rooms need and this host lacks."""
    return tuple(path for path in _TOOLS if not os.access(path, os.X_OK))


class Keeper:
    """Tidies one home. ``home`` is a descriptor of its folder."""

    def __init__(self, home: int, identity: Identity, start: Start) -> None:
        self._home = home
        self._identity = identity
        self._start = start

    def list(self) -> tuple[Entry, ...]:
        """Return everything in the home but sockets, in the order of the paths."""
        listing = bytearray()
        self._run(_LIST, lambda _, piece: listing.extend(piece), is_writable=False)
        fields = bytes(listing).split(b"\0")
        entries = (_entry(fields[at : at + _FIELDS]) for at in range(0, len(fields) - 1, _FIELDS))
        return tuple(sorted(entries, key=lambda entry: entry.path))

    def pack(self, paths: Iterable[bytes], into: Path) -> Layer:
        """Write the archive of these paths. Raises ``TooLarge`` for one that is too long."""
        names = list(paths)
        _refuse_long(names)
        with into.open("wb") as file:
            packed = Compressor(file)
            listed = (b"./" + name + b"\0" for name in names)
            self._run(_PACK, lambda _, piece: packed.write(piece), listed, is_writable=False)
            packed.finish()
        return Layer(digest=packed.digest, size_bytes=packed.size_bytes)

    def unpack(self, archive: Path, removed: Iterable[bytes] = ()) -> None:
        """Remove what has to go, then unpack an archive over what is there."""
        self.remove(removed)
        self._run(_UNPACK, _discard, decompressed(archive))

    def put(self, path: str, local: Path) -> None:
        """Write a local file into the home, making the folders on its way.

        Links on the way are followed as they are inside: they can not lead out of the room.
        """
        place = f"{HOME}/{path}"
        with local.open("rb") as file:
            self._run((*_WRITE, place), _discard, iter(lambda: file.read(_PIECE_BYTES), b""))

    def remove(self, paths: Iterable[bytes]) -> None:
        """Remove files, and folders with all that is in them."""
        names = [f"{HOME}/".encode() + path + b"\0" for path in paths]
        if names:
            self._run(_REMOVE, _discard, names)

    def empty(self) -> None:
        """Remove everything from the home, whatever its modes."""
        self._run(_EMPTY, _discard)

    def _run(
        self,
        command: tuple[str, ...],
        sink: Sink,
        fed: Iterable[bytes] = (),
        *,
        is_writable: bool = True,
    ) -> None:
        complaints = bytearray()

        def sort(stream: Stream, piece: bytes) -> None:
            if stream == "stdout":
                sink(stream, piece)
            elif len(complaints) < 2000:
                complaints.extend(piece)

        order = Order(
            command=command,
            home=self._home,
            identity=self._identity,
            limits=KEEPER_LIMITS,
            is_keeper=True,
            is_home_writable=is_writable,
        )
        with self._start(order, None) as room, feeding(room.stdin, fed):
            finished = Supervision(room, KEEPER_LIMITS, sort).follow()
        if finished.exit_code or finished.limit:
            raise SetupError(
                f"{Path(command[0]).name} could not tidy a sandbox's home"
                f" ({finished.limit or finished.exit_code}): {complaints.decode(errors='replace').strip()}"
            )


def _entry(fields: list[bytes]) -> Entry:
    path, kind, mode, size, blocks, modified, changed, inode = fields
    return Entry(path, kind, mode, int(size), int(blocks), modified, changed, int(inode))


def _refuse_long(paths: list[bytes]) -> None:
    for path in paths:
        if len(path) > MAX_PATH_BYTES:
            raise TooLarge(
                f"the home holds a path of {len(path):,} bytes, which could not be unpacked again:"
                f" remove {path[:60].decode(errors='replace')}…"
            )


def _discard(_stream: Stream, _piece: bytes) -> None:
    pass
