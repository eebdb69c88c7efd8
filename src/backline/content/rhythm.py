"""The pulse of a song: how fast it goes, where its beats fall, and which of them is the one.

Onsets are rises of energy; the tempo is the period at which onsets recur; beats
are the row of onsets that keeps that period best (D. Ellis, "Beat Tracking by
Dynamic Programming", 2007). The common fault of all such methods is the octave:
half or double the tempo that a person taps. Use beat times, not the number.
"""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from backline.content.spectrum import FRAMES_PER_SECOND, Array

SLOWEST_BPM, FASTEST_BPM = 50.0, 210.0
_USUAL_BPM = 120.0
_OCTAVES_AROUND_USUAL = 1.1
"""Spread of the prior, in octaves: half the usual tempo is a little less likely, not out."""
_TIGHTNESS = 300.0
"""How much a beat off the period costs against a strong onset; found on click tracks and songs."""
_ONSET_DELAY_SECONDS = 0.005
"""A frame rises as soon as its window touches the sound; measured on clicks at known times."""
_BAR = 4
_BASS_BANDS = 6


Indices = NDArray[np.intp]


class Rhythm(msgspec.Struct, frozen=True, kw_only=True):
    """When a song's beats fall. Empty lists for a song without a pulse."""

    tempo_bpm: float | None
    beat_seconds: list[float]
    beat_strength: list[float]
    """0 to 1: how hard each beat is struck, against the song's hard ones."""
    first_downbeat: int
    """Index of the first downbeat, 0 to 3; each fourth beat from there is one too."""

    def is_downbeat(self, index: int) -> bool:
        return index % _BAR == self.first_downbeat


def find_rhythm(mel: Array) -> Rhythm:
    """Find tempo, beats and downbeats from mel bands in dB, shape (frames, 40)."""
    flux = np.maximum(np.diff(mel, axis=0, prepend=mel[:1]), 0)
    onsets = _whitened(flux.mean(axis=1))
    if not onsets.any():
        return Rhythm(tempo_bpm=None, beat_seconds=[], beat_strength=[], first_downbeat=0)
    period = _beat_period(onsets)
    beats = _track_beats(onsets, period)
    strength = _near(onsets, beats)
    bass = _near(flux[:, :_BASS_BANDS].mean(axis=1), beats)
    seconds = beats / FRAMES_PER_SECOND + _ONSET_DELAY_SECONDS
    loud = max(float(np.quantile(strength, 0.95)), 1e-6) if len(strength) else 1.0
    return Rhythm(
        tempo_bpm=_tempo(seconds, period),
        beat_seconds=[round(float(second), 4) for second in seconds],
        beat_strength=[round(float(value), 3) for value in np.clip(strength / loud, 0, 1)],
        first_downbeat=_downbeat_phase(bass),
    )


def _whitened(flux: Array) -> Array:
    """Take away the mean of the second around, so that loud passages do not hide quiet beats."""
    width = round(FRAMES_PER_SECOND)
    padded = np.pad(flux, (width // 2, width - width // 2), mode="edge")
    total = np.cumsum(padded)
    around = (total[width:] - total[:-width])[: len(flux)] / width
    onsets = np.maximum(flux - around, 0)
    spread = onsets.std()
    return (onsets / spread).astype(np.float32) if spread > 1e-3 else np.zeros_like(flux)


def _beat_period(onsets: Array) -> float:
    """Return the beat's period in frames: where the onsets repeat at 1, 2, 3 and 4 periods."""
    correlation = _autocorrelation(onsets)
    bpm = np.geomspace(SLOWEST_BPM, FASTEST_BPM, 800)
    periods = 60 * FRAMES_PER_SECOND / bpm
    lags = np.arange(len(correlation))
    comb = sum(np.interp(periods * count, lags, correlation, right=0) for count in (1, 2, 3, 4))
    prior = np.exp(-0.5 * (np.log2(bpm / _USUAL_BPM) / _OCTAVES_AROUND_USUAL) ** 2)
    return float(periods[np.argmax(comb * prior)])


def _autocorrelation(onsets: Array) -> Array:
    size = 2 ** int(np.ceil(np.log2(2 * len(onsets))))
    spectrum = np.fft.rfft(onsets - onsets.mean(), size)
    longest = round(4 * 60 * FRAMES_PER_SECOND / SLOWEST_BPM) + 2
    return np.fft.irfft(np.abs(spectrum) ** 2)[: min(longest, len(onsets))].astype(np.float32)


def _track_beats(onsets: Array, period: float) -> Indices:
    """Choose the row of frames with the strongest onsets at the steadiest distance.

    score[t] = onset[t] + max over the beats before it of (score - penalty),
    where the penalty grows with the square of the logarithm of the distance
    over the period. Distances from half to twice the period are weighed.
    """
    local = np.convolve(onsets, _bump(period), mode="same")
    near, far = max(1, round(period / 2)), round(2 * period)
    distances = np.arange(far, near - 1, -1)
    penalty = _TIGHTNESS * np.log(distances / period) ** 2
    score, before = local.astype(np.float64), np.full(len(local), -1)
    for frame in range(near, len(local)):
        start = frame - far
        usable = slice(max(0, -start), None)
        candidates = score[max(0, start) : frame - near + 1] - penalty[usable]
        best = int(np.argmax(candidates))
        if candidates[best] > 0:
            score[frame] += candidates[best]
            before[frame] = max(0, start) + best
    return _follow_back(score, before, onsets, period)


def _follow_back(score: Array, before: Indices, onsets: Array, period: float) -> Indices:
    tail = max(0, len(score) - round(1.5 * period))
    beats = [tail + int(np.argmax(score[tail:]))]
    while before[beats[-1]] >= 0:
        beats.append(int(before[beats[-1]]))
    row = np.array(beats[::-1])
    # The row runs on through silence at both ends; beats that nobody plays are cut off.
    heard = np.flatnonzero(_near(onsets, row) > 0.3)
    return row[heard[0] : heard[-1] + 1] if len(heard) else row[:0]


def _bump(period: float) -> Array:
    """A Gaussian a thirty-second of the period wide: onsets a little off still count."""
    reach = np.arange(-round(period), round(period) + 1)
    return np.exp(-0.5 * (reach * 32 / period) ** 2).astype(np.float32)


def _near(values: Array, frames: Indices) -> Array:
    """The largest value within a frame of each of ``frames``."""
    if not len(frames):
        return np.zeros(0, np.float32)
    around = np.clip(frames[:, None] + np.array([-1, 0, 1]), 0, len(values) - 1)
    largest: Array = values[around].max(axis=1)
    return largest


def _tempo(seconds: Array, period: float) -> float:
    """The tempo of the beats that were found; the median forgives a missed one."""
    if len(seconds) < 8:
        return round(60 * FRAMES_PER_SECOND / period, 1)
    span = 8 if len(seconds) > 16 else 4
    return round(float(60 * span / np.median(seconds[span:] - seconds[:-span])), 1)


def _downbeat_phase(bass: Array) -> int:
    """The beat of four with the most new energy in the bass: sound with drums, a guess without."""
    if len(bass) < _BAR:
        return 0
    return int(np.argmax([bass[phase::_BAR].mean() for phase in range(_BAR)]))
