"""The way from a film and a list of operations to another film: the task ``ffmpeg-edit``.

The name is the one that callers of this API know; no FFmpeg program is run.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from backline.content.edit.film import Film, read_film
from backline.content.edit.operations import crop, mux_audio, overlay_text, resize, trim
from backline.content.edit.saving import MIME_TYPES, write_film
from backline.content.media.audio import read_audio
from backline.content.media.sound import SOUND_RATE_HZ
from backline.content.progress import Progress
from backline.content.supplies import MAX_SONG_BYTES, bring
from backline.errors import PayloadInvalid
from backline.sdk import Context, StoredFile
from backline.wire.editing import (
    Crop,
    MuxAudio,
    Operation,
    OutputFormat,
    OverlayText,
    Resize,
    Trim,
)

MAX_FILM_BYTES = MAX_SONG_BYTES
UPRIGHT: tuple[Operation, ...] = (Crop(aspect="9:16"), Resize(width=1080, height=1920))
"""What a template does to a film: the shape of a phone's screen."""


class EditOrder(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One film, edited, please."""

    account_id: str = ""
    """Whose run it is; repeated in the output."""
    video_url: str
    """Id of a stored file, or a URL; so is the sound of ``mux_audio``."""
    operations: Annotated[list[Operation], Meta(max_length=20)] = []
    template: str | None = None
    """Instead of operations: 9:16, 1080x1920."""
    output_format: OutputFormat = "mp4"


class EditedContent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The edited film."""

    status: Literal["completed"] = "completed"
    account_id: str
    url: str
    mime_type: str
    size_bytes: int
    width: int
    height: int
    duration_seconds: float
    video: StoredFile


class _Saved(msgspec.Struct, frozen=True, kw_only=True):
    video: StoredFile
    width: int
    height: int
    duration_seconds: float


def edit_content(order: EditOrder, ctx: Context) -> EditedContent:
    """Edit a film. Raises ``PayloadInvalid``, ``MediaError`` or ``FetchError`` for what can not work."""
    if not order.operations and order.template is None:
        raise PayloadInvalid("operations: say what is to be done to the film, or name a template")
    saved = ctx.step("edit", _edit, order, ctx)
    return EditedContent(
        account_id=order.account_id,
        url=saved.video.signed_url,
        mime_type=saved.video.mime_type,
        size_bytes=saved.video.size_bytes,
        width=saved.width,
        height=saved.height,
        duration_seconds=saved.duration_seconds,
        video=saved.video,
    )


def _edit(order: EditOrder, ctx: Context) -> _Saved:
    progress = Progress(ctx)
    progress.begin("opening the film", 0.02)
    supply = bring(ctx, order.video_url, accept=["video/*"], max_bytes=MAX_FILM_BYTES)
    operations = order.operations or UPRIGHT
    film = edited(read_film(supply.path), operations, ctx)
    progress.begin("editing", 0.1)
    path = ctx.workdir / f"edited.{order.output_format}"
    seconds = write_film(
        film, path, order.output_format, lambda share: progress.reach(0.1 + 0.85 * share)
    )
    progress.begin("storing the film", 0.96)
    video = ctx.files.save(
        path,
        file_name=f"{Path(supply.file_name).stem}-edited.{order.output_format}",
        mime_type=MIME_TYPES[order.output_format],
    )
    progress.begin("done", 1.0)
    return _Saved(
        video=video, width=film.width, height=film.height, duration_seconds=round(seconds, 3)
    )


def edited(film: Film, operations: Sequence[Operation], ctx: Context) -> Film:
    """Return the film after all operations, in their order."""
    for wish in operations:
        match wish:
            case Trim():
                film = trim(film, wish)
            case Crop():
                film = crop(film, wish)
            case Resize():
                film = resize(film, wish)
            case OverlayText():
                film = overlay_text(film, wish)
            case MuxAudio():
                supply = bring(
                    ctx, wish.audio_url, accept=["audio/*", "video/*"], max_bytes=MAX_SONG_BYTES
                )
                sound = read_audio(supply.path, SOUND_RATE_HZ, mono=False)
                film = mux_audio(film, sound, replaces=wish.replace)
    return film
