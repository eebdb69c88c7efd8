"""Step 3 of a video: take the caption that was given, write one or have it written, or follow the singer."""

from __future__ import annotations

from typing import Any

import msgspec

from backline.content.caption import (
    WORD_LIMITS,
    CaptionRequest,
    SungLine,
    choose_mode,
    fitted_answer,
    lines_of_clip,
    unshown_characters,
    write_caption,
)
from backline.content.order import CaptionMode, Order
from backline.content.progress import Progress
from backline.content.providers import Outside
from backline.content.providers.prompts import caption_job
from backline.content.steps.listening import HeardSong
from backline.content.templates import find_template
from backline.errors import AbortRun
from backline.sdk import Context

_TRIES = 2
"""How often an outside service may write before it is told to be of no use."""


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
    """Why it is not shown, or not made, as was asked for; empty when it is."""
    made_by: str = ""
    """The outside service that wrote it; empty for us and for whoever ordered."""


def choose_caption(
    order: Order, seed: int, heard: HeardSong, ctx: Context, progress: Progress
) -> ChosenCaption:
    """Decide on the words and how they are shown."""
    progress.begin("writing the caption", 0.18)
    lines = _sung_lines(order, heard)
    is_given = order.caption is not None and bool(order.caption.strip())
    mode, left_out = choose_mode(order.caption_mode, lines, is_caption_given=is_given)
    if mode != "still":
        return _chosen(order, _joined(lines), mode=mode, lines=lines, left_out=left_out)
    if is_given or order.caption_length == "none":
        return _chosen(order, _written(order, seed, heard), left_out=left_out)
    outside = Outside(ctx)
    told, refusal = _told(order, heard, outside)
    return _chosen(
        order,
        told or _written(order, seed, heard),
        left_out=" ".join(filter(None, [left_out, refusal])),
        made_by=outside.name_of("caption") if told else "",
    )


def _chosen(order: Order, text: str, **facts: Any) -> ChosenCaption:
    return ChosenCaption(text=text, unshown=unshown_characters(text, order.template), **facts)


def _told(order: Order, heard: HeardSong, outside: Outside) -> tuple[str | None, str]:
    """Return what an outside service wrote, and why it did not; neither where there is none."""
    if not outside.name_of("caption"):
        return None, ""
    job = caption_job(
        find_template(order.template),
        WORD_LIMITS[order.caption_length],
        heard.title,
        order.artist_name or heard.artist,
        [line.text for line in heard.lines],
    )

    def ask() -> str:
        for _ in range(_TRIES):
            text = fitted_answer(outside.make(job).text, order.caption_length)
            if text is not None:
                return text
        raise AbortRun(f"its texts are not {order.caption_length}")

    return outside.attempt("caption", ask)


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
            variant=order.variant,
        )
    )
