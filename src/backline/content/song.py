"""A song, listened to: who it is, how long it really is, its pulse, its notes, its words.

``listen`` decodes once and hears everything from that: about a second for a
song of four minutes. What it returns holds arrays and is not kept; the clip
chosen from it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backline.content.harmony import pitch_classes
from backline.content.lyrics import LyricLine, parse_lrc
from backline.content.media.audio import read_audio
from backline.content.rhythm import Rhythm, find_rhythm
from backline.content.spectrum import FRAMES_PER_SECOND, RATE_HZ, Array, log_mel
from backline.content.tags import read_tags, title_from_file_name

_SILENCE_BELOW_PEAK_DB = 45.0
"""A moment this far under the song's loudest is silence at its ends, or a fade's last breath."""
_FAINTEST_RMS = 10 ** (-75 / 20)


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


def listen(path: Path, lyrics_text: str | None = None) -> Song:
    """Decode a song and hear it. ``lyrics_text``, if given, wins over lyrics in the tags.

    Raises ``MediaError`` naming the file when it holds no usable sound.
    """
    audio = read_audio(path, RATE_HZ, mono=True)
    tags = read_tags(path)
    mono = audio.samples[0]
    mel = log_mel(mono)
    first, last = _sounding(mono)
    return Song(
        title=tags.title or title_from_file_name(path.name),
        artist=tags.artist,
        date=tags.date,
        file_name=path.name,
        duration_from_frames_seconds=audio.duration_seconds,
        sounds_from_seconds=first,
        sounds_until_seconds=last,
        rhythm=find_rhythm(mel),
        mel=mel,
        notes=pitch_classes(mono),
        lyrics=parse_lrc(lyrics_text or tags.lyrics),
    )


def _sounding(mono: Array) -> tuple[float, float]:
    """Where sound begins and ends, in seconds; all of a song that is silent throughout."""
    hop = RATE_HZ // 20
    padded = np.pad(mono, (0, -len(mono) % hop)).reshape(-1, hop)
    rms = np.sqrt(np.einsum("ij,ij->i", padded, padded) / hop)
    loudest = float(rms.max())
    heard = np.flatnonzero(rms > loudest * 10 ** (-_SILENCE_BELOW_PEAK_DB / 20))
    if loudest < _FAINTEST_RMS:
        return 0.0, len(mono) / RATE_HZ
    return float(heard[0] * hop / RATE_HZ), float(min((heard[-1] + 1) * hop, len(mono)) / RATE_HZ)


def frame_at(seconds: float) -> int:
    """The row of ``Song.mel`` at a moment."""
    return round(seconds * FRAMES_PER_SECOND)
