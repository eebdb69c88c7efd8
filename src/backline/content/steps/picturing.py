"""Step 2 of a video: find a picture that can be used, or have one made, and make the template's still from it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import msgspec

from backline.content.image import base_image
from backline.content.media.canvas import resized
from backline.content.media.picture import Picture, read_picture, write_jpeg
from backline.content.order import Order, shuffled
from backline.content.progress import Progress
from backline.content.providers import ImageJob, Outside
from backline.content.providers.prompts import image_prompt
from backline.content.steps.listening import HeardSong, release_date
from backline.content.supplies import MAX_PICTURE_BYTES, Supply, bring, first_usable, keep
from backline.content.tags import read_tags
from backline.content.templates import find_template
from backline.content.titles import file_name_of
from backline.errors import MediaError
from backline.mime import sniff
from backline.sdk import Context, StoredFile

_STILL_QUALITY = 90
_LENT_SIDE = 1536
"""Longest side, in pixels, of a picture that is shown to an outside service."""


class ChosenPicture(msgspec.Struct, frozen=True, kw_only=True):
    """The picture that is used, and the still made from it."""

    file_id: str
    still: StoredFile
    made_by: str = ""
    """The outside service that made it; empty for one that was given."""
    left_out: str = ""
    """Why no outside service made it although one was to; empty otherwise."""


class _Source(NamedTuple):
    """A picture that can be used, and the file that it came in."""

    supply: Supply
    picture: Picture


def choose_picture(
    order: Order, seed: int, heard: HeardSong, ctx: Context, progress: Progress
) -> ChosenPicture:
    """Use the first picture that can be, or the song's cover art; raises ``MediaError`` without any."""
    progress.begin("preparing the picture", 0.12)
    given = _given(order, seed, heard, ctx)
    outside = Outside(ctx)
    made, left_out = _made(order, given, outside, ctx)
    source = made or given
    if source is None:
        raise MediaError(
            f"there is no picture: {heard.file_name!r} holds no cover art; "
            f"give a jpg, png, webp or heic in `images`{left_out and f' ({left_out})'}"
        )
    return ChosenPicture(
        file_id=keep(ctx, source.supply),
        still=_still(order, seed, heard, source.picture, ctx),
        made_by=outside.name_of("image") if made else "",
        left_out=left_out,
    )


def _given(order: Order, seed: int, heard: HeardSong, ctx: Context) -> _Source | None:
    """Return the picture that was sent, else the song's cover art, if it has any."""

    def use(name: str) -> _Source:
        supply = bring(ctx, name, accept=["image/*"], max_bytes=MAX_PICTURE_BYTES)
        return _Source(supply, read_picture(supply.path))

    if order.images:
        return first_usable(shuffled(order.images, seed, "image"), use, ctx.log)
    cover_art = _cover_art(heard, ctx)
    if cover_art is None:
        return None
    ctx.log("no picture was given: using the song's cover art")
    return use(cover_art)


def _made(
    order: Order, given: _Source | None, outside: Outside, ctx: Context
) -> tuple[_Source | None, str]:
    """Return what an outside service made of the picture, and why it did not; neither where there is none."""
    if not outside.name_of("image"):
        return None, ""
    prompt = image_prompt(find_template(order.template), has_artist=given is not None)
    shown = None if given is None else _lent(given.picture, ctx)

    def ask() -> _Source:
        path = Path(outside.make(ImageJob(prompt=prompt, picture=shown)).path)
        picture = read_picture(path)
        kind = sniff(path.read_bytes()[:64]) or "image/jpeg"
        supply = Supply(path=path, file_name=path.name, mime_type=kind, file_id=None)
        return _Source(supply, picture)

    return outside.attempt("image", ask)


def _lent(picture: Picture, ctx: Context) -> str:
    """Write a picture as an outside service may see it: a JPEG of its pixels alone, no larger than it needs."""
    factor = min(1.0, _LENT_SIDE / max(picture.width, picture.height))
    path = ctx.workdir / "shown.jpg"
    size = round(picture.width * factor), round(picture.height * factor)
    write_jpeg(picture.rgb if factor == 1 else resized(picture.rgb, *size), path, _STILL_QUALITY)
    return str(path)


def _still(order: Order, seed: int, heard: HeardSong, picture: Picture, ctx: Context) -> StoredFile:
    path = ctx.workdir / "still.jpg"
    artist = order.artist_name or heard.artist
    date = release_date(order, heard)
    still_rgb = base_image(
        order.template, picture, seed, title=heard.title, artist=artist, date=date
    )
    write_jpeg(still_rgb, path, _STILL_QUALITY)
    return ctx.files.save(path, file_name=file_name_of(heard.title, "jpg"), mime_type="image/jpeg")


def _cover_art(heard: HeardSong, ctx: Context) -> str | None:
    """Store the song's cover art and return its id; None when it has none."""
    art = read_tags(ctx.files.open(heard.file_id)).cover_art
    if art is None:
        return None
    path = ctx.workdir / "cover-art"
    path.write_bytes(art)
    is_png = art.startswith(b"\x89PNG")
    kind, ending = ("image/png", "png") if is_png else ("image/jpeg", "jpg")
    # The name of the song is in it, so that a message about the picture says where it came from.
    name = f"cover-art-of-{heard.file_name}.{ending}"
    return ctx.files.save(path, file_name=name, mime_type=kind).file_id
