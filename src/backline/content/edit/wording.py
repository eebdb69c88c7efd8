"""Text on a film of any size: centred lines that shrink until they fit, with an outline.

Where it stands and how much room it takes is as the API says for frames of
720x1280, in shares of the frame.
"""

from __future__ import annotations

import math

import cv2

from backline.content.media.frame import Area, Plane, Planes
from backline.content.media.lettering import letter
from backline.content.media.overlay import Overlay
from backline.content.media.typesetting import SMALLEST_SIZE, typeset
from backline.content.templates.template import CaptionLook
from backline.wire.editing import COLOURS, OverlayText

_LINE_SHARE = 0.85
"""Of the width."""
_TEXT_SHARE = 0.4
"""Of the height, before the type shrinks."""
_TOP_SHARE, _BOTTOM_SHARE = 180 / 1280, 120 / 1280
_STROKE_OF_SIZE = 14
_LEAST_STROKE = 2
_WEIGHT = 700


def draw_text(wish: OverlayText, width: int, height: int) -> Overlay | None:
    """Return the text for frames of an even size; None when there is nothing to draw.

    Type is set for reading on a phone and never smaller than 34 pixels; for
    smaller frames it is set on a larger one and reduced.
    """
    scale = max(1, math.ceil(SMALLEST_SIZE / min(wish.max_font_size, height / 12)))
    room = _room(wish, width * scale, height * scale)
    size = min(wish.max_font_size * scale, _largest_size(wish.content, room))
    setting = typeset(wish.content, _WEIGHT, size, room.width, room.height, _TEXT_SHARE)
    if setting is None:
        return None
    look = CaptionLook(
        size=size,
        weight=_WEIGHT,
        colour=rgb_of(wish.color),
        sung=rgb_of(wish.color),
        lines_from="top" if wish.position == "top" else "bottom",
        inset=max(0, round((room.height - setting.height) / 2)) if wish.position == "center" else 0,
        stroke=max(_LEAST_STROKE * scale, round(setting.size / _STROKE_OF_SIZE)),
    )
    overlay = letter(setting, look, room, outline=rgb_of(wish.stroke_color))
    return _within(_reduced(overlay, scale), width, height)


def _largest_size(text: str, room: Area) -> int:
    """Return a size that a text can not be set in: trying smaller ones from there on is quick.

    A letter takes at least a fifth of a square of its size, on the average of any script.
    """
    fits = math.sqrt(room.width * room.height * 5 / max(1, len(text)))
    return max(SMALLEST_SIZE, min(math.ceil(fits), room.height))


def rgb_of(colour: str) -> tuple[int, int, int]:
    """Return the RGB of ``#rrggbb`` or of a name; white for a name that is none."""
    if colour.startswith("#"):
        return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
    return COLOURS.get(colour, COLOURS["white"])


def _room(wish: OverlayText, width: int, height: int) -> Area:
    beside = round(width * (1 - _LINE_SHARE) / 2)
    above, below = round(height * _TOP_SHARE), round(height * _BOTTOM_SHARE)
    if wish.position == "center":
        above = below = max(above, below)
    return Area(beside, above, width - beside, height - below)


def _reduced(overlay: Overlay, scale: int) -> Overlay:
    if scale == 1:
        return overlay
    left, top = (place // scale & ~1 for place in (overlay.area.left, overlay.area.top))
    width, height = (
        max(2, round(length / scale) & ~1) for length in (overlay.area.width, overlay.area.height)
    )
    return overlay._replace(
        area=Area(left, top, left + width, top + height),
        colour=Planes(
            _small(overlay.colour.y, width, height),
            _small(overlay.colour.cb, width // 2, height // 2),
            _small(overlay.colour.cr, width // 2, height // 2),
        ),
        shows_luma=_small(overlay.shows_luma, width, height),
        shows_chroma=_small(overlay.shows_chroma, width // 2, height // 2),
    )


def _small(plane: Plane, width: int, height: int) -> Plane:
    small: Plane = cv2.resize(plane, (width, height), interpolation=cv2.INTER_AREA)
    return small


def _within(overlay: Overlay, width: int, height: int) -> Overlay:
    """Cut off what would stand outside the frame: the soft edge of a text that fills it."""
    area = overlay.area
    left, top = max(0, -area.left), max(0, -area.top)
    right, bottom = min(area.width, width - area.left), min(area.height, height - area.top)

    def part(plane: Plane, shrink: int) -> Plane:
        return plane[top // shrink : bottom // shrink, left // shrink : right // shrink]

    return overlay._replace(
        area=Area(area.left + left, area.top + top, area.left + right, area.top + bottom),
        colour=Planes(
            part(overlay.colour.y, 1), part(overlay.colour.cb, 2), part(overlay.colour.cr, 2)
        ),
        shows_luma=part(overlay.shows_luma, 1),
        shows_chroma=part(overlay.shows_chroma, 2),
    )
