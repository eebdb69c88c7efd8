"""The notes of a song: which of the twelve are sounding, and whether they make a major or a minor key.

Harmonic pitch class profiles (E. Gómez, "Tonal Description of Polyphonic Audio",
2006): spectral peaks, not bins, vote for their note, and for the notes whose
overtones they may be.
"""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from backline.content.spectrum import RATE_HZ, Array, power_spectra

HOP = 4096
FRAMES_PER_SECOND = RATE_HZ / HOP
NOTES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")

_WINDOW = 8192
_LOWEST_HZ, _HIGHEST_HZ = 60.0, 2000.0
_SUBHARMONICS = 4
"""The peak itself and three notes that it may be an overtone of, each counting 0.8 of the last."""
_SUBHARMONIC_WEIGHT = 0.8
_A4_HZ = 440.0

# How well each note fits a key on C: I. Sha'ath, "Estimation of key in digital music recordings"
# (2011). Its minor has the seventh both flat and raised, as songs do: Temperley's, with the raised
# one alone, took 33 of 34 minor songs for their relative major.
_MAJOR = np.array([6.6, 2.0, 3.5, 2.3, 4.6, 4.0, 2.5, 5.2, 2.4, 3.7, 2.3, 3.4])
_MINOR = np.array([6.5, 2.7, 3.5, 5.4, 2.6, 3.5, 2.5, 5.2, 4.0, 2.7, 4.3, 3.2])

LEAST_FIT = 0.6
"""Songs fit their key at 0.85; clicks and noise fit some key at 0.5."""
LEAST_MARGIN = 0.04
"""A key that leads by less is not named."""


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """The key that fits best, and by how much."""

    tonic: str
    is_major: bool
    fit: float
    """Correlation with the key's profile, up to 1."""
    margin: float
    """The fit less that of the next best of the 24 keys, 0 or more."""
    major_margin: float
    """Best major fit less best minor fit: above 0 leans bright, below 0 dark."""

    @property
    def name(self) -> str | None:
        """Such as ``A minor``; None when none fits, or another one fits nearly as well."""
        if self.fit < LEAST_FIT or self.margin < LEAST_MARGIN:
            return None
        return f"{self.tonic} {'major' if self.is_major else 'minor'}"


def pitch_classes(mono: Array) -> Array:
    """Return how strong each of the twelve notes is, C first, shape (frames, 12), a frame every 186 ms.

    ``mono`` is float32 (n,) at 22.05 kHz. Rows are not scaled: loud moments weigh more.
    """
    found = [_peaks(power) for power in power_spectra(mono, _WINDOW, HOP)]
    peaks_semitones = np.concatenate([semitones.ravel() for semitones, _ in found])
    peaks_weight = np.concatenate([weight.ravel() for _, weight in found])
    tuning = _tuning(peaks_semitones, peaks_weight)
    return np.concatenate([_profile(semitones - tuning, weight) for semitones, weight in found])


def find_key(profiles: Array) -> Key:
    """Find the key of a stretch of pitch classes, shape (frames, 12)."""
    norms = np.linalg.norm(profiles, axis=1, keepdims=True)
    # The square root keeps loud frames ahead without letting one shout decide.
    mean = (profiles / np.sqrt(np.maximum(norms, 1e-9))).mean(axis=0)
    major, minor = _fits(mean, _MAJOR), _fits(mean, _MINOR)
    is_major = bool(major.max() >= minor.max())
    best = major if is_major else minor
    second, first = np.sort(np.concatenate([major, minor]))[-2:]
    return Key(
        tonic=NOTES[int(best.argmax())],
        is_major=is_major,
        fit=round(float(first), 3),
        margin=round(float(first - second), 3),
        major_margin=round(float(major.max() - minor.max()), 3),
    )


def _fits(mean: Array, profile: NDArray[np.float64]) -> NDArray[np.float64]:
    if mean.std() < 1e-9:
        return np.zeros(12)
    return np.array([np.corrcoef(mean, np.roll(profile, tonic))[0, 1] for tonic in range(12)])


_MOST_PEAKS = 24


def _peaks(power: Array) -> tuple[Array, Array]:
    """Return the strongest spectral peaks of each frame: semitones above A4 and magnitudes, (frames, 24)."""
    low, high = (round(hz * _WINDOW / RATE_HZ) for hz in (_LOWEST_HZ, _HIGHEST_HZ))
    magnitude = np.sqrt(power[:, low - 1 : high + 1])
    left, centre, right = magnitude[:, :-2], magnitude[:, 1:-1], magnitude[:, 2:]
    heights = np.where((centre > left) & (centre >= right), centre, 0)
    chosen = np.argpartition(heights, -_MOST_PEAKS, axis=1)[:, -_MOST_PEAKS:]
    a, b, c = (np.take_along_axis(side, chosen, axis=1) for side in (left, centre, right))
    # A parabola through a peak and its neighbours tells where between the bins it stands.
    shift = 0.5 * (a - c) / np.minimum(a - 2 * b + c, -1e-12)
    hz = (chosen + low + np.clip(shift, -0.5, 0.5)) * RATE_HZ / _WINDOW
    weight = np.take_along_axis(heights, chosen, axis=1)
    return (12 * np.log2(hz / _A4_HZ)).astype(np.float32), weight


def _tuning(semitones: Array, weight: Array) -> float:
    """How far the song is tuned from A4 = 440 Hz, in semitones, -0.5 to 0.5."""
    phase = np.sum(weight * np.exp(2j * np.pi * semitones))
    return float(np.angle(phase) / (2 * np.pi))


def _profile(semitones: Array, weight: Array) -> Array:
    """Let each peak vote for its note, and for those whose 2nd, 3rd and 4th harmonic it is."""
    frames = len(semitones)
    rows = np.repeat(np.arange(frames), semitones.shape[1])
    total = np.zeros(frames * 12)
    for harmonic in range(1, _SUBHARMONICS + 1):
        pitch = semitones - 12 * np.log2(harmonic)
        note = np.round(pitch).astype(int)
        # A vote counts by how near the note it is: a peak between two notes is noise.
        near = np.cos(np.pi * (pitch - note)) ** 2 * _SUBHARMONIC_WEIGHT ** (harmonic - 1)
        cell = rows * 12 + ((note + 9) % 12).ravel()
        total += np.bincount(cell, (weight * near).ravel(), minlength=frames * 12)
    return total.reshape(frames, 12).astype(np.float32)
