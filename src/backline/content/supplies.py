"""Bringing songs and pictures within reach, whether they are stored files or URLs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from backline.errors import AbortRun, BacklineError, FetchError
from backline.fetch import fetch
from backline.sdk import Context
from backline.settings import are_private_urls_allowed

T = TypeVar("T")

MAX_SONG_BYTES = 200 * 1024**2
MAX_PICTURE_BYTES = 40 * 1024**2


class Supply(msgspec.Struct, frozen=True, kw_only=True):
    """A file that lies within reach."""

    path: Path
    file_name: str
    mime_type: str
    file_id: str | None
    """None for a file that was fetched and is not stored yet."""


def bring(ctx: Context, name: str, *, accept: Sequence[str], max_bytes: int) -> Supply:
    """Open the stored file, or fetch the URL, that ``name`` is.

    ``accept`` names families of MIME types, such as ``audio/*``. Raises
    ``AbortRun`` when there is no such file, ``FetchError`` when the URL can
    not be fetched just now, ``FetchRefused`` when it never can or must not be.
    """
    if not name.lower().startswith(("http://", "https://")):
        path = ctx.files.open(name)
        return Supply(path=path, file_name=path.name, mime_type="", file_id=name)
    folder = ctx.workdir / "fetched"
    folder.mkdir(exist_ok=True)
    found = fetch(
        name,
        folder,
        max_bytes=max_bytes,
        accept=accept,
        allow_private=are_private_urls_allowed(),
    )
    return Supply(
        path=found.path, file_name=found.file_name, mime_type=found.mime_type, file_id=None
    )


def keep(ctx: Context, supply: Supply) -> str:
    """Return the id of the supply in storage, putting a fetched one there first.

    A later step may run on another machine, after the URL has changed or gone.
    """
    if supply.file_id is not None:
        return supply.file_id
    return ctx.files.save(
        supply.path, file_name=supply.file_name, mime_type=supply.mime_type
    ).file_id


def first_usable(names: list[str], use: Callable[[str], T], tell: Callable[[str], None]) -> T:
    """Return what ``use`` makes of the first name that it can use.

    The others are told of, one line each. When none can be used, the last
    reason is raised; before all, one that may pass, so that the run is tried again.
    """
    reason: BacklineError = AbortRun("nothing was given")
    for name in names:
        try:
            return use(name)
        except (AbortRun, FetchError) as refusal:
            if reason.permanent:
                reason = refusal
            if len(names) > 1:
                tell(f"left out: {refusal}")
    raise reason
