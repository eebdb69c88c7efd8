"""Where files live: a folder on this machine, or a bucket in a cloud.

A file is found by its key, a path such as ``<account>/<file id>/<file name>``.
One contract, ``Store``; ``open_store`` chooses the place by URL. obstore, which
speaks to all of them, is used in this package and nowhere else.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

CHUNK_BYTES = 1024 * 1024


class Store(ABC):
    """A place for files.

    An implementation MUST make a file visible only when it is whole, MUST raise
    ``NotFound`` for a key that holds nothing, and MUST NOT let a key leave its
    place. It MAY keep the MIME type, and MAY know a local path for its keys.
    """

    @abstractmethod
    def put_file(self, key: str, path: Path, mime_type: str) -> None:
        """Copy a local file to ``key``, over whatever was there."""

    @abstractmethod
    def get_to_file(self, key: str, path: Path) -> None:
        """Copy what is at ``key`` to a local file; a failure leaves none behind."""

    @abstractmethod
    def read_range(self, key: str, start: int, end: int) -> bytes:
        """Return the bytes from ``start`` up to, and not with, ``end``."""

    @abstractmethod
    def stream(self, key: str, start: int, end: int) -> AsyncIterator[bytes]:
        """Yield the bytes from ``start`` up to, and not with, ``end``, about a MiB at a time."""

    @abstractmethod
    def size_bytes(self, key: str) -> int:
        """Return the size of what is at ``key``."""

    @abstractmethod
    def delete(self, key: str) -> None:
        """Remove what is at ``key``; nothing there is no error."""

    @abstractmethod
    def older_than(self, prefix: str, moment_ms: int) -> Iterator[str]:
        """Yield the keys below ``prefix`` that were last written before a moment, in any order."""

    @abstractmethod
    def local_path(self, key: str) -> Path | None:
        """Return where the file lies on this machine, for reading only; None in a cloud."""
