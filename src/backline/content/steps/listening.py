"""Step 1 of a video: find a song that plays, hear it, choose the part that is used."""

from __future__ import annotations

from pathlib import Path

import msgspec

from backline.content import transcript
from backline.content.clip import Clip, another_clip, choose_clip
from backline.content.dates import readable_date
from backline.content.kept_analysis import recall_or_analyse
from backline.content.lyrics import LyricLine, decode_lyrics, lines_inside, shifted
from backline.content.media.audio import read_audio
from backline.content.mood import Mood, find_mood
from backline.content.motion import Beat
from backline.content.order import Order, shuffled
from backline.content.progress import Progress
from backline.content.song import Song, listen
from backline.content.steps.glance import glance_at_picture
from backline.content.sung import sung_first
from backline.content.supplies import MAX_SONG_BYTES, Supply, bring, first_usable, keep
from backline.errors import MediaError, PayloadInvalid, SetupError
from backline.sdk import Context

_MAX_LYRICS_BYTES = 1024**2


class HeardSong(msgspec.Struct, frozen=True, kw_only=True):
    """What listening found, as far as the later steps need it."""

    file_id: str
    file_name: str
    title: str
    artist: str
    date: str = ""
    """When it came out, as its tags say: as much of YYYY-MM-DD as they tell."""
    duration_seconds: float
    tempo_bpm: float | None
    clip: Clip
    beats: list[Beat]
    """Those inside the clip, counted from its start."""
    lines: list[LyricLine]
    """The timed lines sung inside the clip."""
    mood: Mood
    note: str = ""
    """About words that were to be heard: that they may be wrong, or why there are none."""


def listen_to_song(order: Order, seed: int, ctx: Context, progress: Progress) -> HeardSong:
    """Hear the first song that plays; raises ``MediaError`` when none does."""
    progress.begin("listening to the song", 0.02)
    words = _lyrics_text(order, ctx)

    def hear(name: str) -> tuple[Supply, Song]:
        supply = bring(ctx, name, accept=["audio/*", "video/*"], max_bytes=MAX_SONG_BYTES)
        with glance_at_picture(order, seed, supply.path, ctx):
            analysis, was_known = recall_or_analyse(ctx, supply.path)
        if was_known:
            ctx.log(f"{supply.file_name!r} was listened to before")
        return supply, listen(supply.path, words, analysis=analysis)

    supply, song = first_usable(shuffled(order.songs, seed, "song"), hear, ctx.log)
    _check_clip_start(order, song)
    heard = _heard(song, _clip(order, song, supply.path), keep(ctx, supply))
    if order.hear_words and not heard.lines:
        heard = _with_words(heard, supply.path)
    ctx.log(
        f"listened to {song.title!r}, {song.duration_from_frames_seconds:.1f} s: "
        f"the clip starts at {heard.clip.start_seconds:.2f} s"
    )
    progress.reach(0.1)
    return heard


def release_date(order: Order, heard: HeardSong) -> str:
    """Return when the song comes out, as a person reads it; empty when nobody said."""
    return readable_date(order.release_date or heard.date)


def _clip(order: Order, song: Song, path: Path) -> Clip:
    """Choose the clip; the videos of a batch take turns with its candidates."""
    clip = choose_clip(song, order.clip_seconds, order.clip_start)
    if order.lipsync:
        clip = sung_first(clip, song, path)
    return another_clip(clip, order.variant)


def _heard(song: Song, clip: Clip, file_id: str) -> HeardSong:
    end_seconds = clip.start_seconds + clip.duration_seconds
    return HeardSong(
        file_id=file_id,
        file_name=song.file_name,
        title=song.title,
        artist=song.artist,
        date=song.date,
        duration_seconds=round(song.duration_from_frames_seconds, 3),
        tempo_bpm=song.rhythm.tempo_bpm,
        clip=clip,
        beats=_beats_inside(song, clip),
        lines=lines_inside(song.lyrics, clip.start_seconds, end_seconds),
        mood=find_mood(song, clip.start_seconds, clip.duration_seconds),
    )


def _with_words(heard: HeardSong, path: Path) -> HeardSong:
    """Return the same with the words that a net hears in the clip, or a note why there are none."""
    clip = heard.clip
    sound = read_audio(
        path,
        transcript.RATE_HZ,
        mono=True,
        start_seconds=clip.start_seconds,
        duration_seconds=clip.duration_seconds,
    )
    try:
        lines = transcript.hear_words(sound)
    except SetupError as missing:
        return msgspec.structs.replace(heard, note=f"No words were heard: {missing}.")
    if not lines:
        note = "No words were heard in this part of the song; attach them as .lrc."
        return msgspec.structs.replace(heard, note=note)
    note = "The words were heard by a net, not read: look them over before you post."
    moved = [shifted(line, clip.start_seconds) for line in lines]
    return msgspec.structs.replace(heard, lines=moved, note=note)


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
