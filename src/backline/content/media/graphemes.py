"""Cuts text where a reader would: a letter with its accents, a family emoji, a flag are one piece.

The rules are those of Unicode's extended grapheme clusters (UAX 29) as far as
captions need them.
"""

from __future__ import annotations

import unicodedata

_ZERO_WIDTH_JOINER = 0x200D
_REGIONAL = range(0x1F1E6, 0x1F200)
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_TAGS = range(0xE0020, 0xE0080)
_JAMO_VOWELS_AND_TAILS = range(0x1160, 0x1200)
_VARIATION_SELECTORS = frozenset({*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)})
# Vowels that stand after, yet belong to, the consonant: Thai and Lao sara am.
_SPACING_TAILS = frozenset({0x0E33, 0x0EB3})


def clusters(text: str) -> list[str]:
    """Return the pieces that must not be torn apart, in order; joined they are the text."""
    pieces: list[str] = []
    for char in text:
        if pieces and _belongs_to(pieces[-1], char):
            pieces[-1] += char
        else:
            pieces.append(char)
    return pieces


def _belongs_to(piece: str, char: str) -> bool:
    code, last = ord(char), ord(piece[-1])
    if last == _ZERO_WIDTH_JOINER and _is_pictograph(code):
        return True
    if code in _REGIONAL:
        return last in _REGIONAL and len(piece) % 2 == 1
    return _extends(code) or (_joins_consonants(piece) and unicodedata.category(char) == "Lo")


def _extends(code: int) -> bool:
    return (
        unicodedata.category(chr(code)) in ("Mn", "Me", "Mc")
        or code in (_ZERO_WIDTH_JOINER, 0x200C)
        or code in _SKIN_TONES
        or code in _TAGS
        or code in _VARIATION_SELECTORS
        or code in _JAMO_VOWELS_AND_TAILS
        or code in _SPACING_TAILS
    )


def _joins_consonants(piece: str) -> bool:
    """Return whether a piece ends in a sign that ties it to the next consonant (virama, coeng)."""
    tail = piece[-1] if ord(piece[-1]) != _ZERO_WIDTH_JOINER else piece[-2:-1]
    return bool(tail) and unicodedata.combining(tail) == 9 and ord(tail) != 0x0E3A


def _is_pictograph(code: int) -> bool:
    return code >= 0x1F000 or 0x2190 <= code <= 0x2BFF or code in (0x00A9, 0x00AE, 0x3030, 0x303D)


def wants_emoji(cluster: str) -> bool:
    """Return whether a piece is to be drawn as emoji rather than as text."""
    codes = [ord(char) for char in cluster]
    if 0xFE0F in codes or 0x20E3 in codes:
        return True
    return 0xFE0E not in codes and (codes[0] in _REGIONAL or 0x1F300 <= codes[0] <= 0x1FAFF)


def is_ignorable(code: int) -> bool:
    """Return whether a character steers the others and needs no picture of its own."""
    return (
        code in (_ZERO_WIDTH_JOINER, 0x200C, 0x200E, 0x200F, 0x061C, 0x2060, 0x00AD)
        or code in _VARIATION_SELECTORS
        or code in _TAGS
    )
