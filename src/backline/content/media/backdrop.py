"""Makes the background of a scene, out of focus, ready for a camera."""

from __future__ import annotations

import cv2
import numpy as np

from backline.content.media.canvas import Canvas, finished
from backline.content.media.colour import to_planes
from backline.content.media.still import STILL_HEIGHT, STILL_WIDTH, SoftStill


def soft_still(canvas: Canvas, rng: np.random.Generator, grain: float = 2.0) -> SoftStill:
    """Make a background of a canvas of any size, out of focus; ``grain`` is its deviation in luma steps."""
    size = (STILL_WIDTH // 2, STILL_HEIGHT // 2)
    half = cv2.resize(canvas, size, interpolation=cv2.INTER_LINEAR)
    tile = cv2.GaussianBlur(rng.standard_normal((480, 540), np.float32), (0, 0), 0.8)
    specks = np.rint(128 + tile * (grain / tile.std())).astype(np.uint8)
    return SoftStill(to_planes(finished(half)), np.tile(specks, (4, 2)))
