"""A large still that a camera looks at: each frame is one resampling of its planes.

The still is 1.5 times the frame, so that at any zoom of a slow push-in linear
sampling is as good as cubic (measured: SSIM .9945 to a supersampled truth;
1.2 is soft, beyond 1.7 it falls again). Sampling is sub-pixel: nothing steps.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from backline.content.media.frame import FRAME_HEIGHT, FRAME_WIDTH, Plane, Planes
from backline.content.motion import View

STILL_SCALE = 1.5
STILL_WIDTH = round(FRAME_WIDTH * STILL_SCALE)
STILL_HEIGHT = round(FRAME_HEIGHT * STILL_SCALE)

_LUMA_SITE = (0.5, 0.5)
CHROMA_SITE = (0.25, 0.5)
"""Where in its pixel a colour sample is meant to lie. H.264 without a note puts
chroma at the left pair of pixels (ITU-T H.264, figure E-1, type 0)."""
_FROM_FRAME = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP

Matrix = NDArray[np.float64]
"""(2, 3)."""


def view_matrix(view: View) -> Matrix:
    """Return the matrix from frame pixels to still pixels, both continuous, for a view."""
    step = STILL_SCALE / view.zoom
    cos, sin = step * math.cos(view.angle), step * math.sin(view.angle)
    turn = np.array([[cos, -sin], [sin, cos]])
    middle = np.array([FRAME_WIDTH / 2, FRAME_HEIGHT / 2])
    start = middle * STILL_SCALE - turn @ (middle - np.array([view.shift_x, view.shift_y]))
    return np.column_stack([turn, start])


def sample_plane(
    source: Plane,
    matrix: Matrix,
    into: Plane,
    site: tuple[float, float] = _LUMA_SITE,
    border: int = cv2.BORDER_REPLICATE,
) -> None:
    """Fill ``into`` from ``source``; the matrix leads from continuous target to source pixels."""
    turn = matrix[:, :2]
    # OpenCV counts from the first pixel's centre; `site` is where a target sample lies in its pixel.
    indexed = np.column_stack([turn, matrix[:, 2] + turn @ np.array(site) - 0.5])
    size = (into.shape[1], into.shape[0])
    cv2.warpAffine(source, indexed, size, dst=into, flags=_FROM_FRAME, borderMode=border)


def halved(matrix: Matrix) -> Matrix:
    """Return the same move for planes of half the size."""
    return np.column_stack([matrix[:, :2], matrix[:, 2] / 2])


class Still(NamedTuple):
    """The planes of a picture of 1620 by 2880 pixels."""

    planes: Planes

    def draw(self, matrix: Matrix, into: Planes) -> None:
        """Draw what the camera sees over all of ``into``."""
        chroma = halved(matrix)
        sample_plane(self.planes.y, matrix, into.y)
        sample_plane(self.planes.cb, chroma, into.cb, CHROMA_SITE)
        sample_plane(self.planes.cr, chroma, into.cr, CHROMA_SITE)


class SoftStill(NamedTuple):
    """A background that is out of focus: kept and sampled at half size, at a third of the cost.

    What is soft has nothing to lose there but its grain, which is laid over the
    frame instead: without any, dark gradients would show as steps.
    """

    planes: Planes
    """Of a picture of 810 by 1440 pixels."""
    grain: Plane
    """The frame's size, around 128."""

    def draw(self, matrix: Matrix, into: Planes) -> None:
        """Draw what the camera sees over all of ``into``."""
        luma, chroma = halved(matrix), halved(halved(matrix))
        _enlarge(self.planes.y, luma, _LUMA_SITE, into.y)
        _enlarge(self.planes.cb, chroma, _SMALL_CHROMA_SITE, into.cb)
        _enlarge(self.planes.cr, chroma, _SMALL_CHROMA_SITE, into.cr)
        cv2.addWeighted(into.y, 1.0, self.grain, 1.0, -128.0, dst=into.y)


_SMALL_CHROMA_SITE = (0.375, 0.5)
"""`CHROMA_SITE`, a quarter of a sample left of the middle, in samples twice as wide."""


def _enlarge(source: Plane, matrix: Matrix, site: tuple[float, float], into: Plane) -> None:
    half = np.empty((into.shape[0] // 2, into.shape[1] // 2), np.uint8)
    sample_plane(source, matrix, half, site)
    cv2.resize(half, (into.shape[1], into.shape[0]), dst=into, interpolation=cv2.INTER_LINEAR)
