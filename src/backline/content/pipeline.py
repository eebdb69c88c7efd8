"""The way from a song to a video. Read this first.

::

    order ─► listen ─► picture ─► caption ─► render ─► finished content
              │          │          │          │
              │          │          │          └ scene, caption and sound become an mp4, a poster, a preview
              │          │          └ the text that is burned in
              │          └ the picture that is used, and its still for the template
              └ the song that plays, its clip, beats, words and mood

Each of the four is a durable step, a file in ``steps/``: it returns small JSON,
keeps files in storage, and is not done again when the run is resumed on another
machine. What lies between the steps is quick and gives the same result each time.
"""

from __future__ import annotations

import msgspec

from backline.content.finish import clip_frames
from backline.content.media.frame import FRAME_RATE
from backline.content.media.heap import keep_heap_small
from backline.content.order import AudioFacts, FinishedContent, Order, check_order, seed_of
from backline.content.progress import Progress
from backline.content.shape import shape_of
from backline.content.steps.captioning import ChosenCaption, choose_caption
from backline.content.steps.listening import HeardSong, listen_to_song
from backline.content.steps.picturing import ChosenPicture, choose_picture
from backline.content.steps.rendering import FinishedFilm, render
from backline.sdk import Context


def create_content(order: Order, ctx: Context) -> FinishedContent:
    """Make one video. Raises ``PayloadInvalid``, ``MediaError`` or ``FetchError`` for what can not work."""
    check_order(order)
    keep_heap_small()
    seed = seed_of(order, ctx.run.id)
    progress = Progress(ctx)
    heard = ctx.step("listen", listen_to_song, order, seed, ctx, progress)
    ctx.metadata.set("clip", msgspec.to_builtins(heard.clip))
    ctx.metadata.set("mood", msgspec.to_builtins(heard.mood))
    picture = ctx.step("picture", choose_picture, order, seed, heard, ctx, progress)
    caption = ctx.step("caption", choose_caption, order, seed, heard, ctx, progress)
    film = ctx.step("render", render, order, seed, heard, picture, caption, ctx, progress)
    progress.begin("done", 1.0)
    return _finished(order, seed, heard, picture, caption, film)


def _finished(
    order: Order,
    seed: int,
    heard: HeardSong,
    picture: ChosenPicture,
    caption: ChosenCaption,
    film: FinishedFilm,
) -> FinishedContent:
    seconds = clip_frames(heard.clip.duration_seconds) / FRAME_RATE
    shape = shape_of(order.aspect_ratio, upscale=order.upscale)
    return FinishedContent(
        account_id=order.account_id,
        video_source_url=film.video.signed_url,
        image_url=picture.still.signed_url,
        caption_text=caption.text,
        template=order.template,
        lipsync=film.lipsync,
        audio=AudioFacts(
            song_title=heard.title,
            song_filename=heard.file_name,
            start_seconds=heard.clip.start_seconds,
            duration_seconds=round(seconds, 3),
            clip_lyrics="\n".join(line.text for line in heard.lines) or None,
            clip_mood=heard.mood.name,
        ),
        video=film.video,
        poster=film.poster,
        preview=film.preview,
        width=shape.width,
        height=shape.height,
        seed=seed,
        message=_message(order, seconds, heard, picture, caption, film),
    )


def _message(
    order: Order,
    seconds: float,
    heard: HeardSong,
    picture: ChosenPicture,
    caption: ChosenCaption,
    film: FinishedFilm,
) -> str:
    shape = shape_of(order.aspect_ratio, upscale=order.upscale)
    parts = [f"A video of {seconds:.1f} s, {shape}, was made with template {order.template}."]
    made_by = {"picture": picture.made_by, "caption": caption.made_by, "film": film.made_by}
    parts += [f"The {what} was made by {name}." for what, name in made_by.items() if name]
    if caption.unshown:
        parts.append(f"No bundled font can draw these characters of the caption: {caption.unshown}")
    parts += filter(None, [heard.note, picture.left_out, caption.left_out, film.left_out])
    return " ".join(parts)
