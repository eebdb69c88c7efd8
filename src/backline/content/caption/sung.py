"""Captions that follow the singer: each line appears as it is sung and leaves gently, each word lights up.

Every line is drawn once, and each of its words twice (sung, and being sung);
a frame lays down what belongs on it. All lines stand in one place and share
one type size, so that nothing jumps.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from backline.content.caption.drawing import Stand, is_on_a_face, stand_beside, usual_stand
from backline.content.caption.timing import SungLine
from backline.content.media.frame import FRAME_RATE, Area, Planes
from backline.content.media.lettering import letter_words
from backline.content.media.overlay import Overlay
from backline.content.media.typesetting import COMFORTABLE_SIZE, Setting
from backline.content.templates import CaptionLook, find_template

LEAD_SECONDS = 0.12
"""A line is there this much before it is sung: eyes need it, and the voice is not spoilt."""
FADE_FRAMES = 5
GLOW_FRAMES = 3
"""How fast a word lights up, and becomes one of those that were sung."""
UNSUNG_STRENGTH = 0.6
"""How much of the letters' own colour a word has that is still to come."""


class TimedWord(NamedTuple):
    """A word of a line, drawn to lie on it."""

    first_frame: int
    until_frame: int
    sung: Overlay
    lit: Overlay


class TimedLine(NamedTuple):
    """A line, drawn, and the frames that show it."""

    first_frame: int
    until_frame: int
    whole: Overlay
    words: tuple[TimedWord, ...] = ()

    def draw(self, index: int, into: Planes) -> None:
        """Lay it over a frame, if it belongs there."""
        strength = self._strength(index)
        if strength <= 0:
            return
        self.whole.blend(into, strength)
        for word in self.words:
            risen = _ramp(index + 1 - word.first_frame)
            if risen > 0:
                word.sung.blend(into, strength * risen)
                lit = risen * (1 - _ramp(index + 1 - word.until_frame))
                if lit > 0:
                    word.lit.blend(into, strength * lit)

    def _strength(self, index: int) -> float:
        inside = min(index + 1 - self.first_frame, self.until_frame - index)
        return min(1.0, max(0.0, inside / FADE_FRAMES))


class TimedCaption(NamedTuple):
    """All lines of a clip."""

    lines: tuple[TimedLine, ...]

    def draw(self, index: int, into: Planes) -> None:
        """Lay the line that is sung over a frame."""
        for line in self.lines:
            line.draw(index, into)


def draw_sung_lines(
    lines: Sequence[SungLine],
    template_id: str,
    faces: Sequence[Area] = (),
    *,
    by_word: bool = False,
) -> TimedCaption | None:
    """Return captions that follow the singer; None when there is nothing to draw.

    ``by_word`` lights up the word that is sung, in lines that know the times of
    their words. The place is the template's own, or beside the ``faces``. 20 ms
    of work for a line, 60 with words. Raises ``InvalidInput`` when there is no such template.
    """
    look = find_template(template_id).caption
    stand, size = _common_place([line.text for line in lines], look, faces)
    drawn = []
    for line, until_seconds in zip(lines, _ends(lines), strict=True):
        starts = [word.place for word in line.words] if by_word else []
        setting = stand.set(line.text, size, starts)
        if setting is None:
            continue
        is_lit = len(starts) > 1
        # Before 0 for a line that begins with the clip: it is there on the first frame, the cover.
        first = _frame(line.start_seconds - LEAD_SECONDS)
        until = max(first + 1, _frame(until_seconds))
        whole = stand.draw(setting, UNSUNG_STRENGTH if is_lit else 1.0)
        words = _words(line, setting, stand, until) if is_lit else ()
        drawn.append(TimedLine(first, until, whole, words))
    return TimedCaption(tuple(drawn)) if drawn else None


def _common_place(
    texts: Sequence[str], look: CaptionLook, faces: Sequence[Area]
) -> tuple[Stand, int]:
    """Return the stand and the type size for all lines: where, and as large as, the tallest fits."""
    stand = usual_stand(look)
    size = _common_size(texts, stand, look.size)
    settings = [(stand.set(text, size), text) for text in texts]
    shown = [(setting, text) for setting, text in settings if setting is not None]
    if not any(is_on_a_face(stand.draw(setting), faces) for setting, _ in shown):
        return stand, size
    _, tallest = max(shown, key=lambda each: (each[0].height, each[0].width))
    aside = stand_beside(tallest, look, faces)
    if aside is None:
        return stand, size
    return aside[0], min(size, round(aside[1].size))


def _common_size(texts: Sequence[str], stand: Stand, largest: int) -> int:
    """Return the size at which every line fits; one endless line does not make all of them tiny."""
    settings = [stand.set(text, largest) for text in texts]
    sizes = [round(setting.size) for setting in settings if setting is not None]
    return max(min(COMFORTABLE_SIZE, largest), min(sizes, default=largest))


def _ends(lines: Sequence[SungLine]) -> list[float]:
    """Return when each line has left: at its end, and before the next one comes."""
    ends = [line.end_seconds for line in lines]
    for number, (_, following) in enumerate(pairwise(lines)):
        ends[number] = min(ends[number], following.start_seconds - LEAD_SECONDS)
    return ends


def _words(
    line: SungLine, setting: Setting, stand: Stand, line_until: int
) -> tuple[TimedWord, ...]:
    look = stand.look
    drawn = letter_words(setting, look, stand.within, (look.colour, look.sung))
    firsts = [_frame(word.start_seconds) for word in line.words]
    untils = [*firsts[1:], line_until]
    return tuple(
        TimedWord(firsts[number], max(firsts[number] + 1, untils[number]), sung, lit)
        for number, (sung, lit) in drawn.items()
    )


def _ramp(frames: int) -> float:
    """Return 0 before something begins, 1 once it has wholly come."""
    return min(1.0, max(0.0, frames / GLOW_FRAMES))


def _frame(seconds: float) -> int:
    return round(seconds * FRAME_RATE)
