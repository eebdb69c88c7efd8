"""Step 2 of a video: find a picture that can be used, and make the template's still from it."""

from __future__ import annotations

import msgspec

from backline.content.image import base_image
from backline.content.media.picture import read_picture, write_jpeg
from backline.content.order import Order, shuffled
from backline.content.progress import Progress
from backline.content.steps.listening import HeardSong
from backline.content.supplies import MAX_PICTURE_BYTES, bring, first_usable, keep
from backline.content.tags import read_tags
from backline.content.titles import file_name_of
from backline.errors import MediaError
from backline.sdk import Context, StoredFile

_STILL_QUALITY = 90


class ChosenPicture(msgspec.Struct, frozen=True, kw_only=True):
    """The picture that is used, and the still made from it."""

    file_id: str
    still: StoredFile


def choose_picture(
    order: Order, seed: int, heard: HeardSong, ctx: Context, progress: Progress
) -> ChosenPicture:
    """Use the first picture that can be, or the song's cover art; raises ``MediaError`` without any."""
    progress.begin("preparing the picture", 0.12)

    def use(name: str) -> ChosenPicture:
        supply = bring(ctx, name, accept=["image/*"], max_bytes=MAX_PICTURE_BYTES)
        picture = read_picture(supply.path)
        path = ctx.workdir / "still.jpg"
        artist = order.artist_name or heard.artist
        still_rgb = base_image(order.template, picture, seed, title=heard.title, artist=artist)
        write_jpeg(still_rgb, path, _STILL_QUALITY)
        still = ctx.files.save(
            path, file_name=file_name_of(heard.title, "jpg"), mime_type="image/jpeg"
        )
        return ChosenPicture(file_id=keep(ctx, supply), still=still)

    if order.images:
        return first_usable(shuffled(order.images, seed, "image"), use, ctx.log)
    ctx.log("no picture was given: using the song's cover art")
    return use(_cover_art(heard, ctx))


def _cover_art(heard: HeardSong, ctx: Context) -> str:
    """Store the song's cover art and return its id."""
    art = read_tags(ctx.files.open(heard.file_id)).cover_art
    if art is None:
        raise MediaError(
            f"there is no picture: {heard.file_name!r} holds no cover art; "
            "give a jpg, png or webp in `images`"
        )
    path = ctx.workdir / "cover-art"
    path.write_bytes(art)
    is_png = art.startswith(b"\x89PNG")
    kind, ending = ("image/png", "png") if is_png else ("image/jpeg", "jpg")
    # The name of the song is in it, so that a message about the picture says where it came from.
    name = f"cover-art-of-{heard.file_name}.{ending}"
    return ctx.files.save(path, file_name=name, mime_type=kind).file_id
