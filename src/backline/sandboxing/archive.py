"""Reads archives of strangers as one plain stream of tar, without writing a file or believing a size.

Here only bytes are counted and passed on. What the archive says, such as names
that lead elsewhere, links and devices, is read inside the walls of a sandbox,
where it can do no harm.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, cast

from backline.errors import InvalidInput, TooLarge
from backline.sandbox.compression import opened

MAX_UNPACKED_BYTES: Final = 2 * 1024**3
MAX_ENTRIES: Final = 200_000
_PIECE_BYTES: Final = 256 * 1024
_MAX_CONTENTS_BYTES: Final = 64 * 1024**2
"""Of the list at the end of a zip file, which is read at once."""
_XZ_MEMORY_BYTES: Final = 128 * 1024**2
"""What the strongest of xz's presets asks for is 65 MiB."""
_TAR_MARK: Final = (257, b"ustar")
_BLOCK_BYTES: Final = 512


def tar_stream(archive: Path, max_bytes: int = MAX_UNPACKED_BYTES) -> Iterator[bytes]:
    """Yield a tar (plain, gz, bz2, xz, zst) or zip file as plain tar.

    Raises ``InvalidInput`` for what is neither or is broken, ``TooLarge`` as
    soon as it turns out to hold more than ``max_bytes``.
    """
    reading = _kind(archive)
    sent = 0
    try:
        for piece in reading(archive):
            sent += len(piece)
            if sent > max_bytes:
                raise _too_large(archive, max_bytes)
            yield piece
    except (zipfile.BadZipFile, lzma.LZMAError, zlib.error, EOFError, OSError) as problem:
        raise InvalidInput(f"{archive.name} is damaged: {problem}") from problem
    except (RuntimeError, NotImplementedError) as problem:  # a password, an unknown method
        raise InvalidInput(f"{archive.name} can not be unpacked: {problem}") from problem


def _kind(archive: Path) -> Callable[[Path], Iterator[bytes]]:
    with archive.open("rb") as file:
        head = file.read(_BLOCK_BYTES)
    at, mark = _TAR_MARK
    if head[at : at + len(mark)] == mark:
        return _plain
    for magic, reading in _KINDS.items():
        if head.startswith(magic):
            return reading
    raise InvalidInput(
        f"{archive.name} is no archive that can be unpacked: send tar, tar.gz, tar.bz2, tar.xz,"
        " tar.zst or zip"
    )


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(_PIECE_BYTES):
        yield piece


def _plain(archive: Path) -> Iterator[bytes]:
    with archive.open("rb") as file:
        yield from _pieces(file)


def _from_gzip(archive: Path) -> Iterator[bytes]:
    with gzip.open(archive) as file:
        yield from _pieces(cast("IO[bytes]", file))


def _from_bzip2(archive: Path) -> Iterator[bytes]:
    with bz2.open(archive) as file:
        yield from _pieces(file)


def _from_xz(archive: Path) -> Iterator[bytes]:
    unpacker = lzma.LZMADecompressor(memlimit=_XZ_MEMORY_BYTES)
    with archive.open("rb") as file:
        while not unpacker.eof:
            packed = file.read(_PIECE_BYTES) if unpacker.needs_input else b""
            if unpacker.needs_input and not packed:
                raise EOFError("it ends in the middle")
            yield unpacker.decompress(packed, _PIECE_BYTES)


def _from_zstd(archive: Path) -> Iterator[bytes]:
    with opened(archive) as file:
        yield from _pieces(cast("IO[bytes]", file))


def _from_zip(archive: Path) -> Iterator[bytes]:
    with _open_zip(archive) as packed:
        entries = packed.infolist()
        if len(entries) > MAX_ENTRIES:
            raise TooLarge(
                f"{archive.name} holds {len(entries):,} entries, more than {MAX_ENTRIES:,}"
            )
        for entry in entries:
            yield from _tar_entry(packed, entry)
    yield bytes(2 * _BLOCK_BYTES)


@contextmanager
def _open_zip(archive: Path) -> Iterator[zipfile.ZipFile]:
    with archive.open("rb", buffering=0) as raw:
        file = _Sparing(raw)
        with zipfile.ZipFile(cast("IO[bytes]", file)) as packed:
            yield packed


class _Sparing:
    """A file that refuses to read very much at once, as when a zip's table of contents is a bomb."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seek = file.seek
        self.tell = file.tell
        self.seekable = file.seekable

    def read(self, size: int = -1) -> bytes:
        if size > _MAX_CONTENTS_BYTES:
            raise TooLarge(f"the zip file's list of contents has {size:,} bytes: send a tar")
        return self._file.read(size)


def _tar_entry(packed: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """Turn one entry into tar: a folder, a file or a link, and never anything else."""
    mode = entry.external_attr >> 16
    header = tarfile.TarInfo(entry.filename)
    header.mode = (mode or 0o644) & 0o777
    if entry.is_dir():
        header.type, header.mode = tarfile.DIRTYPE, 0o755
    elif stat.S_ISLNK(mode) and entry.file_size <= _BLOCK_BYTES:
        header.type, header.linkname = tarfile.SYMTYPE, packed.read(entry).decode(errors="replace")
    else:
        header.size = entry.file_size
    yield header.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")
    if header.isreg():
        yield from _tar_body(packed, entry)


def _tar_body(packed: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    left = entry.file_size
    with packed.open(entry) as file:
        for piece in _pieces(file):
            left -= len(piece)
            yield piece
    if left:
        raise zipfile.BadZipFile(f"{entry.filename[:100]!r} is shorter than it says")
    yield bytes(-entry.file_size % _BLOCK_BYTES)


_KINDS: Final[dict[bytes, Callable[[Path], Iterator[bytes]]]] = {
    b"\x1f\x8b": _from_gzip,
    b"BZh": _from_bzip2,
    b"\xfd7zXZ\0": _from_xz,
    b"\x28\xb5\x2f\xfd": _from_zstd,
    b"PK\x03\x04": _from_zip,
    b"PK\x05\x06": _from_zip,
}


def _too_large(archive: Path, max_bytes: int) -> TooLarge:
    return TooLarge(f"{archive.name} holds more than {max_bytes / 1024**2:,.0f} MiB")
