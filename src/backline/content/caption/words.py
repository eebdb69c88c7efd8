"""What a caption says.

Given words win. Otherwise the length decides, and the words come from the best
there is: a line that is sung in the clip, else the song's title and artist,
else a line of the template's own.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Literal

import msgspec

from backline.content.media.typesetting import cleaned
from backline.content.templates import Grammar, find_template

CaptionLength = Literal["none", "short", "medium", "long"]

WORD_LIMITS: dict[str, tuple[int, int]] = {"short": (1, 10), "medium": (15, 30), "long": (40, 80)}
"""Fewest and most words of each length."""
_QUOTES = frozenset({'""', "''", "“”", "„“", "‘’", "«»"})
_TRIES = 24
"""How often the grammar may try to hit the length before it makes do with less."""
_ROW_TRIES = 40
"""How many texts are drawn from lyric lines, and then from the title, for a batch to differ."""


class CaptionRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is known when a caption is asked for."""

    template_id: str
    text: str | None = None
    """Given words; they are used as they are."""
    length: CaptionLength = "short"
    song_title: str = ""
    artist: str = ""
    lyric_lines: Sequence[str] = ()
    """Lines sung inside the clip, in order."""
    seed: int = 0
    variant: int = 0
    """Which of a batch it is for, counted from 0; the seeds of a batch follow each other."""


def write_caption(request: CaptionRequest) -> str:
    """Return the caption's words; empty when none are wanted.

    Raises ``InvalidInput`` when there is no such template.
    """
    words = find_template(request.template_id).words
    if request.text is not None and cleaned(request.text):
        return cleaned(request.text)
    if request.length == "none":
        return ""
    facts = _facts(request, words.lower_case)
    # The videos of a batch go through one row of texts, so that no two say the same.
    first_seed = request.seed - request.variant
    chance = random.Random(f"{request.template_id}/{request.length}/{first_seed}")  # noqa: S311 # a choice, not a secret
    found: list[str] = []
    for source in ("_lyric", "_song", ""):
        for _ in range(_ROW_TRIES if request.variant else 1):
            text = _of_length(words.grammar, request.length, source, facts, chance)
            if text is None:
                break
            if text not in found:
                found.append(text)
            if len(found) > request.variant:
                return found[request.variant]
    if not found:
        raise AssertionError(f"the grammar of {request.template_id} has nothing {request.length}")
    return found[request.variant % len(found)]


def fitted_answer(text: str, length: str) -> str | None:
    """Return what somebody else wrote, on one line and without quotes around it; None when it is too long or short.

    ``length`` is any but ``none``.
    """
    fewest, most = WORD_LIMITS[length]
    written = " ".join(cleaned(text).split())
    while len(written) > 1 and written[0] + written[-1] in _QUOTES:
        written = written[1:-1].strip()
    return written if fewest <= len(written.split()) <= most else None


def _facts(request: CaptionRequest, lower_case: bool) -> dict[str, tuple[str, ...]]:
    """Return what may stand in the holes of the grammar; an empty entry means it is not known."""
    known = {
        "lyric": tuple(line for line in map(_quotable, request.lyric_lines) if line),
        "title": tuple(filter(None, [cleaned(request.song_title)])),
        "artist": tuple(filter(None, [cleaned(request.artist)])),
    }
    if lower_case:
        return {name: tuple(value.lower() for value in values) for name, values in known.items()}
    return known


def _quotable(line: str) -> str:
    """Return a lyric line as it reads within a sentence: on one line, without its own end mark."""
    return " ".join(cleaned(line).split()).strip(' ,.;:-–—"“”')


def _of_length(
    grammar: Grammar,
    length: str,
    source: str,
    facts: dict[str, tuple[str, ...]],
    chance: random.Random,
) -> str | None:
    """Return a sentence of the wanted length, or None when the facts or the luck are not there."""
    fewest, most = WORD_LIMITS[length]
    holes = {**grammar, **facts}
    for _ in range(_TRIES):
        text = _filled(f"{{{length}{source}}}", holes, chance)
        if text is not None and fewest <= len(text.split()) <= most:
            return text
    return None


def _filled(sentence: str, holes: Grammar, chance: random.Random) -> str | None:
    """Fill the holes of a sentence, and the holes of what fills them; None when one stays empty."""
    before, found, rest = sentence.partition("{")
    if not found:
        return sentence
    name, _, after = rest.partition("}")
    choices = holes[name]
    if not choices:
        return None
    filling = choices[chance.randrange(len(choices))]
    # Facts are words, not sentences: a brace in a song title is a brace.
    inner = filling if name in ("lyric", "title", "artist") else _filled(filling, holes, chance)
    outer = _filled(after, holes, chance)
    return None if inner is None or outer is None else before + inner + outer
