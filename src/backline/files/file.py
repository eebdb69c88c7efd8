"""The record of a file: whose it is, what it holds, and where storage keeps it."""

from __future__ import annotations

from typing import Literal

import msgspec

from backline.clock import TimestampMs
from backline.ids import AccountId, FileId, RunId

Origin = Literal["uploaded", "produced"]


class File(msgspec.Struct, frozen=True, kw_only=True):
    """One stored file."""

    id: FileId
    account_id: AccountId
    origin: Origin
    """``uploaded`` by a caller, or ``produced`` by a run."""
    kind: str
    """``audio``, ``image``, ``video`` or ``text``: the first half of the MIME type."""
    storage_key: str
    file_name: str
    slug: str
    """The name's words, for callers to say: ``night-drive``."""
    mime_type: str
    """As the content shows, whatever the name says."""
    size_bytes: int
    sha256: str
    """Of the content, hexadecimal."""
    created_at: TimestampMs
    run_id: RunId | None = None
    """The run that made it, and takes it along when it is forgotten; None for uploads."""
