"""A song as a row of short looks: how strong each band of pitch is, 43 times a second.

Everything that listens (beats, harmony, structure, mood) starts from here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]

RATE_HZ = 22_050
"""The rate at which songs are listened to; what lies above 11 kHz tells nothing that is asked."""
HOP = 512
FRAMES_PER_SECOND = RATE_HZ / HOP
MEL_BANDS = 40

_WINDOW = 1024
_SAMPLES_AT_ONCE = 128 * _WINDOW
"""Two megabytes with their spectra stay in the processor's cache: four times as much takes twice as long."""


def log_mel(mono: Array) -> Array:
    """Return the strength of 40 mel bands in dB over -80, shape (frames, 40), a frame every 23 ms.

    ``mono`` is float32 (n,) at 22.05 kHz. Frame i is centred on sample i x 512.
    """
    filters = _mel_filters()
    return np.concatenate(
        [_decibels(power @ filters) for power in power_spectra(mono, _WINDOW, HOP)]
    )


def power_spectra(mono: Array, window: int, hop: int) -> Iterator[Array]:
    """Yield Hann-windowed power spectra in pieces of shape (frames, window / 2 + 1)."""
    padded = np.pad(mono, window // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, window)[::hop]
    hann = np.hanning(window + 1)[:-1].astype(np.float32)
    at_once = _SAMPLES_AT_ONCE // window
    for start in range(0, len(frames), at_once):
        spectrum = np.fft.rfft(frames[start : start + at_once] * hann)
        yield spectrum.real**2 + spectrum.imag**2


def _decibels(power: Array) -> Array:
    decibels: Array = np.maximum(10 * np.log10(np.maximum(power, 1e-10)) + 80, 0)
    return decibels.astype(np.float32)


def _mel_filters() -> Array:
    """Triangles of equal width in mel between 30 Hz and 11 kHz, shape (bins, 40)."""
    bins_hz = np.fft.rfftfreq(_WINDOW, 1 / RATE_HZ)
    edges_mel = np.linspace(_mel(30.0), _mel(RATE_HZ / 2), MEL_BANDS + 2)
    edges_hz = 700 * (10 ** (edges_mel / 2595) - 1)
    low, centre, high = edges_hz[:-2], edges_hz[1:-1], edges_hz[2:]
    # The lowest bands are narrower than a bin: widen them, so that none is deaf.
    width = RATE_HZ / _WINDOW
    low, high = np.minimum(low, centre - width), np.maximum(high, centre + width)
    rising = (bins_hz[:, None] - low) / (centre - low)
    falling = (high - bins_hz[:, None]) / (high - centre)
    filters: Array = np.maximum(0, np.minimum(rising, falling))
    # Scaled so that a full-scale sine in a band comes out near 0 dB.
    scaled: Array = filters / filters.sum(axis=0) * 16 / _WINDOW**2
    return scaled.astype(np.float32)


def _mel(hz: float) -> float:
    return float(2595 * np.log10(1 + hz / 700))
