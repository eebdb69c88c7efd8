"""The shapes that a mouth takes for written words: shut for an m, round for an o, wide for an e.

A guess by letters, good enough for lips seen on a phone: singers hold their
vowels and pass over consonants. It knows Latin letters, with or without
accents, and English habits of writing; words in other scripts leave the mouth
to the voice alone.

The groups are the classes that animators draw (P. Blair, Advanced Animation,
1947), reduced to what one photograph can show: how open, and how round.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from backline.content.caption.timing import SungLine
from backline.content.media.frame import FRAME_RATE

CONSONANT_SECONDS = 0.07
"""How long a consonant lasts; vowels share the rest of their word, whatever its length."""
_MOST_CONSONANTS = 0.5
"""Of a word's time; in fast ones consonants are shorter."""
_LONGEST_WORD_SECONDS = 2.5
_SOFT_OPENING, _SOFT_ROUNDING = 0.8, 1.6
"""Frames by which shapes run into each other; lips round early and late."""


class Shape(NamedTuple):
    """One sound's mouth."""

    opening: float
    """Of what the voice opens, 0 (shut) to 1."""
    rounding: float
    """-1 (wide, as in "see") to 1 (round, as in "you")."""
    is_vowel: bool


class Mouth(NamedTuple):
    """What words do to a mouth, frame by frame."""

    opening: NDArray[np.float64]
    """To be multiplied with the voice's; 1 where no word is known."""
    rounding: NDArray[np.float64]


def _vowel(opening: float, rounding: float) -> Shape:
    return Shape(opening, rounding, is_vowel=True)


def _consonant(opening: float, rounding: float = 0.0) -> Shape:
    return Shape(opening, rounding, is_vowel=False)


_SHAPES: dict[str, Shape] = {
    "oo": _vowel(0.6, 1.0), "ou": _vowel(0.9, 0.6), "ow": _vowel(0.9, 0.6), "oa": _vowel(0.8, 0.8),
    "ew": _vowel(0.6, 0.9), "ee": _vowel(0.65, -1.0), "ea": _vowel(0.7, -0.8),
    "ai": _vowel(0.8, -0.6), "ay": _vowel(0.8, -0.6), "ie": _vowel(0.8, -0.5),
    "igh": _vowel(0.9, -0.4), "au": _vowel(0.9, 0.4), "aw": _vowel(0.9, 0.4),
    "a": _vowel(1.0, 0.0), "e": _vowel(0.75, -0.6), "i": _vowel(0.65, -0.8),
    "o": _vowel(0.8, 0.7), "u": _vowel(0.65, 0.9), "y": _vowel(0.65, -0.8),
    "m": _consonant(0.0), "b": _consonant(0.0), "p": _consonant(0.0),
    "f": _consonant(0.2), "v": _consonant(0.2), "ph": _consonant(0.2),
    "w": _consonant(0.35, 1.0), "wh": _consonant(0.35, 1.0), "qu": _consonant(0.35, 1.0),
    "r": _consonant(0.5, 0.3), "l": _consonant(0.6),
    "sh": _consonant(0.4, 0.6), "ch": _consonant(0.4, 0.6), "j": _consonant(0.4, 0.5),
    "th": _consonant(0.4), "ck": _consonant(0.5), "ng": _consonant(0.5),
} | {letter: _consonant(0.5) for letter in "cdgknqstxz"}  # fmt: skip
_SOUND = re.compile("|".join(sorted(_SHAPES, key=lambda letters: -len(letters))))
_GLIDE = re.compile(r"^y(?=[aeiou])")
"""Of "you": it is a consonant, and no wider than the vowel that follows."""
_SILENT_END = re.compile(r"(?<=[aeiouy][bcdfgklmnprstvz])e$")


def shapes_of(word: str) -> list[Shape]:
    """Return the shapes of a word, in order; none for a word in another script."""
    spoken = _SILENT_END.sub("", "".join(filter(str.isalpha, word.casefold())))
    plain = unicodedata.normalize("NFD", spoken.replace("ß", "ss").replace("ø", "o"))
    return [_SHAPES[found] for found in _SOUND.findall(_GLIDE.sub("j", plain))]


def mouth_of(lines: Sequence[SungLine], frame_count: int) -> Mouth:
    """Return what the words of a clip do to the mouth; nothing where their times are not known."""
    opening, rounding = np.ones(frame_count), np.zeros(frame_count)
    for start, end, shape in _timed(lines):
        span = slice(max(0, round(start * FRAME_RATE)), max(0, round(end * FRAME_RATE)))
        opening[span], rounding[span] = shape.opening, shape.rounding
    return Mouth(_softened(opening, _SOFT_OPENING), _softened(rounding, _SOFT_ROUNDING))


def _timed(lines: Sequence[SungLine]) -> Iterator[tuple[float, float, Shape]]:
    for line in lines:
        starts = [word.start_seconds for word in line.words]
        places = [word.place for word in line.words]
        texts = [line.text[a:b] for a, b in pairwise([*places, len(line.text)])]
        for text, (start, end) in zip(texts, pairwise([*starts, line.end_seconds]), strict=True):
            yield from _spread(shapes_of(text), start, min(end, start + _LONGEST_WORD_SECONDS))


def _spread(
    shapes: Sequence[Shape], start: float, end: float
) -> Iterator[tuple[float, float, Shape]]:
    """Give each shape of a word its time: consonants are short, vowels share the rest."""
    vowels = sum(shape.is_vowel for shape in shapes)
    consonants = len(shapes) - vowels
    short = min(CONSONANT_SECONDS, _MOST_CONSONANTS * (end - start) / max(1, consonants))
    if not vowels:  # hummed
        short = (end - start) / max(1, consonants)
    long = (end - start - short * consonants) / max(1, vowels)
    for shape in shapes:
        until = start + (long if shape.is_vowel else short)
        yield start, until, shape
        start = until


def _softened(values: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    reach = np.arange(-6, 7)
    bell = np.exp(-0.5 * (reach / sigma) ** 2)
    padded = np.pad(values, 6, mode="edge")
    return np.convolve(padded, bell / bell.sum(), "valid")[: len(values)]
