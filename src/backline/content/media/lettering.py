"""Draws set lines as ink: the letters, their outline, their shadow, the paper behind them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np
import uharfbuzz as hb

from backline.content.media.canvas import blurred, rounded_rectangle
from backline.content.media.frame import Area
from backline.content.media.overlay import Coverage, Ink, Overlay, overlay_of
from backline.content.media.typesetting import Setting
from backline.content.templates.template import CaptionLook, Colour

_SMALL_STEP = 0.9
"""Ems: a step in the paper's edge that would look like a mistake."""
_FINE = 2
"""Letters are drawn this much larger and reduced, so that outlines have smooth edges."""
_BASE_LINE = 0.78
"""Of a type size below the top of a line: where Latin letters sit when ascender and descender balance."""
_BLACK = (8, 6, 10)
_BESIDE, _ABOVE = 0.42, 0.126
"""Paper left and right of a line, and above and below all of them, in type sizes."""


def room_for_lines(look: CaptionLook, area: Area) -> Area:
    """Return the part of an area that lines may fill, so that outline and paper stay inside it."""
    beside, above = look.stroke, look.stroke
    if look.box is not None:
        beside, above = math.ceil(_BESIDE * look.size), math.ceil(_ABOVE * look.size)
    return Area(area.left + beside, area.top + above, area.right - beside, area.bottom - above)


def letter(
    setting: Setting,
    look: CaptionLook,
    within: Area,
    letters_strength: float = 1.0,
    outline: Colour = _BLACK,
) -> Overlay:
    """Draw a setting in a template's look, centred in ``within`` and standing at the look's edge.

    Letters of less than full ``letters_strength`` let their outline or paper shine through.
    """
    area, margin = _place(setting, look, within)
    width, height = area.width, area.height
    letters = _letters(setting, width, height, margin)
    inks: list[Ink] = []
    if look.box is not None:
        inks += _paper(setting, look, width, height, margin)
    elif look.shadow:
        inks.append((_shadow(letters, look), _BLACK))
    if look.stroke:
        inks.append((_grown(letters, look.stroke), outline))
    inks.append((_reduced(letters) * np.float32(letters_strength), look.colour))
    overlay = overlay_of(inks, area.left, area.top, setting.unshown)
    return overlay._replace(is_cut=setting.is_cut)


def letter_words(
    setting: Setting, look: CaptionLook, within: Area, colours: Sequence[Colour]
) -> dict[int, list[Overlay]]:
    """Draw the letters of each timed word by themselves, once in each colour, to lie on the whole."""
    area, margin = _place(setting, look, within)
    words = sorted({glyph.word for line in setting.lines for glyph in line.glyphs})
    drawn = {}
    for word in words:
        cover = _reduced(_letters(setting, area.width, area.height, margin, word=word))
        cover, left, top = _cropped(cover)
        drawn[word] = [
            overlay_of([(cover, colour)], area.left + left, area.top + top) for colour in colours
        ]
    return drawn


def _cropped(cover: Coverage) -> tuple[Coverage, int, int]:
    """Return the part that holds ink, and the even corner at which it starts."""
    columns, rows = np.flatnonzero(cover.max(axis=0)), np.flatnonzero(cover.max(axis=1))
    if not len(rows):
        return cover[:2, :2], 0, 0
    left, top = int(columns[0]) & ~1, int(rows[0]) & ~1
    right, bottom = _even(int(columns[-1]) + 1), _even(int(rows[-1]) + 1)
    return cover[top:bottom, left:right], left, top


def _place(setting: Setting, look: CaptionLook, within: Area) -> tuple[Area, int]:
    """Return the part of the frame that a setting and all around it take, and how wide that "around" is."""
    margin = _margin(look)
    width, height = _even(setting.width + 2 * margin), _even(setting.height + 2 * margin)
    left = _even(within.left + (within.width - width) / 2)
    top = _top(setting, look, within) - margin
    # To the even row on the inner side of the edge at which the lines stand.
    top = _even(top) if look.lines_from == "top" else 2 * math.floor(top / 2)
    return Area(left, top, left + width, top + height), margin


def _margin(look: CaptionLook) -> int:
    """Room around the lines for what reaches beyond the letters."""
    reach = max(look.stroke + 2, 2 * look.shadow, look.size // 2)
    return _even(reach)


def _top(setting: Setting, look: CaptionLook, within: Area) -> float:
    spare = within.height - setting.height
    inset = min(look.inset, max(0.0, spare))
    return within.top + (inset if look.lines_from == "top" else spare - inset)


def _even(length: float) -> int:
    return 2 * math.ceil(length / 2)


def plain_letters(setting: Setting) -> Coverage:
    """Return the letters of a setting and nothing else, lines flush left; a few pixels of air all round."""
    margin = _even(setting.size / 4)
    width, height = _even(setting.width + 2 * margin), _even(setting.height + 2 * margin)
    return _reduced(_letters(setting, width, height, margin, flush_left=True))


def _letters(
    setting: Setting,
    width: int,
    height: int,
    margin: int,
    *,
    flush_left: bool = False,
    word: int | None = None,
) -> Coverage:
    """Return the cover of all glyphs, or of one word's, at ``_FINE`` times the size, lines centred or flush left."""
    pen = hb.RasterDraw()
    pen.extents = hb.RasterExtents(0, 0, width * _FINE, height * _FINE)
    lead = (setting.pitch - setting.size) / 2 + _BASE_LINE * setting.size
    for number, line in enumerate(setting.lines):
        start = margin if flush_left else (width - line.width * setting.size) / 2
        base = margin + number * setting.pitch + lead
        for glyph in line.glyphs:
            if word not in (None, glyph.word):
                continue
            scale = setting.size * _FINE / glyph.typeface.units_per_em
            x = (start + glyph.x * setting.size) * _FINE
            y = (base - glyph.y * setting.size) * _FINE
            pen.transform = (scale, 0, 0, -scale, x, y)
            pen.draw_glyph(glyph.typeface.font, glyph.number)
    image = pen.render()
    cover = np.frombuffer(image.buffer, np.uint8).reshape(height * _FINE, -1)
    return cover[:, : width * _FINE].astype(np.float32) / np.float32(255)


def _reduced(cover: Coverage) -> Coverage:
    size = (cover.shape[1] // _FINE, cover.shape[0] // _FINE)
    return np.asarray(cv2.resize(cover, size, interpolation=cv2.INTER_AREA), np.float32)


def _grown(letters: Coverage, stroke: float) -> Coverage:
    """Return the letters grown by ``stroke`` pixels all round: a round-cornered outline."""
    outside = (letters < 0.5).astype(np.uint8)
    distance = cv2.distanceTransform(outside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return _reduced(np.asarray(np.clip(stroke * _FINE - distance + 0.5, 0, 1), np.float32))


def _shadow(letters: Coverage, look: CaptionLook) -> Coverage:
    """Return a soft shadow a little below the letters; doubled close to them, so that it carries."""
    near = _grown(letters, look.stroke + 2)
    lowered = np.roll(near, max(2, look.shadow // 5), axis=0)
    soft = 1.5 * blurred(lowered, look.shadow / 2) + 0.5 * blurred(lowered, look.shadow / 6)
    return np.asarray(np.clip(soft, 0, 1) * look.shadow_strength, np.float32)


def _evened(widths: list[float]) -> list[float]:
    """Widen lines that are nearly as wide as a neighbour, so that the paper has no small steps."""
    evened = list(widths)
    for _ in widths:
        for a, b in (*pairwise(range(len(evened))), *pairwise(range(len(evened))[::-1])):
            if 0 < evened[b] - evened[a] < _SMALL_STEP:
                evened[a] = evened[b]
    return evened


def _paper(setting: Setting, look: CaptionLook, width: int, height: int, margin: int) -> list[Ink]:
    """Return the box behind the lines and the shadow it throws."""
    assert look.box is not None
    beside, above = _BESIDE * setting.size, _ABOVE * setting.size
    box = np.zeros((height, width), np.float32)
    evened = _evened([line.width for line in setting.lines])
    wides = [round(line_width * setting.size + 2 * beside) for line_width in evened]
    tall = round(setting.pitch + 2 * above)
    for number, wide in enumerate(wides):
        strip = rounded_rectangle(wide, tall, setting.size * 0.24, 0)
        top = round(margin + number * setting.pitch - above)
        left = round((width - wide) / 2)
        part = box[top : top + tall, left : left + wide]
        np.maximum(part, strip[: part.shape[0], : part.shape[1]], out=part)
        # Two lines of one paper: the round corners between them are filled.
        joined = min(wides[number : number + 2])
        seam, edge = top + tall // 2, round((width - joined) / 2)
        if number + 1 < len(wides):
            box[seam : seam + round(setting.pitch), edge : edge + joined] = 1
    shadow = np.roll(blurred(box, look.shadow / 2), look.shadow // 3, axis=0)
    return [(shadow * look.shadow_strength, _BLACK), (box * look.box_opacity, look.box)]
