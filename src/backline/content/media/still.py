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
Packed = NDArray[np.uint8]
"""Planes side by side, (height, width, 4): OpenCV samples four together almost as fast as one."""


def view_matrix(view: View) -> Matrix:
    """Return the matrix from frame pixels to still pixels, both continuous, for a view."""
    step = STILL_SCALE / view.zoom
    cos, sin = step * math.cos(view.angle), step * math.sin(view.angle)
    turn = np.array([[cos, -sin], [sin, cos]])
    middle = np.array([FRAME_WIDTH / 2, FRAME_HEIGHT / 2])
    start = middle * STILL_SCALE - turn @ (middle - np.array([view.shift_x, view.shift_y]))
    return np.column_stack([turn, start])


def sample_plane(
    source: Plane | Packed,
    matrix: Matrix,
    into: Plane | Packed,
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


def packed(*planes: Plane) -> Packed:
    """Lay up to four planes of one size side by side, pixel by pixel."""
    pack = np.zeros((*planes[0].shape, 4), np.uint8)
    for channel, plane in enumerate(planes):
        pack[..., channel] = plane
    return pack


def sample_pack(
    source: Packed,
    matrix: Matrix,
    size: tuple[int, int],
    site: tuple[float, float] = _LUMA_SITE,
    border: int = cv2.BORDER_REPLICATE,
    into: tuple[Plane, ...] = (),
) -> list[Plane]:
    """Return four planes of ``size`` (w, h), sampled together: four cost little more than one.

    The first of them are written to the planes of ``into``.
    """
    target = np.empty((size[1], size[0], 4), np.uint8)
    sample_plane(source, matrix, target, site, border)
    spare = (np.empty((size[1], size[0]), np.uint8) for _ in range(4 - len(into)))
    planes = [*into, *spare]
    # Given no planes, `split` takes forty times as long.
    cv2.split(target, planes)
    return planes


class Still(NamedTuple):
    """A picture of 1620 by 2880 pixels."""

    y: Plane
    chroma: Packed
    """Cb and Cr, half the size."""

    @property
    def planes(self) -> Planes:
        """The same as planes; writing into them changes the picture."""
        return Planes(self.y, self.chroma[..., 0], self.chroma[..., 1])

    def draw(self, matrix: Matrix, into: Planes) -> None:
        """Draw what the camera sees over all of ``into``."""
        sample_plane(self.y, matrix, into.y)
        height, width = into.cb.shape
        sample_pack(
            self.chroma, halved(matrix), (width, height), CHROMA_SITE, into=(into.cb, into.cr)
        )


def still_of(planes: Planes) -> Still:
    """Make a still of the planes of a picture of 1620 by 2880 pixels."""
    return Still(planes.y, packed(planes.cb, planes.cr))


class SoftStill(NamedTuple):
    """A background that is out of focus: kept and sampled at a quarter of the size, at a fifth of the cost.

    What is soft has nothing to lose there but its grain, which is laid over the
    frame instead: without any, dark gradients would show as steps.
    """

    ycbcr: Packed
    """Of a picture of 405 by 720 pixels, darker by the grain's mean."""
    grain: Plane
    """The frame's size; from 0 up, so that adding it is all there is to do."""

    def draw(self, matrix: Matrix, into: Planes) -> None:
        """Draw what the camera sees over all of ``into``."""
        height, width = into.y.shape
        small = sample_pack(self.ycbcr, halved(halved(matrix)), (width // 4, height // 4))
        for plane, target in zip(small, into, strict=False):
            size = (target.shape[1], target.shape[0])
            # Cubic: linear would let its own grid shine through where the picture moves under it.
            cv2.resize(plane, size, dst=target, interpolation=cv2.INTER_CUBIC)
        cv2.add(into.y, self.grain, dst=into.y)
