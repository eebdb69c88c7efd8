"""A large still that a camera looks at: each frame is one resampling of its planes.

The still is 1.5 times the frame, so that at any zoom of a slow push-in linear
sampling is as good as cubic (measured: SSIM .9945 to a supersampled truth;
1.2 is soft, beyond 1.7 it falls again). Sampling is sub-pixel: nothing steps.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from backline.content.media.frame import FRAME_HEIGHT, FRAME_WIDTH, Plane, Planes
from backline.content.motion import View

STILL_SCALE = 1.5
_USUAL_ZOOM = 1.08
"""The middle of what cameras do."""
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


class Blocks(NamedTuple):
    """One plane or two, kept as neighbouring pixels of the frame see them: four values lie at each place.

    OpenCV pays for a place that it samples, hardly for how much lies there:
    block by block a frame costs half as much as pixel by pixel. What is lost is
    that a block's pixels stand as far apart at any zoom: 0.04 pixels off at most.
    """

    pack: Packed
    """Of one plane 2 by 2 pixels, row by row; of two planes 2 by 1 pixels of each."""

    def sample(
        self,
        matrix: Matrix,
        into: tuple[Plane, ...],
        site: tuple[float, float] = _LUMA_SITE,
        border: int = cv2.BORDER_REPLICATE,
    ) -> None:
        """Fill the planes, of even sides; the matrix leads from continuous target to source pixels."""
        tall = 2 // len(into)
        height, width = into[0].shape
        sampled = np.empty((height // tall, width // 2, 4), np.uint8)
        # Where a block's middle lies in it, so that its pixels are sampled at their site.
        middle = ((0.5 + site[0]) / 2, (tall / 2 - 0.5 + site[1]) / tall)
        sample_plane(self.pack, matrix * (2, tall, 1), sampled, middle, border)
        pairs = sampled.view(np.uint16)
        rows = [plane[row::tall] for plane in into for row in range(tall)]
        for number, target in enumerate(rows):
            target.view(np.uint16)[:] = pairs[..., number]


def blocks_of(planes: tuple[Plane, ...], step: float = STILL_SCALE / _USUAL_ZOOM) -> Blocks:
    """Make one plane or two ready to be sampled by blocks; ``step`` is a pixel of the target in theirs."""
    before, same, after = (_moved_by(side * step / 2) for side in (-1, 0, 1))
    ways = [
        (x, y) for y in ((before, after) if len(planes) == 1 else (same,)) for x in (before, after)
    ]
    pack = np.empty((*planes[0].shape, 4), np.uint8)
    for channel, (plane, (x, y)) in enumerate((plane, way) for plane in planes for way in ways):
        moved = cv2.sepFilter2D(plane, -1, x, y, borderType=cv2.BORDER_REPLICATE)
        cv2.insertChannel(moved, pack, channel)
    return Blocks(pack)


def _moved_by(distance: float) -> NDArray[np.float32]:
    """Return a filter that moves a plane by less than a pixel and keeps it sharp (Lanczos, three lobes)."""
    away = np.arange(-4, 5) - distance
    kernel = np.sinc(away) * np.sinc(away / 3) * (np.abs(away) < 3)
    return np.asarray(kernel / kernel.sum(), np.float32)


class Still(NamedTuple):
    """A picture of 1620 by 2880 pixels."""

    light: Blocks
    chroma: Blocks
    """Cb and Cr, half the size."""
    planes: Planes

    def draw(self, matrix: Matrix, into: Planes) -> None:
        """Draw what the camera sees over all of ``into``."""
        self.light.sample(matrix, (into.y,))
        self.chroma.sample(halved(matrix), (into.cb, into.cr), CHROMA_SITE)


class ChangingStill(NamedTuple):
    """The same for a picture that is painted on while it is filmed."""

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


def still_of(planes: Planes, step: float = STILL_SCALE / _USUAL_ZOOM) -> Still:
    """Make a still of the planes of a picture of 1620 by 2880 pixels; ``step`` as in ``blocks_of``."""
    return Still(blocks_of((planes.y,), step), blocks_of(planes[1:], step), planes)


def changing_still_of(planes: Planes) -> ChangingStill:
    """Make a still whose planes may be painted on."""
    return ChangingStill(planes.y, packed(planes.cb, planes.cr))


class SoftStill(NamedTuple):
    """A background that is out of focus: kept and sampled at a quarter of the size, at a fifth of the cost.

    What is soft has nothing to lose there but its grain, which is laid over the
    frame instead: without any, dark gradients would show as steps.
    """

    ycbcr: Packed
    """Of a picture of 405 by 720 pixels, darker by the grain's mean."""
    grain: Plane
    """The frame's size; from 0 up, so that adding it is all there is to do."""

    def draw(
        self, matrix: Matrix, into: Planes, shine: Callable[[Planes], None] = lambda _: None
    ) -> None:
        """Draw what the camera sees over all of ``into``.

        ``shine`` may add light as soft, on planes that all have half the frame's size.
        """
        height, width = into.y.shape
        small = sample_pack(self.ycbcr, halved(halved(matrix)), (width // 4, height // 4))
        half = Planes(np.empty_like(into.cb), into.cb, into.cr)
        for plane, target in zip(small, half, strict=False):
            # Cubic: linear would let its own grid shine through where the picture moves under it.
            cv2.resize(plane, (width // 2, height // 2), dst=target, interpolation=cv2.INTER_CUBIC)
        shine(half)
        cv2.resize(half.y, (width, height), dst=into.y, interpolation=cv2.INTER_LINEAR)
        cv2.add(into.y, self.grain, dst=into.y)
