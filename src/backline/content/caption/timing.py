"""When each line of a clip is shown and each of its words is sung, counted from the clip's start."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from backline.content.lyrics import LyricLine
from backline.content.media.typesetting import cleaned

_SAME_SECONDS = 0.05
"""Two lines stamped this close to each other are one line and its translation."""


class SungWord(msgspec.Struct, frozen=True, kw_only=True):
    """A word, or a syllable, of a line."""

    place: int
    """The character of the line's text at which it begins."""
    start_seconds: float


class SungLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line that is shown while it is sung."""

    text: str
    start_seconds: float
    end_seconds: float
    words: list[SungWord] = []
    """In order; the first begins with the text. Empty when their times are not known."""


def lines_of_clip(
    lines: Sequence[LyricLine],
    clip_start_seconds: float,
    clip_seconds: float,
    *,
    lower_case: bool = False,
) -> list[SungLine]:
    """Return what is sung in a clip, line by line, with times that lie inside it.

    Of a line and its translation, written under the same stamp, the first is
    kept. ``lower_case`` writes them as some templates write everything.
    """
    sung: list[SungLine] = []
    for line in lines:
        timed = _line(line, clip_start_seconds, clip_seconds, lower_case)
        if sung and timed.start_seconds - sung[-1].start_seconds < _SAME_SECONDS:
            sung[-1] = msgspec.structs.replace(sung[-1], end_seconds=timed.end_seconds)
        elif timed.text and timed.start_seconds < clip_seconds:
            sung.append(timed)
    return sung


def has_word_times(lines: Sequence[SungLine]) -> bool:
    """Return whether most lines say when their words are sung."""
    return 2 * sum(len(line.words) > 1 for line in lines) > len(lines)


def _line(
    line: LyricLine, clip_start_seconds: float, clip_seconds: float, lower_case: bool
) -> SungLine:
    text = _written(line.text, lower_case)
    start = max(0.0, line.start_seconds - clip_start_seconds)
    return SungLine(
        text=text,
        start_seconds=round(start, 3),
        end_seconds=round(min(clip_seconds, line.end_seconds - clip_start_seconds), 3),
        words=_words(line, text, clip_start_seconds, lower_case),
    )


def _written(text: str, lower_case: bool) -> str:
    return cleaned(text).lower() if lower_case else cleaned(text)


def _words(
    line: LyricLine, text: str, clip_start_seconds: float, lower_case: bool
) -> list[SungWord]:
    """Find each timed word in the text; what stands before the first is sung from the line's start on."""
    found: list[SungWord] = []
    after, earliest = 0, max(0.0, line.start_seconds - clip_start_seconds)
    for word in line.words:
        written = _written(word.text, lower_case)
        place = text.find(written, after)
        if place < 0 or not written:
            continue
        if not found and place > 0:
            found.append(SungWord(place=0, start_seconds=round(earliest, 3)))
        earliest = max(earliest, word.start_seconds - clip_start_seconds)
        found.append(SungWord(place=place, start_seconds=round(earliest, 3)))
        after = place + len(written)
    return found
