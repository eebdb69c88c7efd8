"""The page's colours, taken from the picture: a dark one to print on, a bright one to print with."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from backline.content.media.picture import Rgb

Tint = np.ndarray[tuple[int], np.dtype[np.float32]]
"""(3,), RGB, 0 to 1."""
PAGE_BRIGHTNESS = 0.088
ACCENT_BRIGHTNESS = 0.96
_DEFAULT_ACCENT = np.array([0.95, 0.78, 0.45], np.float32)


class Palette(NamedTuple):
    """The two colours of a page; type is always off-white."""

    page: Tint
    accent: Tint


def palette_of(rgb: Rgb) -> Palette:
    """Return a page's colours: the picture's mean for the page, its most colourful part for the accent."""
    small = cv2.resize(rgb, (48, 48), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    pixels = small.reshape(-1, 3)
    mean = pixels.mean(axis=0)
    grey = np.float32(mean.mean())
    page = (0.45 * mean + 0.55 * grey) / max(float(grey), 0.05) * PAGE_BRIGHTNESS
    return Palette(np.asarray(np.clip(page, 0.016, 0.18), np.float32), _accent(pixels))


def _accent(pixels: np.ndarray[tuple[int, int], np.dtype[np.float32]]) -> Tint:
    spread = pixels.max(axis=1) - pixels.min(axis=1)
    if float(spread.max()) < 0.12:
        return _DEFAULT_ACCENT
    chosen = pixels[spread >= np.quantile(spread, 0.94)]
    colour = chosen.mean(axis=0)
    bright = colour / max(float(colour.max()), 0.05) * ACCENT_BRIGHTNESS
    return np.asarray(0.74 * bright + 0.26 * ACCENT_BRIGHTNESS, np.float32)
