"""The mood of a clip in one word, and only when the sound leaves little doubt.

Two axes (J. Russell, "A Circumplex Model of Affect", 1980): how awake the music
is, from tempo and brightness; how bright its harmony is, from the
lean to major or minor. A mood is named when both are clear.
"""

from __future__ import annotations

import math

import msgspec
import numpy as np

from backline.content.harmony import FRAMES_PER_SECOND as NOTES_PER_SECOND
from backline.content.harmony import LEAST_FIT, find_key
from backline.content.song import Song
from backline.content.spectrum import FRAMES_PER_SECOND

MARGIN = 0.35
"""How far from the middle, of 1, both axes must be. A choice on the side of saying nothing."""

_MIDDLE_BPM = 105.0
_MIDDLE_TILT_DB = -22.0
"""Bands above 2 kHz against those below, in a typical mix."""
_BRIGHT_BAND = 22
_MAJOR_MARGIN_SPAN = 0.2


class Mood(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A mood and the evidence for it."""

    name: str | None
    """upbeat, calm, driving, melancholy; None when unsure."""
    arousal: float
    """-1 sleepy to 1 wide awake."""
    valence: float
    """-1 dark to 1 bright."""
    key: str | None
    """Such as ``A minor``; None when another key fits nearly as well."""
    key_margin: float
    """By how much the best key leads, in correlation; 0.04 is needed to name it."""
    tempo_bpm: float | None
    """The song's, which the arousal is judged by; None for a song without a pulse."""
    tilt_db: float
    """Strength above 2 kHz against below, of the clip; -22 is a typical mix."""
    major_margin: float
    """Best major fit less best minor fit, which the valence is judged by."""


def find_mood(song: Song, start_seconds: float, duration_seconds: float) -> Mood:
    """Judge a clip's mood."""
    end_seconds = start_seconds + duration_seconds
    mel = song.mel[_rows(start_seconds, end_seconds, FRAMES_PER_SECOND)]
    key = find_key(song.notes[_rows(start_seconds, end_seconds, NOTES_PER_SECOND)])
    tilt_db = _tilt_db(mel)
    arousal = _arousal(tilt_db, song.rhythm.tempo_bpm)
    lean = key.major_margin if key.fit >= LEAST_FIT else 0.0
    valence = float(np.tanh(lean / _MAJOR_MARGIN_SPAN))
    return Mood(
        name=_name(arousal, valence),
        arousal=round(arousal, 3),
        valence=round(valence, 3),
        key=key.name,
        key_margin=key.margin,
        tempo_bpm=song.rhythm.tempo_bpm,
        tilt_db=round(tilt_db, 1),
        major_margin=key.major_margin,
    )


def _rows(start_seconds: float, end_seconds: float, per_second: float) -> slice:
    first = int(start_seconds * per_second)
    return slice(first, max(first + 1, math.ceil(end_seconds * per_second)))


def _tilt_db(mel: np.ndarray) -> float:
    if not len(mel):
        return _MIDDLE_TILT_DB
    return float(mel[:, _BRIGHT_BAND:].mean() - mel[:, :_BRIGHT_BAND].mean())


def _arousal(tilt_db: float, tempo_bpm: float | None) -> float:
    if tempo_bpm is None:
        return 0.0
    pace = math.log2(tempo_bpm / _MIDDLE_BPM) / 0.5
    brightness = (tilt_db - _MIDDLE_TILT_DB) / 8
    return float(np.tanh(0.6 * pace + 0.5 * brightness))


def _name(arousal: float, valence: float) -> str | None:
    if min(abs(arousal), abs(valence)) < MARGIN:
        return None
    if arousal > 0:
        return "upbeat" if valence > 0 else "driving"
    return "calm" if valence > 0 else "melancholy"
