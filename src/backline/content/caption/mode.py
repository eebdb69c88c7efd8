"""Which way of showing words a song allows: still, line by line, or word by word.

What is asked for and can not be done becomes the next best, and the reason is
said in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from backline.content.caption.timing import SungLine, has_word_times
from backline.content.order import CaptionMode


class ChosenMode(NamedTuple):
    """How the words are shown."""

    mode: CaptionMode
    left_out: str = ""
    """Why it is not what was asked for, as a sentence with a way out; empty when it is."""


def choose_mode(
    wanted: CaptionMode, lines: Sequence[SungLine], *, is_caption_given: bool
) -> ChosenMode:
    """Return the mode for a clip in which ``lines`` are sung. Somebody's own caption always stands still."""
    if wanted == "still":
        return ChosenMode("still")
    if is_caption_given:
        return ChosenMode(
            "still",
            f"The caption stands still: captionMode {wanted} shows the song's own words; "
            "leave caption out for that.",
        )
    if not lines:
        return ChosenMode(
            "still",
            "The caption stands still: no words with times are known for this part of the song; "
            "attach its lyrics as .lrc, or choose another clipStart.",
        )
    if wanted == "karaoke" and not has_word_times(lines):
        return ChosenMode(
            "lines",
            "The words are shown line by line: the lyrics give no times of single words; "
            "attach an enhanced .lrc (<mm:ss.xx> before each word).",
        )
    return ChosenMode(wanted)
