"""A run's door to storage."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path

import msgspec


class StoredFile(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A file in storage, as the API shows it."""

    file_id: str
    storage_key: str
    file_name: str
    mime_type: str
    size_bytes: int
    signed_url: str
    """An expiring link that needs no credentials."""


class Files(ABC):
    """The run's door to storage. A task never sees the storage's credentials."""

    @abstractmethod
    def open(self, file_id: str) -> Path:
        """Bring a stored file within reach and return its local, read-only path.

        Raises ``AbortRun`` for a file that does not exist within the reach of
        the run's account.
        """

    @abstractmethod
    def save(self, path: Path, *, file_name: str, mime_type: str) -> StoredFile:
        """Put a local file into storage under the run's account and return its record."""
