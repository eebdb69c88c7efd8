"""Reads one file out of a snapshot, without unpacking anything."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

from backline.errors import InvalidInput, NotFound, SetupError, TooLarge
from backline.sandbox.compression import opened
from backline.sandbox.restoring import read_index, verified
from backline.sandbox.snapshot import BlobSource, Entry, Index

MAX_FILE_BYTES = 10 * 1024 * 1024


def index_of(blobs: BlobSource, digest: str) -> Index:
    """Return what is in a snapshot's home. Raises ``SetupError`` for a damaged one."""
    return read_index(verified(blobs, digest))


def read_file(
    blobs: BlobSource, index: Index, path: str, most_bytes: int = MAX_FILE_BYTES
) -> bytes:
    """Return the content of a file of a snapshot, as it was when the snapshot was made.

    Raises ``NotFound``, ``InvalidInput`` for what is no file, ``TooLarge``.
    """
    entry = _find(index, path)
    if entry.kind != b"f":
        raise InvalidInput(f"{path!r} is not a file: say the path of one", "path")
    if entry.size_bytes > most_bytes:
        raise TooLarge(f"{path!r} has {entry.size_bytes:,} bytes, more than {most_bytes:,}")
    for layer in reversed(index.layers):
        content = _search(verified(blobs, layer.digest), entry.path)
        if content is not None:
            return content
    raise SetupError(f"the snapshot speaks of {path!r} but does not hold it")


def _find(index: Index, path: str) -> Entry:
    """Find a file by its path, or by what is shown of one whose name is no text."""
    plain = "/".join(part for part in path.split("/") if part not in ("", "."))
    wanted = plain.encode("utf-8", "surrogateescape")
    named = next((entry for entry in index.entries if entry.path == wanted), None)
    found = named or next((entry for entry in index.entries if entry.text == plain), None)
    if found is None:
        raise NotFound(f"there is no file {path[:200]!r} in the sandbox's home")
    return found


def _search(archive: Path, path: bytes) -> bytes | None:
    """Look for a file in an archive. A second name of the same file leads to the first."""
    linked: bytes | None = None
    with opened(archive) as file, tarfile.open(fileobj=file, mode="r|") as members:
        for member in members:
            if _plain(member.name) != path:
                continue
            if member.islnk():
                linked = _plain(member.linkname)
                break
            content = members.extractfile(member)
            return None if content is None else content.read()
    return None if linked is None else _search(archive, linked)


def _plain(name: str) -> bytes:
    return os.fsencode(name).removeprefix(b"./")
