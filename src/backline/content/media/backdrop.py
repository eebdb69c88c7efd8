"""Makes the background of a scene, out of focus, ready for a camera."""

from __future__ import annotations

import math

import cv2
import numpy as np

from backline.content.media.canvas import Canvas, finished
from backline.content.media.colour import to_ycbcr
from backline.content.media.still import STILL_HEIGHT, STILL_WIDTH, SoftStill, packed

_WIDEST_GRAIN = 3.0
"""Deviations to which grain reaches on both sides; one speck in 400 is cut to it."""


def soft_still(canvas: Canvas, rng: np.random.Generator, grain: float = 2.0) -> SoftStill:
    """Make a background of a canvas of any size, out of focus; ``grain`` is its deviation in luma steps."""
    size = (STILL_WIDTH // 4, STILL_HEIGHT // 4)
    small = to_ycbcr(finished(cv2.resize(canvas, size, interpolation=cv2.INTER_AREA)))
    tile = cv2.GaussianBlur(rng.standard_normal((480, 540), np.float32), (0, 0), 0.8)
    mean = math.ceil(_WIDEST_GRAIN * grain)
    specks = np.rint(mean + tile * (grain / tile.std())).clip(0, 2 * mean).astype(np.uint8)
    y, cb, cr = cv2.split(small)
    return SoftStill(
        packed(cv2.subtract(y, np.full_like(y, mean)), cb, cr), np.tile(specks, (4, 2))
    )
