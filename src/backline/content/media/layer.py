"""Something cut out that stands in a scene, nearer to the camera than what is behind it.

It moves a little more than the background does: two planes are enough for the
eye to see depth.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from backline.content.media.canvas import Canvas, Mask
from backline.content.media.colour import to_planes
from backline.content.media.frame import Plane, Planes
from backline.content.media.still import (
    Blocks,
    Matrix,
    Packed,
    blocks_of,
    halved,
    packed,
    sample_pack,
    sample_plane,
)
from backline.content.media.window import window_on


class Layer(NamedTuple):
    """Pre-multiplied planes of a part of the still, and how much of what is behind they hide."""

    left: int
    top: int
    """Still pixels, even."""
    y: Plane
    soft: Packed
    """At half size: Cb, Cr, and how much is hidden, 0..255 (edges are soft, so half size will do)."""
    blocks: Blocks | None = None
    """Of ``y``; None while it is being painted on."""

    @property
    def planes(self) -> Planes:
        """What is shown; writing into it changes the layer."""
        return Planes(self.y, self.soft[..., 0], self.soft[..., 1])

    @property
    def hides(self) -> Plane:
        """How much is hidden, 0..255, at half size."""
        return self.soft[..., 2]

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom on the still."""
        height, width = self.y.shape
        return self.left, self.top, self.left + width, self.top + height

    def showing(self, planes: Planes) -> Layer:
        """Return a layer that hides the same and shows other planes, on which may be painted."""
        soft = packed(planes.cb, planes.cr, self.hides)
        return self._replace(y=planes.y, soft=soft, blocks=None)

    def draw(self, to_still: Matrix, into: Planes) -> None:
        """Lay it over a frame that a camera sees through ``to_still``."""
        window = window_on(self.box, to_still, into)
        if min(window.size) < 2:
            return
        matrix = window.shifted(to_still)
        matrix[:, 2] -= (self.left, self.top)
        half = (window.size[0] // 2, window.size[1] // 2)
        # Sited like what is hidden, not like chroma: half a pixel of colour is not seen, a fringe is.
        cb, cr, hides, _ = sample_pack(self.soft, halved(matrix), half, border=cv2.BORDER_CONSTANT)
        shows = cv2.bitwise_not(hides, dst=hides)
        _lay(cb, shows, window.of(into.cb, 2))
        _lay(cr, shows, window.of(into.cr, 2))
        large = cv2.resize(shows, window.size, interpolation=cv2.INTER_LINEAR)
        light = np.empty((window.size[1], window.size[0]), np.uint8)
        if self.blocks is None:
            sample_plane(self.y, matrix, light, border=cv2.BORDER_CONSTANT)
        else:
            self.blocks.sample(matrix, (light,), border=cv2.BORDER_CONSTANT)
        _lay(light, large, window.of(into.y))


def layer_of(canvas: Canvas, mask: Mask, left: int = 0, top: int = 0) -> Layer:
    """Make a layer of a canvas (0 to 1, even sides) and its mask; the corner stands at (left, top).

    What the mask leaves empty at the sides is left out: it would be sampled for nothing.
    """
    rows, columns = _filled(mask, 1), _filled(mask, 0)
    canvas, mask = canvas[rows, columns], mask[rows, columns]
    left, top = left + columns.start, top + rows.start
    planes = to_planes(np.clip(canvas, 0, 1) * np.float32(255))
    height, width = mask.shape
    half = cv2.resize(mask, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    # The same softness for what is shown and what is hidden, else edges get a fringe.
    full = cv2.resize(half, (width, height), interpolation=cv2.INTER_LINEAR)
    y, cb, cr = (
        np.rint(plane * cover).astype(np.uint8)
        for plane, cover in zip(planes, (full, half, half), strict=True)
    )
    soft = packed(cb, cr, np.rint(half * 255).astype(np.uint8))
    return Layer(left, top, y, soft, blocks_of((y,)))


def _filled(mask: Mask, axis: int) -> slice:
    """Return the rows (``axis`` 1) or columns (0) between which there is something, on even numbers."""
    places = np.flatnonzero(mask.max(axis=axis) > 1 / 512)
    if len(places) == 0:
        return slice(0, 2)
    length = mask.shape[1 - axis]
    low, high = max(0, int(places[0]) - 4) & ~1, min(length, int(places[-1]) + 6) & ~1
    return slice(low, high)


class BlurredLayer(NamedTuple):
    """A layer that is out of focus: all of it is kept and sampled at half size."""

    left: int
    top: int
    """Still pixels, even."""
    soft: Packed
    """At half size: Cb, Cr, how much is hidden, and brightness."""

    def draw(self, to_still: Matrix, into: Planes) -> None:
        """Lay it over a frame that a camera sees through ``to_still``."""
        height, width = self.soft.shape[:2]
        box = (self.left, self.top, self.left + 2 * width, self.top + 2 * height)
        window = window_on(box, to_still, into)
        if min(window.size) < 2:
            return
        matrix = window.shifted(to_still)
        matrix[:, 2] -= (self.left, self.top)
        half = (window.size[0] // 2, window.size[1] // 2)
        cb, cr, hides, y = sample_pack(self.soft, halved(matrix), half, border=cv2.BORDER_CONSTANT)
        shows = cv2.bitwise_not(hides, dst=hides)
        _lay(cb, shows, window.of(into.cb, 2))
        _lay(cr, shows, window.of(into.cr, 2))
        _lay(cv2.resize(y, window.size), cv2.resize(shows, window.size), window.of(into.y))


def blurred_layer_of(layer: Layer) -> BlurredLayer:
    """Make a layer that is out of focus of one that is not yet known to be."""
    size = (layer.soft.shape[1], layer.soft.shape[0])
    y = np.asarray(cv2.resize(layer.y, size, interpolation=cv2.INTER_AREA), np.uint8)
    soft = layer.soft.copy()
    soft[..., 3] = y
    return BlurredLayer(layer.left, layer.top, soft)


def _lay(colour: Plane, shows: Plane, part: Plane) -> None:
    cv2.multiply(part, shows, dst=part, scale=1 / 255)
    cv2.add(part, colour, dst=part)
