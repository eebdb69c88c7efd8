"""Hears the singer in a finished song: how strong the voice is at each frame, and whether anybody sings at all.

Singers are mixed into the middle of the stereo image and most instruments to
its sides, so what both channels share, and what holds its pitch, is taken for
the voice. That is a guess: a song in mono, or an instrument alone in the
middle, can fool it. Words with times (.lrc) settle the question.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from backline.content.media.audio import Audio
from backline.content.media.frame import FRAME_RATE

LOWEST_HZ, HIGHEST_HZ = 200.0, 3500.0
RANGE_DB = 28.0
"""What lies this far below the loudest is silence."""
GATE = 0.35
ATTACK, RELEASE = 0.6, 0.35
"""Shares of the way to a louder, and to a softer, value that a frame goes."""
CENTRE_POWER = 10
"""How strictly both channels have to agree, in strength and in phase."""
LEAST_SHARE = 0.20
"""Of the band's power, in the median of its frames: less than that in the middle is nobody singing."""
MONO_SHARE = 0.002
"""Of the power: with less than this beside the middle there is no stereo to judge by."""
_WINDOW = 2048
_INAUDIBLE = 0.1
"""Power of a window at about -64 dB of full scale."""
_LOOKS_PER_FRAME = 2
_STEADY = 9
"""Looks over which a voice holds its pitch and a drum does not: 150 ms."""
_WIDE = 13
"""Bins over which a drum spreads and a voice does not: 300 Hz at 48 kHz."""

Power = NDArray[np.float32]
"""(looks, bins)."""


class Voice(NamedTuple):
    """The voice of a clip, at 30 frames a second."""

    envelope: tuple[float, ...]
    """0 (silent) to 1 (the loudest), 0 wherever nobody sings."""
    share: float
    """How much of the song's middle band is voice, 0 to 1."""
    is_mono: bool

    @property
    def sings(self) -> bool:
        """Whether the sound alone says that somebody sings."""
        return not self.is_mono and self.share > LEAST_SHARE


def hear_voice(sound: Audio, lines: Sequence[tuple[float, float]] = ()) -> Voice:
    """Return the voice of a clip, stereo at any rate; 0.1 s of work for 15 s.

    ``lines`` are the seconds from and to which words are sung, when known: the
    voice is silent outside them, and what is inside them is believed.
    """
    centre, total, is_mono = _spectra(sound)
    voiced = centre if is_mono else centre * _steadiness(centre)
    power, whole = voiced.sum(axis=1), total.sum(axis=1) + 1e-12
    loud = whole > whole.max() * 10 ** (-RANGE_DB / 10)
    share = float(np.median((power / whole)[loud])) if loud.any() else 0.0
    envelope = _followed(_level(power))
    if lines:
        envelope *= _inside(lines, len(envelope))
    elif not is_mono:
        envelope *= _where_sung(power / whole)
    count = round(sound.duration_seconds * FRAME_RATE)
    frames = np.resize(envelope[::_LOOKS_PER_FRAME], count) if len(envelope) else np.zeros(count)
    return Voice(tuple(float(value) for value in frames), share, is_mono)


def _spectra(sound: Audio) -> tuple[Power, Power, bool]:
    """Return the power of what both channels share, and of all, in the voice's band."""
    left, right = sound.samples[0], sound.samples[-1]
    side = float(((left - right) ** 2).mean()) / (float(((left + right) ** 2).mean()) + 1e-12)
    hop = sound.sample_rate_hz // (FRAME_RATE * _LOOKS_PER_FRAME)
    bins = np.fft.rfftfreq(_WINDOW, 1 / sound.sample_rate_hz)
    band = (bins >= LOWEST_HZ) & (bins <= HIGHEST_HZ)
    one, other = (_looks(channel, hop)[:, band] for channel in (left, right))
    product = one * other.conj()
    strength = np.abs(one) ** 2 + np.abs(other) ** 2 + 1e-12
    similar = 2 * np.abs(product) / strength
    agreeing = np.maximum(product.real, 0) / (np.abs(product) + 1e-12)
    shared = (similar * agreeing) ** CENTRE_POWER
    middle = np.abs(one + other) ** 2 / 4
    return (
        (middle * shared).astype(np.float32),
        (strength / 2).astype(np.float32),
        side < MONO_SHARE,
    )


def _looks(channel: NDArray[np.float32], hop: int) -> NDArray[np.complex64]:
    """Return spectra of windows that are centred on each half frame."""
    padded = np.pad(channel, (_WINDOW // 2 - hop // 2, _WINDOW))
    count = max(1, len(channel) // hop)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::hop][:count]
    hann = np.hanning(_WINDOW).astype(np.float32)
    return np.asarray(np.fft.rfft(frames * hann), np.complex64)


def _steadiness(power: Power) -> Power:
    """Return how much of each bin holds its pitch rather than spreads like a drum (Fitzgerald, 2010)."""
    along = _median(power.T, _STEADY).T
    across = _median(power, _WIDE)
    return np.asarray(along**2 / (along**2 + across**2 + 1e-20), np.float32)


def _median(rows: Power, width: int) -> Power:
    padded = np.pad(rows, ((0, 0), (width // 2, width // 2)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, width, axis=1)
    return np.asarray(np.median(windows, axis=2), np.float32)


def _level(power: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return 0 at 28 dB under the loud passages, 1 at them."""
    loudest = max(float(np.quantile(power, 0.97)), _INAUDIBLE)
    decibels = 10 * np.log10(np.maximum(power, 1e-12) / loudest)
    return np.clip(1 + decibels / RANGE_DB, 0, 1)


def _followed(level: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a level as a jaw follows it: quick to open, slower to close, shut below the gate."""
    opened = np.clip((level - GATE) / (1 - GATE), 0, 1)
    attack, release = (1 - (1 - rate) ** (1 / _LOOKS_PER_FRAME) for rate in (ATTACK, RELEASE))
    followed, now = np.empty_like(opened), 0.0
    for index, wanted in enumerate(opened):
        now += (wanted - now) * (attack if wanted > now else release)
        followed[index] = now
    return followed


def _where_sung(share: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return 1 where the middle holds a voice and 0 where it does not, softly: over a third of a second."""
    width = FRAME_RATE * _LOOKS_PER_FRAME // 3
    around = np.convolve(np.pad(share, width // 2, mode="edge"), np.ones(width) / width, "valid")
    return np.clip((around[: len(share)] - 0.16) / 0.12, 0, 1)


def _inside(lines: Sequence[tuple[float, float]], count: int) -> NDArray[np.float64]:
    seconds = (np.arange(count) + 0.5) / (FRAME_RATE * _LOOKS_PER_FRAME)
    inside = np.zeros(count)
    for start, end in lines:
        inside[(seconds >= start - 0.15) & (seconds <= end + 0.15)] = 1
    return inside
