"""The part of a frame in which something is seen: nothing is drawn beyond it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from backline.content.media.frame import Plane, Planes
from backline.content.media.still import Matrix


class Window(NamedTuple):
    """A part of the frame; all four numbers are even, so that it holds for the half-size planes."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, pixels."""
        return self.right - self.left, self.bottom - self.top

    def shifted(self, matrix: Matrix) -> Matrix:
        """Return a matrix that starts from the frame as one that starts from this part of it."""
        start = matrix[:, 2] + matrix[:, :2] @ np.array([self.left, self.top])
        return np.column_stack([matrix[:, :2], start])

    def of(self, plane: Plane, shrink: int = 1) -> Plane:
        """Return this part of a plane (``shrink`` 2 for chroma)."""
        return plane[
            self.top // shrink : self.bottom // shrink, self.left // shrink : self.right // shrink
        ]


def window_on(box: tuple[int, int, int, int], to_still: Matrix, into: Planes) -> Window:
    """Return the part of the frame in which a box of the still is seen: left, top, right, bottom.

    Out of sight its size is below 2.
    """
    left, top, right, bottom = box
    corners = np.array([[left, right, left, right], [top, top, bottom, bottom]], np.float64)
    placed = np.linalg.solve(to_still[:, :2], corners - to_still[:, 2:])
    low = np.maximum(np.floor(placed.min(axis=1)).astype(int), 0) & ~1
    high = (np.ceil(placed.max(axis=1)).astype(int) + 1) & ~1
    height, width = into.y.shape
    return Window(int(low[0]), int(low[1]), min(width, int(high[0])), min(height, int(high[1])))
