"""A caption too long to stand beside a face whole: shown page by page instead of being cut.

Pages are broken after sentences where that comes out nearly even, share one
place and one type size, and last as long as their share of the words.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from backline.content.caption.drawing import draw_caption
from backline.content.caption.sung import TimedCaption, draw_sung_lines
from backline.content.caption.timing import SungLine
from backline.content.media.frame import Area
from backline.content.media.overlay import Overlay
from backline.content.media.typesetting import cleaned

WORDS_PER_SECOND = 5.0
"""What is read without effort, silently and once; pages that would have to be faster are not made."""
WORDS_ON_A_PAGE = 18
"""So many stand in large letters; fewer pages would be fuller and smaller."""
MOST_PAGES = 6
_SENTENCE_ENDS, _CLAUSE_ENDS = (".", "!", "?", "…", "。"), (",", ";", ":", "—", "–")
_UNEVEN = 0.3
"""Of a page: how far a break may move to come after a sentence."""


def draw_readable(
    text: str, template_id: str, faces: Sequence[Area], seconds: float
) -> Overlay | TimedCaption | None:
    """Return a caption that stands still, or in pages when it would be cut; None when there is nothing to draw.

    ``seconds`` is how long the clip lasts. What can not be read in pages
    either stays one page that ends in an ellipsis. Raises ``InvalidInput``
    when there is no such template.
    """
    whole = draw_caption(text, template_id, faces)
    if whole is None or not whole.is_cut:
        return whole
    words = cleaned(text).split()
    if not 2 <= len(words) <= WORDS_PER_SECOND * seconds:
        return whole
    for count in range(max(2, math.ceil(len(words) / WORDS_ON_A_PAGE)), MOST_PAGES + 1):
        pages = _timed(pages_of(words, count), seconds)
        drawn = draw_sung_lines(pages, template_id, faces)
        if drawn is not None and not any(line.whole.is_cut for line in drawn.lines):
            return drawn
    return whole


def pages_of(words: Sequence[str], count: int) -> list[str]:
    """Break words into pages of about equal length, rather after a sentence than within."""
    ends = [0]
    for word in words:
        ends.append(ends[-1] + len(word) + 1)
    size = ends[-1] / count
    breaks = [_break(words, ends, size * number, size) for number in range(1, count)]
    places = sorted({0, *breaks, len(words)})
    return [" ".join(words[start:end]) for start, end in pairwise(places)]


def _break(words: Sequence[str], ends: Sequence[int], wanted: float, size: float) -> int:
    """Return the place near a wanted length at which a page had best end."""

    def cost(place: int) -> float:
        off = abs(ends[place] - wanted) / size
        last = words[place - 1]
        if last.endswith(_SENTENCE_ENDS):
            return off
        return off + (_UNEVEN / 2 if last.endswith(_CLAUSE_ENDS) else _UNEVEN)

    return min(range(1, len(words) + 1), key=cost)


def _timed(pages: Sequence[str], seconds: float) -> list[SungLine]:
    """Give each page its share of the clip, by its words."""
    counts = [len(page.split()) for page in pages]
    starts = [seconds * sum(counts[:number]) / sum(counts) for number in range(len(counts) + 1)]
    return [
        SungLine(text=page, start_seconds=start, end_seconds=end)
        for page, (start, end) in zip(pages, pairwise(starts), strict=True)
    ]
