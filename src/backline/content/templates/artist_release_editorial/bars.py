"""The song as a row of bars: quiet where it is quiet, filled up to where it plays."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from backline.content.media.canvas import Mask, rounded_rectangle
from backline.content.media.colour import ycbcr_of
from backline.content.media.frame import Planes
from backline.content.templates.artist_release_editorial.page import LEFT, RIGHT

TOP, HEIGHT = 1530, 96
COUNT = 58
WIDTH = 8
"""Frame pixels of one bar."""


def draw_bars(energy: Sequence[float]) -> Mask:
    """Return the bars' mask, (96, 804): one bar per stretch of the clip; a low even row when nothing is known."""
    heights = _heights(energy)
    mask = np.zeros((HEIGHT, RIGHT - LEFT), np.float32)
    pitch = (RIGHT - LEFT - WIDTH) / (COUNT - 1)
    for number, share in enumerate(heights):
        tall = max(WIDTH, round(HEIGHT * float(share)))
        bar = rounded_rectangle(WIDTH, tall, WIDTH / 2, 0)
        left, top = round(number * pitch), (HEIGHT - tall) // 2
        mask[top : top + tall, left : left + WIDTH] = bar
    return mask


def _heights(energy: Sequence[float]) -> NDArray[np.float64]:
    """Return the bars' heights, 0 to 1: how loud each stretch is, drawn apart so that a shape is seen."""
    if len(energy) < COUNT:
        return np.full(COUNT, 0.25)
    parts = np.array_split(np.asarray(energy, np.float64), COUNT)
    loud = np.array([0.5 * part.mean() + 0.5 * part.min() for part in parts])
    low, high = np.quantile(loud, (0.04, 0.98))
    return np.asarray(0.14 + 0.86 * np.clip((loud - low) / max(0.02, high - low), 0, 1))


class Progress:
    """The part of the bars that has been played, in the accent colour."""

    def __init__(self, mask: Mask, accent: np.ndarray) -> None:
        """``accent`` is RGB, 0 to 1."""
        r, g, b = (round(float(channel) * 255) for channel in accent)
        half = cv2.resize(mask, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        self._covers = (mask, half, half)
        self._colour = ycbcr_of((r, g, b))

    def draw(self, share: float, into: Planes) -> None:
        """Fill the bars up to ``share`` (0 to 1) of the song."""
        reach = round(min(1.0, max(0.0, share)) * (RIGHT - LEFT)) & ~1
        if reach < 2:
            return
        for cover, colour, plane, shrink in zip(
            self._covers, self._colour, into, (1, 2, 2), strict=True
        ):
            played = cover[:, : reach // shrink]
            top, left = TOP // shrink, LEFT // shrink
            part = plane[top : top + played.shape[0], left : left + played.shape[1]]
            part[:] = np.rint(part + (colour - part) * played).astype(np.uint8)
