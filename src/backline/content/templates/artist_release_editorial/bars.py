"""The song as the page's foot: a row of bars from edge to edge, filled up to where it plays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from backline.content.media.canvas import Canvas, Mask, rounded_rectangle
from backline.content.media.colour import to_planes
from backline.content.media.frame import FRAME_WIDTH, Planes
from backline.content.templates.artist_release_editorial.layout import (
    BAR_PITCH,
    BAR_WIDTH,
    BARS_BOTTOM,
    BARS_TOP,
)
from backline.content.templates.artist_release_editorial.palette import Palette

COUNT = FRAME_WIDTH // BAR_PITCH
_LEAST = 0.07
_UNPLAYED = 0.24
"""How much of the ink the bars have that were not played yet."""


class Bars:
    """The bars as they are, and as they look when they have been played."""

    def __init__(self, mask: Mask, palette: Palette) -> None:
        waiting = palette.page + (palette.ink - palette.page) * np.float32(_UNPLAYED)
        self._waiting = _printed(mask, palette.page, waiting)
        self._played = _printed(mask, palette.page, palette.accent)

    def draw(self, share: float, into: Planes) -> None:
        """Draw them when ``share`` (0 to 1) of the song has been played."""
        reach = round(min(1.0, max(0.0, share)) * FRAME_WIDTH) & ~1
        for plane, waiting, played, shrink in zip(
            into, self._waiting, self._played, (1, 2, 2), strict=True
        ):
            part = plane[BARS_TOP // shrink : BARS_BOTTOM // shrink]
            part[:, : reach // shrink] = played[:, : reach // shrink]
            part[:, reach // shrink :] = waiting[:, reach // shrink :]


def draw_bars(energy: Sequence[float]) -> Mask:
    """Return the bars' mask, (244, 1080): one bar per stretch of the clip; a low even row when nothing is known."""
    height = BARS_BOTTOM - BARS_TOP
    mask = np.zeros((height, FRAME_WIDTH), np.float32)
    for number, share in enumerate(_heights(energy)):
        tall = max(BAR_WIDTH, round(height * float(share)))
        # The foot of a bar lies below the page: only its head is round.
        bar = rounded_rectangle(BAR_WIDTH, tall + BAR_WIDTH, BAR_WIDTH / 2, 0)[:tall]
        left = number * BAR_PITCH + (BAR_PITCH - BAR_WIDTH) // 2
        mask[height - tall :, left : left + BAR_WIDTH] = bar
    return mask


def _printed(mask: Mask, page: NDArray[np.float32], ink: NDArray[np.float32]) -> Planes:
    canvas: Canvas = page + (ink - page) * mask[..., None]
    return to_planes(np.asarray(canvas * 255, np.float32))


def _heights(energy: Sequence[float]) -> NDArray[np.float64]:
    """Return the bars' heights, 0 to 1: how loud each stretch is, drawn apart so that a shape is seen."""
    if len(energy) < COUNT:
        return np.full(COUNT, 0.25)
    parts = np.array_split(np.asarray(energy, np.float64), COUNT)
    loud = np.array([0.5 * part.mean() + 0.5 * part.min() for part in parts])
    low, high = np.quantile(loud, (0.04, 0.98))
    return np.asarray(_LEAST + (1 - _LEAST) * np.clip((loud - low) / max(0.02, high - low), 0, 1))
