"""A flat round thing that turns in the picture while the light on it stands still."""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np

from backline.content.media.frame import Plane, Planes
from backline.content.media.still import CHROMA_SITE, Matrix, halved, sample_plane
from backline.content.media.window import Window


class Disc(NamedTuple):
    """Where a disc lies on the still (still pixels) and what is printed on it."""

    centre: tuple[float, float]
    radius: float
    face: Planes
    """A square texture, its middle the axle, its half side the radius."""
    cover: Plane
    """How much of the disc is there, 0..255, a square of the face's size."""

    def draw(self, to_still: Matrix, angle: float, into: Planes) -> None:
        """Lay the face over the frame, turned clockwise by ``angle`` radians.

        What the frame holds already is taken for the light that falls on a
        white disc, and stays where it is.
        """
        window = self.window(to_still, into)
        if window is None:
            return
        matrix = self.to_face(to_still, angle, window)
        cover = sampled(self.cover, matrix, window.size)
        light = window.of(into.y)
        lit = cv2.multiply(sampled(self.face.y, matrix, window.size), light, scale=1 / 235)
        _blend(light, lit, cover)
        self._draw_chroma(matrix, window, cover, into)

    def _draw_chroma(self, matrix: Matrix, window: Window, cover: Plane, into: Planes) -> None:
        size = (window.size[0] // 2, window.size[1] // 2)
        small_cover = cv2.resize(cover, size, interpolation=cv2.INTER_AREA)
        for face, plane in zip(self.face[1:], into[1:], strict=True):
            turned = sampled(face, halved(matrix), size, CHROMA_SITE)
            _blend(window.of(plane, 2), turned, small_cover)

    def window(self, to_still: Matrix, into: Planes) -> Window | None:
        """Return the part of the frame that the disc touches, or None when it is out of sight."""
        turn = np.linalg.inv(to_still[:, :2])
        x, y = turn @ (np.array(self.centre) - to_still[:, 2])
        reach = self.radius * float(np.hypot(*turn[0])) + 2
        height, width = into.y.shape
        left, top = max(0, math.floor(x - reach)) & ~1, max(0, math.floor(y - reach)) & ~1
        right, bottom = min(width, math.ceil(x + reach)), min(height, math.ceil(y + reach))
        window = Window(left, top, (right + 1) & ~1, (bottom + 1) & ~1)
        return window if min(window.size) >= 2 else None

    def to_face(self, to_still: Matrix, angle: float, window: Window) -> Matrix:
        """Return the matrix from the window's pixels to the face's, both continuous."""
        side = self.face.y.shape[0]
        scale = side / (2 * self.radius)
        cos, sin = scale * math.cos(angle), scale * math.sin(angle)
        turn = np.array([[cos, sin], [-sin, cos]])
        from_window = window.shifted(to_still)
        shift = turn @ (from_window[:, 2] - np.array(self.centre)) + side / 2
        return np.column_stack([turn @ from_window[:, :2], shift])


def sampled(
    source: Plane, matrix: Matrix, size: tuple[int, int], site: tuple[float, float] = (0.5, 0.5)
) -> Plane:
    """Return a plane of ``size`` (w, h), black beyond the source; the matrix leads from target to source."""
    target = np.empty((size[1], size[0]), np.uint8)
    sample_plane(source, matrix, target, site, cv2.BORDER_CONSTANT)
    return target


def _blend(under: Plane, over: Plane, cover: Plane) -> None:
    """Lay ``over`` on ``under`` where ``cover`` (0..255) says so, in place."""
    kept = cv2.multiply(under, cv2.bitwise_not(cover), scale=1 / 255)
    cv2.add(kept, cv2.multiply(over, cover, scale=1 / 255), dst=under)
