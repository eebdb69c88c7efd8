"""A picture with holes that is laid over every frame: drawn once, blended for a tenth of a millisecond."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from backline.content.media.colour import ycbcr_of
from backline.content.media.frame import Area, Plane, Planes

Coverage = NDArray[np.float32]
"""(height, width), 0 to 1."""
Ink = tuple[Coverage, tuple[int, int, int]]
"""One layer: where it is, and its RGB colour."""


class Overlay(NamedTuple):
    """Pre-multiplied planes for a part of the frame, and how much of the frame shows through."""

    area: Area
    """All four numbers are even."""
    colour: Planes
    shows_luma: Plane
    shows_chroma: Plane
    """0..255: how much of the frame is left, at full and at half size."""
    unshown: str
    """Characters of the text that no bundled font can draw."""
    is_cut: bool = False
    """Whether the end of the text is missing, for want of room."""

    def draw(self, index: int, into: Planes) -> None:  # noqa: ARG002  # it stands still
        """Lay it over frame ``index``: over every one alike."""
        self.blend(into)

    def blend(self, into: Planes, strength: float = 1.0) -> None:
        """Lay the overlay over a frame, in place; at a ``strength`` below 1 it is fading."""
        shows = (self.shows_luma, self.shows_chroma, self.shows_chroma)
        for colour, left, plane, shrink in zip(self.colour, shows, into, (1, 2, 2), strict=True):
            part = plane[
                self.area.top // shrink : self.area.bottom // shrink,
                self.area.left // shrink : self.area.right // shrink,
            ]
            if strength < 1:
                left = cv2.convertScaleAbs(left, alpha=strength, beta=255 * (1 - strength))
                colour = cv2.convertScaleAbs(colour, alpha=strength)
            cv2.add(cv2.multiply(part, left, scale=1 / 255), colour, dst=part)


def overlay_of(inks: list[Ink], left: int, top: int, unshown: str = "") -> Overlay:
    """Merge layers, lowest first, into an overlay whose corner stands at (left, top), both even."""
    height, width = inks[0][0].shape
    shows = np.ones((height, width), np.float32)
    channels = np.zeros((height, width, 3), np.float32)
    for cover, colour in inks:
        shows *= 1 - cover
        channels *= (1 - cover)[..., None]
        channels += cover[..., None] * np.array(ycbcr_of(colour), np.float32)
    small = cv2.resize(channels, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    small_shows = cv2.resize(shows, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    return Overlay(
        area=Area(left, top, left + width, top + height),
        colour=Planes(_bytes(channels[..., 0]), _bytes(small[..., 1]), _bytes(small[..., 2])),
        shows_luma=_bytes(shows * 255),
        shows_chroma=_bytes(small_shows * 255),
        unshown=unshown,
    )


def _bytes(values: Coverage) -> Plane:
    return np.rint(values).astype(np.uint8)
