"""Breaks a text into lines of even length: between words, between Chinese or Japanese characters, never before a comma.

A word that is wider than the line (an endless "aaaaa", a Thai sentence, which
has no spaces and would need a dictionary) may be broken anywhere between
clusters rather than run out of the frame.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from backline.content.media.shaping import Piece

Width = Callable[[Sequence[Piece]], float]

# Kinsoku: what may not begin, and what may not end, a line (JIS X 4051, the common part).
_NOT_FIRST = frozenset(
    ")]}〉》」』】〕〗〙〛｣）］｝、。，．・：；！？!?,.:;…‥ー～〜々ゝゞヽヾぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ’”»›％%"
)
_NOT_LAST = frozenset("([{〈《「『【〔〖〘〚｢（［｛‘“«‹¥￥$＄£€#＃")
_BREAK_AFTER = frozenset("-‐–—/")
_IDEOGRAPHIC = (
    range(0x2E80, 0xA4D0), range(0xAC00, 0xD7B0), range(0xF900, 0xFB00), range(0xFE30, 0xFE50),
    range(0xFF00, 0xFFF0), range(0x1F000, 0x40000),
)  # fmt: skip


def words_of(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Return the unbreakable parts of a paragraph, each with the spaces that follow it."""
    words: list[list[Piece]] = []
    for piece in pieces:
        if words and not _may_break(words[-1][-1], piece):
            words[-1].append(piece)
        else:
            words.append([piece])
    return words


def _may_break(before: Piece, after: Piece) -> bool:
    if after.text.isspace():
        return False
    if before.text.isspace():
        return before.text != "\u00a0"
    if after.text[0] in _NOT_FIRST or before.text[0] in _NOT_LAST:
        return False
    if before.text in _BREAK_AFTER:
        return not after.text[0].isdigit()
    return _is_ideographic(before) or _is_ideographic(after)


def _is_ideographic(piece: Piece) -> bool:
    return any(ord(piece.text[0]) in block for block in _IDEOGRAPHIC)


def trimmed(line: Sequence[Piece]) -> list[Piece]:
    """Return a line without the spaces at its ends."""
    start, end = 0, len(line)
    while start < end and line[start].text.isspace():
        start += 1
    while end > start and line[end - 1].text.isspace():
        end -= 1
    return list(line[start:end])


class Paragraph:
    """A paragraph measured once, so that it can be broken at many widths for next to nothing."""

    def __init__(self, pieces: Sequence[Piece], width: Width) -> None:
        self._words = [(word, width(trimmed(word)), width(word)) for word in words_of(pieces)]
        self._width = width
        self._alone: dict[Piece, float] = {}

    def lines(self, limit: float) -> list[list[Piece]]:
        """Break into the fewest lines that ``limit`` (ems) allows, as even as can be."""
        fewest = self._fill(limit)
        if len(fewest) < 2:
            return fewest
        narrow, wide = limit / len(fewest) * 0.5, limit
        while wide - narrow > 0.1:
            middle = (narrow + wide) / 2
            if len(self._fill(middle, limit)) <= len(fewest):
                wide = middle
            else:
                narrow = middle
        return self._fill(wide, limit)

    def _fill(self, limit: float, hard_limit: float | None = None) -> list[list[Piece]]:
        """Fill lines greedily; a word wider than ``hard_limit`` (else ``limit``) is broken."""
        hard = hard_limit or limit
        lines: list[list[Piece]] = []
        room = 0.0
        for word, bare, whole in self._words:
            if bare <= room and lines:
                lines[-1] += word
            elif bare <= hard:
                lines.append(list(word))
                room = limit
            else:
                parts = self._torn(word, hard)
                lines += parts
                room, whole = limit, self._width(parts[-1])
            room -= whole
        return [trimmed(line) for line in lines]

    def _width_alone(self, piece: Piece) -> float:
        if piece not in self._alone:
            self._alone[piece] = self._width([piece])
        return self._alone[piece]

    def _torn(self, word: Sequence[Piece], limit: float) -> list[list[Piece]]:
        """Break a word between clusters, into as few parts as fit, of about equal width."""
        widths = [self._width_alone(piece) for piece in word]
        total = sum(widths)
        count = math.ceil(total / max(limit - max(widths), max(widths)))
        parts: list[list[Piece]] = [[] for _ in range(count)]
        done = 0.0
        for piece, width in zip(word, widths, strict=True):
            place = int((done + width / 2) / total * count) if total else 0
            parts[min(place, count - 1)].append(piece)
            done += width
        return [part for part in parts if part]
