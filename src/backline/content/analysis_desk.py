"""The worker's side of kept analyses: finds and keeps them in storage, for the run's own account only.

Entries lie at ``analyses/<account>/<version>/<hash of the song>``. Two runs that
keep the same one at once write the same bytes, and storage shows a file only
when it is whole.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec

from backline.errors import AbortRun, NotFound
from backline.storage import Store

SERVICE: Final = "analyses"
MOST_BYTES: Final = 64 * 1024**2
"""An entry of half an hour, the longest song, has 13 MB."""
_TYPE: Final = "application/octet-stream"
_HEXADECIMAL = re.compile(r"[0-9a-f]{16,64}")


class FindAnalysis(msgspec.Struct, frozen=True, kw_only=True, tag="find"):
    """Bring what is kept of a song to a path; the answer says whether there was anything."""

    digest: str
    """SHA-256 of the song's file, hexadecimal."""
    version: str
    """The way of listening, hexadecimal."""
    path: str
    """Inside the run's workdir."""


class KeepAnalysis(msgspec.Struct, frozen=True, kw_only=True, tag="keep"):
    """Keep the file at a path as what was found in a song."""

    digest: str
    version: str
    path: str


Request = FindAnalysis | KeepAnalysis


class Asker(Protocol):
    """The run that asks."""

    @property
    def account_id(self) -> str: ...


class AnalysisDesk:
    """Answers the runs' questions."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __call__(self, run: Asker, request: Any, workdir: Path) -> bool:
        """Answer whether it was found, or kept. Raises ``AbortRun`` for a question that can not be.

        Trouble with storage is a no: the run listens for itself.
        """
        try:
            asked: Request = msgspec.convert(request, Request)
        except msgspec.ValidationError as refusal:
            raise AbortRun(str(refusal)) from refusal
        key, path = _key(run.account_id, asked), _inside(workdir, asked.path)
        try:
            if isinstance(asked, FindAnalysis):
                self._store.get_to_file(key, path)
            elif path.stat().st_size <= MOST_BYTES:
                self._store.put_file(key, path, _TYPE)
        except NotFound:
            return False
        except Exception:  # noqa: BLE001 - whatever ails storage, listening works without it
            return False
        return True


def forget_analyses(store: Store, before_ms: int) -> int:
    """Remove what was kept before a moment, and return how many entries went.

    A song that comes again is heard again. Raises ``BacklineError`` when storage does not answer.
    """
    old = list(store.older_than("analyses", before_ms))
    for key in old:
        store.delete(key)
    return len(old)


def _key(account_id: str, asked: Request) -> str:
    if not (_HEXADECIMAL.fullmatch(asked.digest) and _HEXADECIMAL.fullmatch(asked.version)):
        raise AbortRun(f"{asked.version[:80]}/{asked.digest[:80]} names no analysis")
    return f"analyses/{account_id}/{asked.version}/{asked.digest}"


def _inside(workdir: Path, name: str) -> Path:
    path = Path(name).resolve()
    if not path.is_relative_to(workdir.resolve()):
        raise AbortRun(f"{name[:200]!r} is not inside ctx.workdir: put the file there")
    return path
