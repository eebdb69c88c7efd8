"""Which way text runs: Arabic and Hebrew from the right, everything else from the left, and mixtures.

Unicode's bidirectional algorithm (UAX 9): python-bidi resolves the characters,
the paired brackets of rule N0 are resolved here. Explicit embeddings are taken
out of captions beforehand, so a paragraph is a single run. Mirrored brackets
are HarfBuzz's work.
"""

from __future__ import annotations

import unicodedata
from typing import Any, TypeVar

from bidi import algorithm

_OPENING = "([{⟨⟦｟「『（［｛〈《【〔〖༺༼"
_CLOSING = ")]}⟩⟧｠」』）］｝〉》】〕〗༻༽"
_CLOSED_BY = dict(zip(_OPENING, _CLOSING, strict=True))
_STRONG = {"L": "L", "R": "R", "EN": "R", "AN": "R"}

Run = TypeVar("Run")


def bidi_levels(text: str) -> list[int]:
    """Return one level per character of a paragraph: even runs left to right, odd right to left."""
    kept = [place for place, char in enumerate(text) if unicodedata.bidirectional(char) != "BN"]
    resolved = _resolve("".join(text[place] for place in kept))
    by_place = dict(zip(kept, resolved, strict=True))
    levels, last = [], algorithm.get_base_level(text)
    for place in range(len(text)):
        last = by_place.get(place, last)
        levels.append(last)
    return levels


def _resolve(text: str) -> list[int]:
    if not text:
        return []
    storage: dict[str, Any] = algorithm.get_empty_storage()
    storage["base_level"] = algorithm.get_base_level(text)
    storage["base_dir"] = ("L", "R")[storage["base_level"]]
    algorithm.get_embedding_levels(text, storage)
    algorithm.explicit_embed_and_overrides(storage)
    algorithm.resolve_weak_types(storage)
    _resolve_brackets(storage["chars"], storage["base_dir"])
    algorithm.resolve_neutral_types(storage, False)
    algorithm.resolve_implicit_levels(storage, False)
    return [int(char["level"]) for char in storage["chars"]]


def _resolve_brackets(chars: list[dict[str, Any]], direction: str) -> None:
    """Apply rule N0: both brackets of a pair take the direction of what they hold."""
    for start, end in _pairs(chars):
        inside = {_STRONG.get(char["type"]) for char in chars[start + 1 : end]} - {None}
        if direction in inside:
            side = direction
        elif inside:
            before = [_STRONG[c["type"]] for c in chars[:start] if c["type"] in _STRONG]
            side = before[-1] if before else direction
        else:
            continue
        chars[start]["type"] = chars[end]["type"] = side


def _pairs(chars: list[dict[str, Any]]) -> list[tuple[int, int]]:
    """Return the places of matching brackets, by their opening (definition BD16)."""
    waiting: list[tuple[str, int]] = []
    pairs = []
    for place, char in enumerate(chars):
        sign = char["ch"]
        if sign in _CLOSED_BY:
            waiting.append((_CLOSED_BY[sign], place))
        elif any(sign == closing for closing, _ in waiting):
            while waiting[-1][0] != sign:
                waiting.pop()
            pairs.append((waiting.pop()[1], place))
    return sorted(pairs)


def visual_order(runs: list[tuple[int, Run]]) -> list[tuple[int, Run]]:
    """Return runs (level, anything) from left to right as they are seen (rule L2)."""
    ordered = list(runs)
    for level in range(max((run[0] for run in runs), default=0), 0, -1):
        place = 0
        while place < len(ordered):
            end = place
            while end < len(ordered) and ordered[end][0] >= level:
                end += 1
            ordered[place:end] = ordered[place:end][::-1]
            place = end + 1
    return ordered
