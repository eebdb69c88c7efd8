"""A song, listened to: who it is, how long it really is, its pulse, its notes, its words.

``listen`` puts together what its sound tells (``analysis.py``: about a second for
a song of four minutes, kept for the next video of the song) and what its tags and
lyrics do.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from backline.content.analysis import Analysis, analyse
from backline.content.lyrics import LyricLine, parse_lrc
from backline.content.rhythm import Rhythm
from backline.content.spectrum import FRAMES_PER_SECOND, Array
from backline.content.tags import read_tags, title_from_file_name


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Song:
    """What is known of a song after hearing it once."""

    title: str
    """From the tags, else from the file's name."""
    artist: str
    """From the tags; empty when they do not tell."""
    date: str = ""
    """The same: as much of YYYY-MM-DD as they tell."""
    file_name: str
    duration_from_frames_seconds: float
    sounds_from_seconds: float
    """Where the silence at the beginning ends."""
    sounds_until_seconds: float
    rhythm: Rhythm
    mel: Array
    """Strength of 40 bands in dB, (frames, 40), 43 frames a second."""
    notes: Array
    """Strength of the twelve pitch classes, (frames, 12), 5.4 frames a second."""
    lyrics: list[LyricLine]
    """Timed lines; empty when nobody wrote times down."""

    def __repr__(self) -> str:
        return (
            f"Song({self.title!r}, {self.duration_from_frames_seconds:.1f} s, "
            f"{self.rhythm.tempo_bpm} bpm, {len(self.lyrics)} timed lines)"
        )


def listen(path: Path, lyrics_text: str | None = None, *, analysis: Analysis | None = None) -> Song:
    """Decode a song and hear it. ``lyrics_text``, if given, wins over lyrics in the tags.

    ``analysis`` is what was found in its sound before. Raises ``MediaError``
    naming the file when it holds no usable sound.
    """
    found = analysis or analyse(path)
    tags = read_tags(path)
    return Song(
        title=tags.title or title_from_file_name(path.name),
        artist=tags.artist,
        date=tags.date,
        file_name=path.name,
        duration_from_frames_seconds=found.duration_from_frames_seconds,
        sounds_from_seconds=found.sounds_from_seconds,
        sounds_until_seconds=found.sounds_until_seconds,
        rhythm=found.rhythm,
        mel=found.mel,
        notes=found.notes,
        lyrics=parse_lrc(lyrics_text or tags.lyrics),
    )


def frame_at(seconds: float) -> int:
    """The row of ``Song.mel`` at a moment."""
    return round(seconds * FRAMES_PER_SECOND)
