"""Step 3 of a video: take the caption that was given, or write one."""

from __future__ import annotations

import msgspec

from backline.content.caption import CaptionRequest, draw_caption, write_caption
from backline.content.order import Order
from backline.content.progress import Progress
from backline.content.steps.listening import HeardSong


class ChosenCaption(msgspec.Struct, frozen=True, kw_only=True):
    """The text that is burned in."""

    text: str
    """Empty for none."""
    unshown: str
    """Characters of it that no bundled font can draw; they are left out of the picture."""


def choose_caption(order: Order, seed: int, heard: HeardSong, progress: Progress) -> ChosenCaption:
    """Decide on the words, and try them in the template's letters."""
    progress.begin("writing the caption", 0.18)
    text = write_caption(
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
    overlay = draw_caption(text, order.template)
    return ChosenCaption(text=text, unshown=overlay.unshown if overlay is not None else "")
