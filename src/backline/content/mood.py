"""The mood of a clip in one word, and only when the sound leaves little doubt.

Two axes (J. Russell, "A Circumplex Model of Affect", 1980): how awake the music
is, from tempo, brightness and how busy it is; how bright its harmony is, from the
lean to major or minor. A mood is named when both are clear.
"""

from __future__ import annotations

import math

import msgspec
import numpy as np

from backline.content.harmony import FRAMES_PER_SECOND as NOTES_PER_SECOND
from backline.content.harmony import find_key
from backline.content.song import Song
from backline.content.spectrum import FRAMES_PER_SECOND

MARGIN = 0.35
"""How far from the middle, of 1, both axes must be. A choice on the side of saying nothing."""

_MIDDLE_BPM = 105.0
_MIDDLE_TILT_DB = -22.0
"""Bands above 2 kHz against those below, in a typical mix."""
_BRIGHT_BAND = 22
_MIDDLE_RISES_PER_SECOND = 4.0
_MAJOR_MARGIN_SPAN = 0.2


class Mood(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A mood and the evidence for it."""

    name: str | None
    """upbeat, calm, driving, melancholy; None when unsure."""
    arousal: float
    """-1 sleepy to 1 wide awake."""
    valence: float
    """-1 dark to 1 bright."""
    key: str
    """The key that fits best, such as ``A minor``."""


def find_mood(song: Song, start_seconds: float, duration_seconds: float) -> Mood:
    """Judge a clip's mood."""
    end_seconds = start_seconds + duration_seconds
    mel = song.mel[_rows(start_seconds, end_seconds, FRAMES_PER_SECOND)]
    key = find_key(song.notes[_rows(start_seconds, end_seconds, NOTES_PER_SECOND)])
    arousal = _arousal(mel, song.rhythm.tempo_bpm)
    valence = float(np.tanh(key.major_margin / _MAJOR_MARGIN_SPAN))
    return Mood(
        name=_name(arousal, valence),
        arousal=round(arousal, 3),
        valence=round(valence, 3),
        key=f"{key.tonic} {'major' if key.is_major else 'minor'}",
    )


def _rows(start_seconds: float, end_seconds: float, per_second: float) -> slice:
    first = int(start_seconds * per_second)
    return slice(first, max(first + 1, math.ceil(end_seconds * per_second)))


def _arousal(mel: np.ndarray, tempo_bpm: float | None) -> float:
    if tempo_bpm is None or not len(mel):
        return 0.0
    pace = math.log2(tempo_bpm / _MIDDLE_BPM) / 0.5
    tilt_db = float(mel[:, _BRIGHT_BAND:].mean() - mel[:, :_BRIGHT_BAND].mean())
    brightness = (tilt_db - _MIDDLE_TILT_DB) / 8
    return float(np.tanh(0.6 * pace + 0.5 * brightness))


def _name(arousal: float, valence: float) -> str | None:
    if min(abs(arousal), abs(valence)) < MARGIN:
        return None
    if arousal > 0:
        return "upbeat" if valence > 0 else "driving"
    return "calm" if valence > 0 else "melancholy"
