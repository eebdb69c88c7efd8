"""A home as it was at one moment: a list of what is in it, and archives that hold the contents.

The first archive of a home holds everything; each later one only what changed
since. Both the list ("index") and the archives ("layers") are named by the
SHA-256 of their bytes, so an unchanged home is stored once, and a blob that was
altered on the way is noticed before anything is unpacked.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, Protocol

import msgspec

MAX_LAYERS: Final = 12
"""More archives than this are melted into one."""
MAX_PATH_BYTES: Final = 4000
"""Longer paths can be made, but not unpacked again."""


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """One file, folder or link of a home."""

    path: bytes
    """Below the home; a name need not be text."""
    kind: bytes
    """As ``find`` says it: ``f`` file, ``d`` folder, ``l`` link, ``p`` pipe, ``s`` socket."""
    mode: bytes
    """Permissions, octal."""
    size_bytes: int
    blocks: int
    """Of 512 bytes, on the disk that it was seen on."""
    modified: bytes
    """Seconds since 1970, with nanoseconds."""
    changed: bytes
    """When the kernel last changed anything about it; can not be set by a command."""
    inode: int

    @property
    def state(self) -> tuple[bytes, bytes, int, bytes, bytes, int]:
        """What differs if, and only if, the entry was touched."""
        return (self.kind, self.mode, self.size_bytes, self.modified, self.changed, self.inode)

    @property
    def text(self) -> str:
        """The path for people; bytes that are no text are written as ``\\xff``."""
        return self.path.decode("utf-8", "backslashreplace")


class Layer(msgspec.Struct, frozen=True):
    """An archive (tar, zstd) that is unpacked over the ones before it."""

    digest: str
    size_bytes: int
    removed: tuple[bytes, ...] = ()
    """What has to go before it is unpacked."""


class Index(msgspec.Struct, frozen=True):
    """What is in a home, and the archives to make it from, oldest first."""

    entries: tuple[Entry, ...]
    layers: tuple[Layer, ...]


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """What has to be kept to bring a home back."""

    digest: str
    """The name of the index. A remote provider names its own snapshot here."""
    blobs: tuple[str, ...]
    """Everything in storage that belongs to it, the index included."""
    home_bytes: int
    home_entries: int


class BlobSource(Protocol):
    """Where the archives of snapshots can be read."""

    def fetch(self, digest: str) -> Path:
        """Return a local copy for reading. Raises ``NotFound``."""


class Blobs(BlobSource, Protocol):
    """Where the blobs of one sandbox are kept; no other sandbox's can be asked for."""

    def keep(self, digest: str, path: Path) -> None:
        """Store a local file under its digest; whole when this returns."""


class ChangedFile(msgspec.Struct, frozen=True):
    """A file that a command made, altered or removed."""

    path: str
    change: str
    """``added``, ``modified`` or ``deleted``."""
    size_bytes: int = msgspec.field(name="sizeBytes", default=0)


class Difference(msgspec.Struct, frozen=True):
    """What changed in a home between two looks at it."""

    touched: tuple[Entry, ...]
    """New or altered, in the order of their paths."""
    removed: tuple[bytes, ...]
    """Gone, or become something of another kind."""
    files: tuple[ChangedFile, ...]
    """The same for people: files and links only."""

    @property
    def is_empty(self) -> bool:
        return not self.touched and not self.removed


def compare(before: tuple[Entry, ...], after: tuple[Entry, ...]) -> Difference:
    """Return what changed between two looks at the same home."""
    earlier = {entry.path: entry for entry in before}
    later = {entry.path: entry for entry in after}
    touched = [entry for entry in after if not _is_same(earlier.get(entry.path), entry)]
    removed = [
        path
        for path, entry in earlier.items()
        if path not in later or later[path].kind != entry.kind
    ]
    files = [
        ChangedFile(entry.text, "modified" if entry.path in earlier else "added", entry.size_bytes)
        for entry in touched
        if entry.kind != b"d"
    ]
    files += [
        ChangedFile(earlier[path].text, "deleted")
        for path in removed
        if path not in later and earlier[path].kind != b"d"
    ]
    return Difference(
        touched=tuple(touched),
        removed=tuple(sorted(removed)),
        files=tuple(sorted(files, key=lambda file: file.path)),
    )


def _is_same(earlier: Entry | None, later: Entry) -> bool:
    return earlier is not None and earlier.state == later.state


def is_worth_melting(index: Index, difference: Difference) -> bool:
    """Tell whether the next archive should hold everything instead of what changed.

    So that a home is never brought back from many archives, nor from old ones
    that hold more of what is gone than of what is there.
    """
    if not index.layers or len(index.layers) >= MAX_LAYERS:
        return True
    first, *later = index.layers
    added_bytes = sum(layer.size_bytes for layer in later)
    changed_bytes = sum(entry.size_bytes for entry in difference.touched)
    return (added_bytes + changed_bytes) * 2 > first.size_bytes + 4_000_000


def with_parents(entries: tuple[Entry, ...], everything: tuple[Entry, ...]) -> list[bytes]:
    """Return the paths of entries and of the folders that they lie in, in order.

    Unpacking a file changes the time of its folder; the folder's own entry sets it right again.
    """
    folders = {entry.path for entry in everything if entry.kind == b"d"}
    paths = {entry.path for entry in entries}
    paths |= {parent for path in paths if (parent := path.rpartition(b"/")[0]) in folders}
    return sorted(paths)
