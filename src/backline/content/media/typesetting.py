"""Fits a text into a box: as large as the look wants, smaller when it is long, cut only at the very end."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from backline.content.media.lines import Paragraph
from backline.content.media.shaping import Piece, ShapedLine, pieces_of, shape_line

SMALLEST_SIZE = 34
"""Type size below which a caption can not be read on a phone held at arm's length (about 1.9 mm)."""
COMFORTABLE_SIZE = 44
"""Down to here a caption shrinks to stay a caption; only then it may grow into a page."""
CAPTION_SHARE = 0.36
"""How much of the box's height a caption takes before it is made smaller than comfortable."""
LINE_PITCH, TALL_LINE_PITCH = 1.24, 1.5
"""From base line to base line, in type sizes; scripts with stacked marks need the second."""
_ELLIPSIS = "…"
_LONGEST = 4000
"""More characters than this could never fit at the smallest size; they are cut unread."""


class Setting(NamedTuple):
    """A text that has been fitted: lines from top to bottom."""

    lines: tuple[ShapedLine, ...]
    size: float
    """Type size, pixels."""
    pitch: float
    """From base line to base line, pixels."""
    unshown: str
    """What no font can draw, and was left out."""
    is_cut: bool = False
    """Whether the end is missing, for want of room."""

    @property
    def width(self) -> float:
        """Pixels, of the widest line."""
        return max(line.width for line in self.lines) * self.size

    @property
    def height(self) -> float:
        """Pixels."""
        return len(self.lines) * self.pitch


def cleaned(text: str) -> str:
    """Return text without what can not be drawn: control characters, explicit directions, lone surrogates.

    Line breaks stay; tabs and odd spaces become spaces; quotes and apostrophes are kept as they are.
    """
    joined = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(_cleaned(char) for char in joined).strip()


def _cleaned(char: str) -> str:
    if char in "\n\u2028\u2029\u0085\v\f":
        return "\n"
    category = unicodedata.category(char)
    if category == "Zs" and char != "\u00a0":
        return " "
    if char == "\t":
        return " "
    if category in ("Cc", "Cs", "Co", "Cn") or _is_steering(char):
        return ""
    return char


def _is_steering(char: str) -> bool:
    """Return whether a character embeds or overrides a direction, or is a byte order mark."""
    return (
        "\u202a" <= char <= "\u202e" or "\u2066" <= char <= "\u2069" or char in "\ufeff\u200b\u2060"
    )


def typeset(
    text: str,
    weight: int,
    size: int,
    width: int,
    height: int,
    share: float = CAPTION_SHARE,
    word_starts: Sequence[int] = (),
) -> Setting | None:
    """Fit ``text`` into ``width`` by ``height`` pixels; None when there is nothing to draw.

    The type shrinks from ``size`` to 44 pixels while the text is taller than ``share``
    of the box, as a caption should not be, then down to 34 while it is taller than the box; what is
    longer still ends in an ellipsis. ``word_starts`` are the places in a cleaned text of one
    paragraph at which timed words begin; glyphs then know their word.
    """
    paragraphs, unshown = _measured(cleaned(text)[:_LONGEST], weight, word_starts)
    if not paragraphs:
        return None
    for trial in _sizes(size):
        setting = _set(paragraphs, trial, width, unshown)
        limit = height if trial <= COMFORTABLE_SIZE else height * share
        if setting.height <= limit:
            return setting
    return _cut(paragraphs, weight, width, height, unshown)


def _sizes(size: int) -> list[int]:
    return [max(SMALLEST_SIZE, trial) for trial in range(size, SMALLEST_SIZE - 2, -2)]


def _measured(text: str, weight: int, word_starts: Sequence[int]) -> tuple[list[Paragraph], str]:
    paragraphs, unshown = [], ""
    for line in text.split("\n"):
        pieces, unknown = pieces_of(line.strip(), weight, word_starts)
        unshown += unknown
        if any(not piece.text.isspace() for piece in pieces):
            paragraphs.append(Paragraph(pieces, lambda part: shape_line(list(part)).width))
    return paragraphs, unshown


def _broken(paragraphs: list[Paragraph], size: float, width: int) -> list[list[Piece]]:
    return [line for paragraph in paragraphs for line in paragraph.lines(width / size)]


def _set(paragraphs: list[Paragraph], size: float, width: int, unshown: str) -> Setting:
    lines = tuple(shape_line(line) for line in _broken(paragraphs, size, width))
    pitch = size * (TALL_LINE_PITCH if any(line.is_tall for line in lines) else LINE_PITCH)
    return Setting(lines, size, pitch, unshown)


def _cut(
    paragraphs: list[Paragraph], weight: int, width: int, height: int, unshown: str
) -> Setting:
    """Set as many lines as fit at the smallest size, the last one ending in an ellipsis."""
    whole = _set(paragraphs, SMALLEST_SIZE, width, unshown)
    count = max(1, int(height / whole.pitch))
    last = list(_broken(paragraphs, SMALLEST_SIZE, width)[count - 1])
    dots = pieces_of(_ELLIPSIS, weight)[0]
    dots = [dot._replace(level=last[-1].level) for dot in dots]
    while len(last) > 1 and shape_line(last + dots).width > width / SMALLEST_SIZE:
        last.pop()
    lines = (*whole.lines[: count - 1], shape_line(last + dots))
    return whole._replace(lines=lines, is_cut=True)
