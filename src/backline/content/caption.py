"""The caption: what it says, and how it is set.

Given words win. Otherwise the length decides, and the words come from the best
there is: a line that is sung in the clip, else the song's title and artist,
else a line of the template's own.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Literal

import msgspec

from backline.content.media.frame import Area
from backline.content.media.lettering import letter, room_for_lines
from backline.content.media.overlay import Overlay
from backline.content.media.safe_area import free_bands, safe_area
from backline.content.media.typesetting import Setting, cleaned, typeset
from backline.content.templates import CaptionLook, Grammar, find_template

CaptionLength = Literal["none", "short", "medium", "long"]

WORD_LIMITS: dict[str, tuple[int, int]] = {"short": (1, 10), "medium": (15, 30), "long": (40, 80)}
"""Fewest and most words of each length."""
_READABLE_SIZE = 40
"""Type size down to which a caption gives way to a face; smaller it would not be read."""
_TRIES = 24
"""How often the grammar may try to hit the length before it makes do with less."""


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
    chance = random.Random(f"{request.template_id}/{request.length}/{request.seed}")  # noqa: S311 # a choice, not a secret
    for source in ("_lyric", "_song", ""):
        text = _of_length(words.grammar, request.length, source, facts, chance)
        if text is not None:
            return text
    raise AssertionError(f"the grammar of {request.template_id} has nothing {request.length}")


def draw_caption(text: str, template_id: str, faces: Sequence[Area] = ()) -> Overlay | None:
    """Return a caption set in the template's look, inside the safe area; None when there is nothing to draw.

    It stands where the template wants it, or as near to that as leaves the
    ``faces`` free (parts of the frame). A long text shrinks, to 34 pixels at
    the least; what does not fit even then is cut with an ellipsis. Characters
    that no bundled font holds are left out and named in ``Overlay.unshown``.
    Raises ``InvalidInput`` when there is no such template.
    """
    look = find_template(template_id).caption
    room = room_for_lines(look, safe_area())
    setting = typeset(text, look.weight, look.size, room.width, room.height)
    if setting is None:
        return None
    overlay = letter(setting, look, room)
    if not any(_touch(overlay.area, face) for face in faces):
        return overlay
    return _beside(text, look, faces) or overlay


def _beside(text: str, look: CaptionLook, faces: Sequence[Area]) -> Overlay | None:
    """Set a caption where no face is: at a readable size as near to the look's place as can be."""
    choices: list[tuple[Setting, Area]] = []
    for band in _bands(faces, look):
        # Overlays stand on even pixels: two at each side are left for that.
        setting = typeset(text, look.weight, look.size, band.width - 4, band.height - 4, share=1.0)
        if setting is not None:
            choices.append((setting, band))
    if not choices:
        return None
    readable = [choice for choice in choices if choice[0].size >= _READABLE_SIZE]
    setting, band = readable[0] if readable else max(choices, key=lambda choice: choice[1].height)
    return letter(setting, msgspec.structs.replace(look, inset=0), band)


def _touch(one: Area, other: Area) -> bool:
    return (
        one.left < other.right
        and other.left < one.right
        and one.top < other.bottom
        and other.top < one.bottom
    )


def _bands(faces: Sequence[Area], look: CaptionLook) -> list[Area]:
    """Return the free parts of the safe area, the nearest to the look's own edge first."""
    free = [room_for_lines(look, band) for band in free_bands(safe_area(), faces)]
    bands = [band for band in free if band.height > 1.5 * _READABLE_SIZE]
    return bands if look.lines_from == "top" else bands[::-1]


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
