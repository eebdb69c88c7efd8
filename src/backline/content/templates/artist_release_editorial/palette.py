"""The page's colours, taken from the picture: paper to print on, ink to print with, one colour for accents."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from backline.content.media.picture import Rgb

Tint = np.ndarray[tuple[int], np.dtype[np.float32]]
"""(3,), RGB, 0 to 1."""
_PAPER = np.array([0.925, 0.905, 0.870], np.float32)
_BLACK_INK = np.array([0.075, 0.068, 0.078], np.float32)
_WHITE_INK = np.array([0.985, 0.970, 0.940], np.float32)
_BRIGHT_PICTURE = 0.62
"""Mean of a picture, 0 to 1, from which on white paper would not stand out from it."""
_NIGHT_BRIGHTNESS = 0.088
_DEFAULT_ACCENT = np.array([0.86, 0.42, 0.20], np.float32)


class Palette(NamedTuple):
    """The colours of a page."""

    page: Tint
    ink: Tint
    accent: Tint


def palette_of(rgb: Rgb) -> Palette:
    """Return a page's colours: tinted paper and black ink, or the other way round for bright pictures."""
    small = cv2.resize(rgb, (48, 48), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    pixels = small.reshape(-1, 3)
    mean = pixels.mean(axis=0)
    grey = np.float32(max(0.05, float(mean.mean())))
    hue = mean / grey
    if grey > _BRIGHT_PICTURE:
        page = (0.45 * hue + 0.55) * _NIGHT_BRIGHTNESS
        return Palette(_tint(page, 0.016, 0.18), _WHITE_INK, _accent(pixels, 0.96, 0.26))
    page = _PAPER * (0.90 + 0.10 * hue)
    return Palette(_tint(page, 0.70, 0.95), _BLACK_INK, _accent(pixels, 0.82, 0.0))


def _tint(colour: np.ndarray, low: float, high: float) -> Tint:
    return np.asarray(np.clip(colour, low, high), np.float32)


def _accent(pixels: np.ndarray, brightness: float, paler: float) -> Tint:
    """Return the picture's most colourful part, ``paler`` by a share and as bright as the page needs."""
    spread = pixels.max(axis=1) - pixels.min(axis=1)
    if float(spread.max()) < 0.12:
        colour = _DEFAULT_ACCENT
    else:
        colour = pixels[spread >= np.quantile(spread, 0.94)].mean(axis=0)
    least = float(colour.min()) * 0.75
    vivid = (colour - least) / max(float(colour.max()) - least, 0.05)
    return _tint(((1 - paler) * vivid + paler) * brightness, 0.04, 1.0)
