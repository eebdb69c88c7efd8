"""Step 3 of a video: take the caption that was given, write one, or follow the words that are sung."""

from __future__ import annotations

import msgspec

from backline.content.caption import (
    CaptionRequest,
    SungLine,
    choose_mode,
    lines_of_clip,
    unshown_characters,
    write_caption,
)
from backline.content.order import CaptionMode, Order
from backline.content.progress import Progress
from backline.content.steps.listening import HeardSong
from backline.content.templates import find_template


class ChosenCaption(msgspec.Struct, frozen=True, kw_only=True):
    """The text that is burned in."""

    text: str
    """Empty for none."""
    unshown: str
    """Characters of it that no bundled font can draw; they are left out of the picture."""
    mode: CaptionMode = "still"
    lines: list[SungLine] = []
    """What is sung and when; empty for a caption that stands still."""
    left_out: str = ""
    """Why it is not shown as was asked for; empty when it is."""


def choose_caption(order: Order, seed: int, heard: HeardSong, progress: Progress) -> ChosenCaption:
    """Decide on the words and how they are shown."""
    progress.begin("writing the caption", 0.18)
    lines = _sung_lines(order, heard)
    is_given = order.caption is not None and bool(order.caption.strip())
    mode, left_out = choose_mode(order.caption_mode, lines, is_caption_given=is_given)
    text = _written(order, seed, heard) if mode == "still" else _joined(lines)
    return ChosenCaption(
        text=text,
        unshown=unshown_characters(text, order.template),
        mode=mode,
        lines=[] if mode == "still" else lines,
        left_out=left_out,
    )


def _sung_lines(order: Order, heard: HeardSong) -> list[SungLine]:
    if order.caption_mode == "still":
        return []
    return lines_of_clip(
        heard.lines,
        heard.clip.start_seconds,
        heard.clip.duration_seconds,
        lower_case=find_template(order.template).words.lower_case,
    )


def _joined(lines: list[SungLine]) -> str:
    """Return the lines as one text, as they follow each other in the film."""
    return "\n".join(line.text for line in lines)


def _written(order: Order, seed: int, heard: HeardSong) -> str:
    return write_caption(
        CaptionRequest(
            template_id=order.template,
            text=order.caption,
            length=order.caption_length,
            song_title=heard.title,
            artist=order.artist_name or heard.artist,
            lyric_lines=[line.text for line in heard.lines],
            seed=seed,
        )
    )
