"""The printed part of the page that does not move: a rule, artist and date, the title."""

from __future__ import annotations

import numpy as np

from backline.content.media.canvas import Canvas, Mask
from backline.content.media.frame import FRAME_HEIGHT, FRAME_WIDTH
from backline.content.media.lettering import plain_letters
from backline.content.media.typesetting import typeset
from backline.content.templates.artist_release_editorial.layout import (
    KICKER_HEIGHT,
    KICKER_SIZE,
    KICKER_TOP,
    LEFT,
    RIGHT,
    RULE_HEIGHT,
    RULE_TOP,
    RULE_WIDTH,
    TITLE_HEIGHT,
    TITLE_SIZE,
    TITLE_TOP,
)
from backline.content.templates.artist_release_editorial.palette import Palette, Tint


def print_page(palette: Palette, *, title: str, artist: str, date: str) -> Canvas:
    """Return the page, (1920, 1080, 3), blank where the picture, the covers and the bars come."""
    page = np.empty((FRAME_HEIGHT, FRAME_WIDTH, 3), np.float32)
    page[:] = palette.page
    page[RULE_TOP : RULE_TOP + RULE_HEIGHT, LEFT : LEFT + RULE_WIDTH] = palette.accent
    kicker = "  ·  ".join(part for part in (artist.upper(), date) if part)
    _print_line(
        page,
        kicker,
        palette.accent,
        weight=700,
        size=KICKER_SIZE,
        top=KICKER_TOP,
        height=KICKER_HEIGHT,
    )
    _print_line(
        page, title, palette.ink, weight=850, size=TITLE_SIZE, top=TITLE_TOP, height=TITLE_HEIGHT
    )
    return page


def _print_line(
    page: Canvas, text: str, ink: Tint, *, weight: int, size: int, top: int, height: int
) -> None:
    """Print a text flush left, smaller when it is long."""
    setting = typeset(text, weight, size, RIGHT - LEFT, height, share=1.0)
    if setting is None:
        return
    letters = plain_letters(setting)
    air = (letters.shape[0] - round(setting.height)) // 2
    _lay(page, letters, ink, LEFT - air, top - air)


def _lay(page: Canvas, mask: Mask, ink: Tint, left: int, top: int) -> None:
    height, width = min(mask.shape[0], FRAME_HEIGHT - top), min(mask.shape[1], FRAME_WIDTH - left)
    part = page[top : top + height, left : left + width]
    part += (ink - part) * mask[:height, :width, None]
