"""Brings a home back from its snapshot: fetched, checked byte by byte, unpacked, and looked over."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from backline.errors import SetupError
from backline.sandbox.compression import decompress
from backline.sandbox.home import Home, Note, note_of
from backline.sandbox.meters import Usage
from backline.sandbox.snapshot import BlobSource, Entry, Index, Snapshot


def prepare(home: Home, snapshot: Snapshot | None, blobs: BlobSource) -> Note:
    """Make the home that of the snapshot, unless it is already."""
    note = home.read_note()
    wanted = snapshot.digest if snapshot else ""
    if note is not None and note.digest == wanted:
        return note
    home.drop_note()
    if not home.is_new:
        home.keeper.empty()
    index = Index((), ()) if snapshot is None else _read_index(blobs, snapshot.digest)
    for layer in index.layers:
        home.keeper.unpack(verified(blobs, layer.digest), layer.removed)
    entries = home.keeper.list() if index.layers else ()
    _verify(index.entries, entries)
    note = note_of(wanted, index, entries)
    home.write_note(note)
    return note


def _read_index(blobs: BlobSource, digest: str) -> Index:
    return read_index(verified(blobs, digest))


def read_index(path: Path) -> Index:
    """Read a snapshot's index from its blob."""
    return msgspec.msgpack.decode(decompress(path.read_bytes()), type=Index)


def verified(blobs: BlobSource, digest: str) -> Path:
    """Fetch a blob and refuse it unless it is, byte for byte, what its name says."""
    path = blobs.fetch(digest)
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != digest:
        raise SetupError(
            f"a piece of a snapshot is damaged (it should be {digest[:12]}…, and is {found[:12]}…):"
            " restore an older snapshot"
        )
    return path


def _verify(wanted: tuple[Entry, ...], found: tuple[Entry, ...]) -> None:
    def facts(entry: Entry) -> tuple[bytes, bytes, int]:
        return entry.path, entry.kind, entry.size_bytes if entry.kind == b"f" else 0

    if [facts(entry) for entry in wanted] != [facts(entry) for entry in found]:
        raise SetupError("a home did not come back from its snapshot whole: restore an older one")


def describe(note: Note) -> Snapshot:
    usage = usage_of(note.index.entries)
    layers = dict.fromkeys(layer.digest for layer in note.index.layers)
    return Snapshot(
        digest=note.digest,
        blobs=(note.digest, *layers),
        home_bytes=usage.size_bytes,
        home_entries=usage.entries,
    )


def usage_of(entries: tuple[Entry, ...]) -> Usage:
    return Usage(sum(entry.blocks * 512 for entry in entries), len(entries))
