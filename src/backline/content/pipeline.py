"""The way from a song to a video. Read this first.

::

    order ─► listen ─► picture ─► caption ─► render ─► finished content
              │          │          │          │
              │          │          │          └ scene, caption and sound become an mp4
              │          │          └ the text that is burned in
              │          └ the picture that is used, and its still for the template
              └ the song that plays, its clip, beats, words and mood

Each of the four is a durable step: it returns small JSON, keeps files in
storage, and is not done again when the run is resumed on another machine.
What lies between the steps is quick and gives the same result each time.
"""

from __future__ import annotations

import re
import unicodedata

import msgspec

from backline.content.caption import CaptionRequest, draw_caption, write_caption
from backline.content.clip import Clip, choose_clip
from backline.content.compose import compose
from backline.content.finish import clip_frames, energy_per_frame, finish_sound
from backline.content.image import base_image
from backline.content.lipsync import Singing, sing_along
from backline.content.lyrics import LyricLine, decode_lyrics, lines_inside
from backline.content.media.audio import Audio
from backline.content.media.frame import FRAME_RATE
from backline.content.media.picture import Picture, read_picture, write_jpeg
from backline.content.mood import Mood, find_mood
from backline.content.motion import Beat, SceneFacts
from backline.content.order import (
    AudioFacts,
    FinishedContent,
    Order,
    check_order,
    seed_of,
    shuffled,
)
from backline.content.progress import Progress
from backline.content.song import Song, listen
from backline.content.supplies import (
    MAX_PICTURE_BYTES,
    MAX_SONG_BYTES,
    Supply,
    bring,
    first_usable,
    keep,
)
from backline.content.tags import read_tags
from backline.content.templates import build_scene
from backline.errors import MediaError, PayloadInvalid
from backline.sdk import Context, StoredFile

_STILL_QUALITY = 90
_MAX_LYRICS_BYTES = 1024**2


class HeardSong(msgspec.Struct, frozen=True, kw_only=True):
    """What listening found, as far as the later steps need it."""

    file_id: str
    file_name: str
    title: str
    artist: str
    duration_seconds: float
    tempo_bpm: float | None
    clip: Clip
    beats: list[Beat]
    """Those inside the clip, counted from its start."""
    lines: list[LyricLine]
    """The timed lines sung inside the clip."""
    mood: Mood


class ChosenCaption(msgspec.Struct, frozen=True, kw_only=True):
    """The text that is burned in."""

    text: str
    """Empty for none."""
    unshown: str
    """Characters of it that no bundled font can draw; they are left out of the picture."""


class FinishedFilm(msgspec.Struct, frozen=True, kw_only=True):
    """The film, and whether its singer sings."""

    video: StoredFile
    lipsync: bool
    left_out: str
    """Why the mouth stays still although it was asked to move; empty otherwise."""


class ChosenPicture(msgspec.Struct, frozen=True, kw_only=True):
    """The picture that is used, and the still made from it."""

    file_id: str
    still: StoredFile


def create_content(order: Order, ctx: Context) -> FinishedContent:
    """Make one video. Raises ``PayloadInvalid``, ``MediaError`` or ``FetchError`` for what can not work."""
    check_order(order)
    seed = seed_of(order, ctx.run.id)
    progress = Progress(ctx)
    heard = ctx.step("listen", listen_to_song, order, seed, ctx, progress)
    ctx.metadata.set("clip", msgspec.to_builtins(heard.clip))
    ctx.metadata.set("mood", msgspec.to_builtins(heard.mood))
    picture = ctx.step("picture", choose_picture, order, seed, heard, ctx, progress)
    caption = ctx.step("caption", choose_caption, order, seed, heard, progress)
    film = ctx.step("render", render, order, seed, heard, picture, caption, ctx, progress)
    progress.begin("done", 1.0)
    return _finished(order, seed, heard, picture, caption, film)


def listen_to_song(order: Order, seed: int, ctx: Context, progress: Progress) -> HeardSong:
    """Step 1: find a song that plays, hear it, choose the clip."""
    progress.begin("listening to the song", 0.02)
    words = _lyrics_text(order, ctx)

    def hear(name: str) -> tuple[Supply, Song]:
        supply = bring(ctx, name, accept=["audio/*", "video/*"], max_bytes=MAX_SONG_BYTES)
        return supply, listen(supply.path, words)

    supply, song = first_usable(shuffled(order.songs, seed, "song"), hear, ctx.log)
    _check_clip_start(order, song)
    heard = _heard(order, song, keep(ctx, supply))
    ctx.log(
        f"listened to {song.title!r}, {song.duration_from_frames_seconds:.1f} s: "
        f"the clip starts at {heard.clip.start_seconds:.2f} s"
    )
    progress.reach(0.1)
    return heard


def choose_picture(
    order: Order, seed: int, heard: HeardSong, ctx: Context, progress: Progress
) -> ChosenPicture:
    """Step 2: find a picture that can be used, and make the template's still from it."""
    progress.begin("preparing the picture", 0.12)

    def use(name: str) -> ChosenPicture:
        supply = bring(ctx, name, accept=["image/*"], max_bytes=MAX_PICTURE_BYTES)
        picture = read_picture(supply.path)
        path = ctx.workdir / "still.jpg"
        artist = order.artist_name or heard.artist
        still_rgb = base_image(order.template, picture, seed, title=heard.title, artist=artist)
        write_jpeg(still_rgb, path, _STILL_QUALITY)
        name = f"{_slug(heard.title)}.jpg"
        still = ctx.files.save(path, file_name=name, mime_type="image/jpeg")
        return ChosenPicture(file_id=keep(ctx, supply), still=still)

    if order.images:
        return first_usable(shuffled(order.images, seed, "image"), use, ctx.log)
    ctx.log("no picture was given: using the song's cover art")
    return use(_cover_art(heard, ctx))


def choose_caption(order: Order, seed: int, heard: HeardSong, progress: Progress) -> ChosenCaption:
    """Step 3: take the caption that was given, or write one."""
    progress.begin("writing the caption", 0.18)
    text = write_caption(
        CaptionRequest(
            template_id=order.template,
            text=order.caption,
            length=order.caption_length,
            song_title=heard.title,
            artist=order.artist_name or heard.artist,
            lyric_lines=[line.text for line in heard.lines],
            seed=seed,
        )
    )
    overlay = draw_caption(text, order.template)
    return ChosenCaption(text=text, unshown=overlay.unshown if overlay is not None else "")


def render(
    order: Order,
    seed: int,
    heard: HeardSong,
    picture: ChosenPicture,
    caption: ChosenCaption,
    ctx: Context,
    progress: Progress,
) -> FinishedFilm:
    """Step 4: draw and encode the film, and store it."""
    progress.begin("building the scene", 0.2)
    source = read_picture(ctx.files.open(picture.file_id))
    sound = _sound(heard, ctx)
    singing = _singing(order, source, heard, sound)
    scene = build_scene(order.template, source, _scene_facts(order, seed, heard, sound, singing))
    overlay = draw_caption(caption.text, order.template, scene.faces)
    progress.begin("rendering", 0.25)
    path = ctx.workdir / "video.mp4"
    tags = {"title": heard.title, "artist": order.artist_name or heard.artist}
    compose(
        path,
        scene,
        overlay,
        sound,
        tags={**tags, "comment": f"made with backline, template {order.template}"},
        on_progress=lambda share: progress.reach(0.25 + 0.72 * share),
    )
    progress.begin("storing the video", 0.97)
    video = ctx.files.save(path, file_name=f"{_slug(heard.title)}.mp4", mime_type="video/mp4")
    return FinishedFilm(video=video, lipsync=bool(singing.mouth), left_out=singing.left_out)


def _singing(order: Order, picture: Picture, heard: HeardSong, sound: Audio) -> Singing:
    if not order.lipsync:
        return Singing()
    start = heard.clip.start_seconds
    lines = [(line.start_seconds - start, line.end_seconds - start) for line in heard.lines]
    return sing_along(order.template, picture, sound, lines)


def _heard(order: Order, song: Song, file_id: str) -> HeardSong:
    clip = choose_clip(song, order.clip_seconds, order.clip_start)
    end_seconds = clip.start_seconds + clip.duration_seconds
    return HeardSong(
        file_id=file_id,
        file_name=song.file_name,
        title=song.title,
        artist=song.artist,
        duration_seconds=round(song.duration_from_frames_seconds, 3),
        tempo_bpm=song.rhythm.tempo_bpm,
        clip=clip,
        beats=_beats_inside(song, clip),
        lines=lines_inside(song.lyrics, clip.start_seconds, end_seconds),
        mood=find_mood(song, clip.start_seconds, clip.duration_seconds),
    )


def _beats_inside(song: Song, clip: Clip) -> list[Beat]:
    rhythm = song.rhythm
    beats = zip(rhythm.beat_seconds, rhythm.beat_strength, strict=True)
    placed = [
        Beat(
            seconds=round(seconds - clip.start_seconds, 4),
            strength=strength,
            is_downbeat=rhythm.is_downbeat(index),
        )
        for index, (seconds, strength) in enumerate(beats)
    ]
    return [beat for beat in placed if 0 <= beat.seconds < clip.duration_seconds]


def _lyrics_text(order: Order, ctx: Context) -> str | None:
    if order.lyrics is not None or order.lyrics_file is None:
        return order.lyrics
    path = ctx.files.open(order.lyrics_file)
    if path.stat().st_size > _MAX_LYRICS_BYTES:
        raise MediaError(f"{path.name!r} is larger than 1 MB: attach lyrics as an .lrc text file")
    return decode_lyrics(path.read_bytes())


def _check_clip_start(order: Order, song: Song) -> None:
    latest = song.duration_from_frames_seconds - 1.0
    if order.clip_start is not None and order.clip_start > latest:
        raise PayloadInvalid(
            f"clipStart: {order.clip_start} s is past the end of {song.file_name!r}, "
            f"which is {song.duration_from_frames_seconds:.1f} s long; choose {latest:.1f} or less"
        )


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
    return ctx.files.save(path, file_name=f"cover-art.{ending}", mime_type=kind).file_id


def _sound(heard: HeardSong, ctx: Context) -> Audio:
    path = ctx.files.open(heard.file_id)
    return finish_sound(path, heard.clip.start_seconds, heard.clip.duration_seconds, ctx.workdir)


def _scene_facts(
    order: Order, seed: int, heard: HeardSong, sound: Audio, singing: Singing
) -> SceneFacts:
    return SceneFacts(
        duration_seconds=clip_frames(heard.clip.duration_seconds) / FRAME_RATE,
        seed=seed,
        beats=heard.beats,
        energy=energy_per_frame(sound),
        mouth=singing.mouth,
        title=heard.title,
        artist=order.artist_name or heard.artist,
    )


def _finished(
    order: Order,
    seed: int,
    heard: HeardSong,
    picture: ChosenPicture,
    caption: ChosenCaption,
    film: FinishedFilm,
) -> FinishedContent:
    seconds = clip_frames(heard.clip.duration_seconds) / FRAME_RATE
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
        seed=seed,
        message=_message(order, seconds, caption.unshown, film.left_out),
    )


def _message(order: Order, seconds: float, unshown: str, left_out: str) -> str:
    parts = [f"A video of {seconds:.1f} s was made with template {order.template}."]
    if unshown:
        parts.append(f"No bundled font can draw these characters of the caption: {unshown}")
    if left_out:
        parts.append(left_out)
    if order.upscale:
        parts.append("Upscaling is not available yet: the video is 1080x1920.")
    return " ".join(parts)


def _slug(title: str) -> str:
    """A file name of a title: letters and digits of any script, words joined by hyphens."""
    words = re.findall(r"\w+", unicodedata.normalize("NFC", title.lower()))
    return "-".join(words)[:80].strip("-_") or "video"
