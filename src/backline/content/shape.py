"""The shapes a film may have: upright, nearly square, square; and larger, when that was asked for.

Scenes are always drawn at 1080x1920. A lower film is a part of that which holds
the whole safe area, so that no caption and no face in it is lost.
"""

from __future__ import annotations

from typing import Literal

import msgspec

AspectRatio = Literal["9:16", "4:5", "1:1"]
DRAWN_WIDTH, DRAWN_HEIGHT = 1080, 1920
UPSCALE = 4 / 3
"""1080 becomes 1440, which services that take more than full HD play as "2K"."""
_ROWS: dict[AspectRatio, tuple[int, int]] = {
    "9:16": (0, 1920),
    "4:5": (140, 1490),
    "1:1": (256, 1336),
}
"""The rows of a drawn frame that are shown; the safe area is rows 288 to 1248."""


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """A film's size, and the part of a drawn frame that it shows. Pixels, all even."""

    width: int
    height: int
    top: int
    bottom: int
    """The rows that are shown, the second just outside."""

    @property
    def is_as_drawn(self) -> bool:
        """Whether frames need not be cut or enlarged."""
        return (self.width, self.height) == (DRAWN_WIDTH, DRAWN_HEIGHT)

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


def shape_of(aspect_ratio: AspectRatio, *, upscale: bool) -> Shape:
    """Return the shape of a film: 1080 pixels wide, or 1440."""
    top, bottom = _ROWS[aspect_ratio]
    factor = UPSCALE if upscale else 1.0
    return Shape(
        width=round(DRAWN_WIDTH * factor),
        height=round((bottom - top) * factor),
        top=top,
        bottom=bottom,
    )


AS_DRAWN = shape_of("9:16", upscale=False)
