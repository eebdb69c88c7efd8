"""A picture without anybody to cut out, on the screen at the back of the stage."""

from __future__ import annotations

import numpy as np

from backline.content.media.canvas import Canvas, rounded_rectangle
from backline.content.media.layer import layer_of
from backline.content.media.picture import Picture
from backline.content.media.sheet import Place, lay_sheet
from backline.content.media.subject import Subject

WALL = Place(middle=(0.5, 0.330), largest=(0.84, 0.40), tall=0.85, wide=1.5)
_FRAME, _METAL = 18, 0.028
"""Still pixels of dark metal around the lamps, and its brightness."""
_DOT = 6
"""Still pixels from one lamp of the screen to the next."""


def picture_on_screen(picture: Picture) -> tuple[Subject, Canvas]:
    """Return the screen, and its colour as light (RGB, 0 to 1)."""
    sheet = lay_sheet(picture, WALL)
    height, width = sheet.image.shape[:2]
    mask = rounded_rectangle(width - 8, height - 8, 10, 4)
    layer = layer_of(_lamps(sheet.image), mask, *sheet.corner)
    screen = Subject(layer, sheet.picture_to_still, sheet.faces, is_person=False)
    return screen, sheet.image.mean(axis=(0, 1))


def _lamps(image: Canvas) -> Canvas:
    """Show an image as a wall of lamps does: with blacks that glow a little, and a fine grid."""
    height, width = image.shape[:2]
    rows = np.where(np.arange(height) % _DOT < 1, 0.86, 1.0).astype(np.float32)
    columns = np.where(np.arange(width) % _DOT < 1, 0.86, 1.0).astype(np.float32)
    lit = 0.02 + 0.90 * image**1.12
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    wall = np.asarray(lit * (rows[:, None] * columns)[..., None] * (1.0 - 0.22 * y), np.float32)
    wall[:_FRAME], wall[-_FRAME:], wall[:, :_FRAME], wall[:, -_FRAME:] = (_METAL,) * 4
    return wall
