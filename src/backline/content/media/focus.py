"""Where to look in a picture: the part that a crop must keep.

Without a model: what is sharp, what is skin-coloured and what is near the
middle (a little above it) counts; everything is weighed on a thumbnail.
"""

from __future__ import annotations

import cv2
import numpy as np

from backline.content.media.canvas import grid
from backline.content.media.picture import Rgb

_SIDE = 96


def focus_of(rgb: Rgb) -> tuple[float, float]:
    """Return the point of interest as fractions of width and height."""
    weight = _interest(rgb)
    x, y = grid(weight.shape[1], weight.shape[0])
    total = float(weight.sum())
    return (
        float((weight * x).sum()) / total / weight.shape[1],
        float((weight * y).sum()) / total / weight.shape[0],
    )


def _interest(rgb: Rgb) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    factor = _SIDE / max(rgb.shape[:2])
    size = (max(8, round(rgb.shape[1] * factor)), max(8, round(rgb.shape[0] * factor)))
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    detail = cv2.GaussianBlur(np.abs(cv2.Laplacian(grey, cv2.CV_32F)), (0, 0), 3)
    x, y = grid(*size)
    off_centre = ((x / size[0] - 0.5) / 0.35) ** 2 + ((y / size[1] - 0.42) / 0.4) ** 2
    interest = detail / (detail.max() + 1e-6) + 1.5 * _skin(small) + 0.05
    return np.asarray(interest**2 * np.exp(-off_centre / 2), np.float32)


def _skin(small: Rgb) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Return how skin-like each pixel is: the classic Cb, Cr box (Chai and Ngan, 1999), softened."""
    _, cr, cb = cv2.split(cv2.cvtColor(small, cv2.COLOR_RGB2YCrCb).astype(np.float32))
    inside = (cr > 133) & (cr < 173) & (cb > 77) & (cb < 127)
    return np.asarray(cv2.GaussianBlur(inside.astype(np.float32), (0, 0), 2), np.float32)
