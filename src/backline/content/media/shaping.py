"""Turns a line of text into glyphs in their places: ligatures, kerning, joined letters, right to left."""

from __future__ import annotations

from itertools import groupby
from typing import NamedTuple

import uharfbuzz as hb

from backline.content.media.bidi import bidi_levels, visual_order
from backline.content.media.fonts import Typeface, cjk_language, typeface_for
from backline.content.media.graphemes import clusters


class Glyph(NamedTuple):
    """One glyph of a line. Lengths are in ems: multiply by the type size."""

    typeface: Typeface
    number: int
    """Its index in the font; 0 is the box for "unknown"."""
    x: float
    """From the start of the line to its origin."""
    y: float
    """Upwards from the base line."""


class ShapedLine(NamedTuple):
    """A line, from left to right as it is seen."""

    glyphs: tuple[Glyph, ...]
    width: float
    """Ems."""
    is_tall: bool


class Piece(NamedTuple):
    """A grapheme cluster of a paragraph, with what drawing needs to know of it."""

    text: str
    level: int
    typeface: Typeface


def pieces_of(paragraph: str, weight: int) -> tuple[list[Piece], str]:
    """Return a paragraph's clusters in reading order, and those that no font can draw."""
    levels = bidi_levels(paragraph)
    language = cjk_language(paragraph)
    pieces, unknown, place = [], "", 0
    for cluster in clusters(paragraph):
        typeface = typeface_for(cluster, weight, language)
        if typeface is None:
            unknown += cluster
        else:
            pieces.append(Piece(cluster, levels[place], typeface))
        place += len(cluster)
    return pieces, unknown


def shape_line(pieces: list[Piece]) -> ShapedLine:
    """Shape one line; pieces of one direction and typeface are shaped together."""
    grouped = groupby(pieces, key=lambda piece: (piece.level, piece.typeface))
    runs = [
        (level, (typeface, "".join(piece.text for piece in group)))
        for (level, typeface), group in grouped
    ]
    glyphs: list[Glyph] = []
    width = 0.0
    for level, (typeface, text) in visual_order(runs):
        placed, advance = _shape_run(typeface, text, level)
        glyphs += [glyph._replace(x=glyph.x + width) for glyph in placed]
        width += advance
    return ShapedLine(tuple(glyphs), width, any(glyph.typeface.is_tall for glyph in glyphs))


def _shape_run(typeface: Typeface, text: str, level: int) -> tuple[list[Glyph], float]:
    buffer = hb.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    buffer.direction = "rtl" if level % 2 else "ltr"
    hb.shape(typeface.font, buffer)
    em, x, glyphs = typeface.units_per_em, 0, []
    for info, position in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        place_x, place_y = (x + position.x_offset) / em, position.y_offset / em
        glyphs.append(Glyph(typeface, info.codepoint, place_x, place_y))
        x += position.x_advance
    return glyphs, x / em
