"""Where storage keeps the blobs of sandboxes: each one's apart from all others'."""

from __future__ import annotations

from typing import Final

from backline.errors import AbortRun

_HEXADECIMAL: Final = frozenset("0123456789abcdef")


def blob_key(sandbox_id: str, digest: str) -> str:
    """Return where storage keeps a blob. Raises ``AbortRun`` for a name that is no digest."""
    if len(digest) != 64 or not _HEXADECIMAL.issuperset(digest):
        raise AbortRun(f"{digest[:80]!r} is not the name of a blob")
    return f"sandboxes/{sandbox_id}/{digest}"
