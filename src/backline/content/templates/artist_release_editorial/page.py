"""The printed part of the page: artist, title, date, covers, a faint name at the foot. Frame pixels throughout."""

from __future__ import annotations

import numpy as np

from backline.content.media.canvas import Canvas, Mask, blurred, rounded_rectangle
from backline.content.media.frame import FRAME_HEIGHT, FRAME_WIDTH
from backline.content.media.lettering import plain_letters
from backline.content.media.picture import Picture
from backline.content.media.typesetting import typeset
from backline.content.templates.artist_release_editorial.covers import draw_covers
from backline.content.templates.artist_release_editorial.palette import Palette

LEFT, RIGHT = 84, 888
"""Where type may stand: free of buttons in all three apps."""
ARTIST_Y, TITLE_Y, COVERS_Y = 806, 852, 1296
TITLE_HEIGHT = 206
COVER_SIDE, COVER_GAP = 174, 24
FOOT_Y = 1660
WHITE = np.array([0.985, 0.970, 0.940], np.float32)


class Sheet:
    """Ink that is laid over the picture: pre-multiplied colour, and how much of it is there."""

    def __init__(self) -> None:
        self.colour: Canvas = np.zeros((FRAME_HEIGHT, FRAME_WIDTH, 3), np.float32)
        self.cover: Mask = np.zeros((FRAME_HEIGHT, FRAME_WIDTH), np.float32)
        self.title_bottom = TITLE_Y

    def print(self, mask: Mask, ink: Canvas | np.ndarray, left: int, top: int) -> None:
        """Lay ink (one colour or a picture) through a mask whose corner stands at (left, top)."""
        height = min(mask.shape[0], FRAME_HEIGHT - top)
        width = min(mask.shape[1], FRAME_WIDTH - left)
        part = mask[:height, :width, None]
        shown = ink[:height, :width] if ink.ndim == 3 else ink
        rows, columns = slice(top, top + height), slice(left, left + width)
        self.colour[rows, columns] += (shown - self.colour[rows, columns]) * part
        under = self.cover[rows, columns]
        under += (1 - under) * part[..., 0]


def print_page(picture: Picture, palette: Palette, *, title: str, artist: str, date: str) -> Sheet:
    """Return everything on the page that does not move."""
    sheet = Sheet()
    _print_foot(sheet, artist or title, palette)
    head = "  ·  ".join(part for part in (artist.upper(), date) if part)
    _print_line(sheet, head, palette.accent, weight=600, size=34, top=ARTIST_Y, height=50)
    sheet.title_bottom = _print_line(
        sheet, title, WHITE, weight=800, size=104, top=TITLE_Y, height=TITLE_HEIGHT
    )
    for number, cover in enumerate(draw_covers(picture, palette, COVER_SIDE)):
        _print_cover(sheet, cover, LEFT + number * (COVER_SIDE + COVER_GAP), COVERS_Y)
    return sheet


def _print_line(
    sheet: Sheet, text: str, ink: np.ndarray, *, weight: int, size: int, top: int, height: int
) -> int:
    """Print a text flush left, smaller when it is long; return where it ends."""
    setting = typeset(text, weight, size, RIGHT - LEFT, height, share=1.0)
    if setting is None:
        return top
    letters = plain_letters(setting)
    air = (letters.shape[0] - round(setting.height)) // 2
    sheet.print(letters, ink, LEFT - air, top - air)
    return top + round(setting.height)


def _print_cover(sheet: Sheet, cover: Canvas, left: int, top: int) -> None:
    margin = 30
    shape = rounded_rectangle(COVER_SIDE, COVER_SIDE, 9, 0)
    shadow = blurred(np.pad(shape, margin), 11) * 0.6
    sheet.print(shadow, np.zeros(3, np.float32), left - margin, top - margin + 8)
    sheet.print(shape, cover, left, top)


def _print_foot(sheet: Sheet, name: str, palette: Palette) -> None:
    """Print the name very large and very faint at the foot, running out of the page."""
    setting = typeset(name, 900, 300, 60_000, 100_000, share=1.0)
    if setting is None:
        return
    letters = plain_letters(setting._replace(lines=setting.lines[:1]))
    faint = palette.page * 1.0 + 0.055 * palette.accent
    sheet.print(letters[:, : FRAME_WIDTH - 10], faint, 10, FOOT_Y)
