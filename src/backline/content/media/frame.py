"""One picture of the video, and the promise a moving scene makes: ask for frame 217, get frame 217.

A frame is 1080 by 1920 pixels, kept the way the encoder wants it: one plane of
brightness and two half-size planes of colour (BT.709, limited range), so that
nothing is converted on the way from drawing to file.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

FRAME_WIDTH = 1080
FRAME_HEIGHT = 1920
FRAME_RATE = 30
"""Frames a second."""

Plane = NDArray[np.uint8]
"""One channel, (height, width); rows may be strided views into someone else's memory."""


class Planes(NamedTuple):
    """A picture as 4:2:0 planes: ``y`` (h, w), ``cb`` and ``cr`` (h/2, w/2), uint8, BT.709 limited."""

    y: Plane
    cb: Plane
    cr: Plane


class Area(NamedTuple):
    """A rectangle of the frame, pixels; ``right`` and ``bottom`` are just outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Pixels."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Pixels."""
        return self.bottom - self.top


class Scene(Protocol):
    """What a template builds: a clip that can be drawn frame by frame, in any order."""

    @property
    def faces(self) -> tuple[Area, ...]:
        """The parts of the frame where somebody's face is during the clip: captions leave them free."""
        ...

    def draw(self, index: int, into: Planes) -> None:
        """Draw frame ``index`` of the clip over all of ``into``; the same index gives the same pixels."""
        ...


def new_planes(width: int = FRAME_WIDTH, height: int = FRAME_HEIGHT) -> Planes:
    """Make black planes of an even size, for a frame that lies in memory of its own."""
    return Planes(
        np.full((height, width), 16, np.uint8),
        np.full((height // 2, width // 2), 128, np.uint8),
        np.full((height // 2, width // 2), 128, np.uint8),
    )
