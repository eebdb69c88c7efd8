"""Songs put together from parts that are known: tempo, key, and where each chorus begins.

They are pop songs in outline, I V C V C B C O: sections of four to eight bars over common
progressions of their key, drums in one of four grooves, a bass, a tune that is drawn anew for every
section and, for a chorus, is the same each time. Tempi lie around 118 as those of pop songs do
(72 to 168). How much a chorus is louder (1 to 5 dB), whether
the tuning is off, how fast it goes, how much noise lies under it: all drawn from the seed.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Wave = NDArray[np.float32]

RATE_HZ = 22_050
NOTES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
PLAN = "IVCVCBCO"
_MAJOR_SCALE, _MINOR_SCALE = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)
_MAJOR_LOOPS = ((0, 4, 5, 3), (0, 5, 3, 4), (0, 3, 4, 4), (0, 3, 0, 4), (0, 1, 3, 4), (0, 2, 3, 4))
_MINOR_LOOPS = ((0, 5, 2, 6), (0, 6, 5, 4), (0, 3, 6, 0), (0, 3, 4, 0), (0, 5, 3, 4), (0, 2, 5, 6))
"""Four bars of degrees of the scale, the tonic first."""
_GROOVES = (
    ((0, 8), (4, 12), 2),
    ((0, 4, 8, 12), (4, 12), 2),
    ((0, 6, 8), (4, 12), 1),
    ((0, 10), (4, 12), 2),
)
"""Sixteenths on which kick and snare fall, and how many sixteenths lie between two hats."""
_LEVELS = {"I": 0.55, "V": 0.75, "B": 0.7, "O": 0.45}


class KnownSong(NamedTuple):
    """A made-up song, and the truth about it."""

    wave: Wave
    """Mono at 22.05 kHz."""
    tempo_bpm: float
    tonic: str
    is_major: bool
    chorus_seconds: list[float]


class _Score(NamedTuple):
    """All that is drawn before a note is played."""

    bpm: float
    root: float
    """The tonic as a MIDI note, a fraction of a semitone off."""
    is_major: bool
    loops: dict[str, tuple[int, ...]]
    bars: dict[str, int]
    groove: tuple[tuple[int, ...], tuple[int, ...], int]
    chorus_level: float
    hook: list[int]


@cache
def known_song(seed: int) -> KnownSong:
    """Make the song of a seed: about two minutes, a second or so of work."""
    draw = np.random.default_rng([20_261, seed])
    score = _compose(draw)
    bar_seconds = 240 / score.bpm
    track = np.zeros(round(sum(score.bars[part] for part in PLAN) * bar_seconds * RATE_HZ))
    choruses, bar = [], 0
    for part in PLAN:
        if part == "C":
            choruses.append(bar * bar_seconds)
        _play_section(track, score, part, bar * bar_seconds, draw)
        bar += score.bars[part]
    track += draw.normal(size=len(track)) * draw.uniform(0.0005, 0.01)
    wave = (0.8 * track / np.abs(track).max()).astype(np.float32)
    return KnownSong(wave, score.bpm, NOTES[round(score.root) % 12], score.is_major, choruses)


def _compose(draw: Generator) -> _Score:
    is_major = bool(draw.random() < 0.5)
    loops = _MAJOR_LOOPS if is_major else _MINOR_LOOPS
    verse, chorus, bridge = draw.choice(len(loops), 3, replace=False)
    long = int(draw.choice([4, 8]))
    return _Score(
        bpm=round(float(np.clip(draw.normal(118, 22), 72, 168)), 1),
        root=float(draw.integers(45, 57) + draw.uniform(-0.25, 0.25)),
        is_major=is_major,
        loops={
            p: loops[n]
            for p, n in zip("IVCBO", (verse, verse, chorus, bridge, chorus), strict=True)
        },
        bars={"I": 4, "V": 8, "C": 8, "B": long, "O": 4},
        groove=_GROOVES[int(draw.integers(len(_GROOVES)))],
        chorus_level=_LEVELS["V"] * 10 ** (float(draw.uniform(1, 5)) / 20),
        hook=[int(step) for step in draw.integers(-1, 8, 32)],
    )


def _play_section(
    track: NDArray[np.float64], score: _Score, part: str, at: float, draw: Generator
) -> None:
    beat = 60 / score.bpm
    level = score.chorus_level if part == "C" else _LEVELS[part]
    tune = score.hook if part == "C" else [int(step) for step in draw.integers(-1, 6, 32)]
    for bar in range(score.bars[part]):
        start = at + bar * 4 * beat
        degree = score.loops[part][bar % 4]
        _play_chord(track, score, degree, start, 4 * beat, level, open_voicing=part == "C")
        _play_drums(track, score, part, start, beat, level)
        if part in "VCB":
            for step in range(4):
                note = tune[(bar * 4 + step) % 32]
                if note >= 0:
                    pitch = _pitch(score, note) + 24
                    _place(track, _note(pitch, beat * 0.9), start + step * beat, 0.8 * level)


def _play_chord(
    track: NDArray[np.float64],
    score: _Score,
    degree: int,
    at: float,
    seconds: float,
    level: float,
    *,
    open_voicing: bool,
) -> None:
    for third in (0, 2, 4):
        lift = 12 if open_voicing and third == 2 else 0
        pitch = _pitch(score, degree + third) + lift
        _place(track, _note(pitch, 0.98 * seconds), at, 0.6 * level)
    for half in (0.0, 0.5):
        pitch = _pitch(score, degree) - 12
        _place(track, _note(pitch, 0.47 * seconds), at + half * seconds, level)


def _play_drums(
    track: NDArray[np.float64], score: _Score, part: str, at: float, beat: float, level: float
) -> None:
    kicks, snares, hats = score.groove
    if part == "O":
        return
    for sixteenth in range(16):
        place = at + sixteenth * beat / 4
        if sixteenth in kicks:
            _place(track, _drum(58, 22, 0.02), place, 1.1 * level)
        if sixteenth in snares and part != "I":
            _place(track, _drum(190, 30, 0.9), place, 0.5 * level)
        if sixteenth % hats == 0:
            _place(track, _drum(6000, 110, 1.0), place, 0.12 * level)


def _pitch(score: _Score, degree: int) -> float:
    scale = _MAJOR_SCALE if score.is_major else _MINOR_SCALE
    return score.root + 12 * (degree // 7) + scale[degree % 7]


@cache
def _note(pitch: float, seconds: float) -> NDArray[np.float64]:
    """A plucked note of a MIDI pitch with five harmonics."""
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    hertz = 440 * 2 ** ((pitch - 69) / 12)
    wave = sum(np.sin(2 * np.pi * hertz * n * t) / n**1.5 for n in range(1, 6))
    edge = np.minimum(1, np.minimum(t / 0.01, (t[-1] - t) / 0.03))
    return 0.1 * wave * edge * np.exp(-0.8 * t)


@cache
def _drum(hertz: float, decay: float, noise: float) -> NDArray[np.float64]:
    t = np.arange(round(0.18 * RATE_HZ)) / RATE_HZ
    hiss = np.random.default_rng(round(hertz)).normal(size=len(t)) * noise
    return 0.5 * (np.sin(2 * np.pi * hertz * t) + hiss) * np.exp(-decay * t)


def _place(
    track: NDArray[np.float64], sound: NDArray[np.float64], seconds: float, gain: float
) -> None:
    start = round(seconds * RATE_HZ)
    part = sound[: max(0, len(track) - start)]
    track[start : start + len(part)] += gain * part
