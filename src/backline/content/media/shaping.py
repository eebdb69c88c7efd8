"""Turns a line of text into glyphs in their places: ligatures, kerning, joined letters, right to left."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
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
    word: int = 0
    """The timed word that it is part of, counted from the start of the text."""


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
    word: int = 0
    """The timed word that it is part of; 0 when nobody asked for times."""


def pieces_of(
    paragraph: str, weight: int, word_starts: Sequence[int] = ()
) -> tuple[list[Piece], str]:
    """Return a paragraph's clusters in reading order, and those that no font can draw.

    ``word_starts`` are the places in the paragraph at which timed words begin, rising.
    """
    levels = bidi_levels(paragraph)
    language = cjk_language(paragraph)
    pieces, unknown, place = [], "", 0
    for cluster in clusters(paragraph):
        typeface = typeface_for(cluster, weight, language)
        if typeface is None:
            unknown += cluster
        else:
            word = max(0, bisect_right(word_starts, place) - 1)
            pieces.append(Piece(cluster, levels[place], typeface, word))
        place += len(cluster)
    return pieces, unknown


def shape_line(pieces: list[Piece]) -> ShapedLine:
    """Shape one line; pieces of one direction and typeface are shaped together."""
    grouped = groupby(pieces, key=lambda piece: (piece.level, piece.typeface))
    runs = [(level, (typeface, list(group))) for (level, typeface), group in grouped]
    glyphs: list[Glyph] = []
    width = 0.0
    for level, (typeface, run) in visual_order(runs):
        placed, advance = _shape_run(typeface, run, level)
        glyphs += [glyph._replace(x=glyph.x + width) for glyph in placed]
        width += advance
    return ShapedLine(tuple(glyphs), width, any(glyph.typeface.is_tall for glyph in glyphs))


def _shape_run(typeface: Typeface, run: list[Piece], level: int) -> tuple[list[Glyph], float]:
    words = [piece.word for piece in run for _ in piece.text]
    buffer = hb.Buffer()
    buffer.add_str("".join(piece.text for piece in run))
    buffer.guess_segment_properties()
    buffer.direction = "rtl" if level % 2 else "ltr"
    hb.shape(typeface.font, buffer)
    em, x, glyphs = typeface.units_per_em, 0, []
    for info, position in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        place_x, place_y = (x + position.x_offset) / em, position.y_offset / em
        # HarfBuzz's clusters count code points, as Python's strings do.
        glyphs.append(Glyph(typeface, info.codepoint, place_x, place_y, words[info.cluster]))
        x += position.x_advance
    return glyphs, x / em
