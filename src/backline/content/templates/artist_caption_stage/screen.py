"""A picture without anybody to cut out, on the screen at the back of the stage."""

from __future__ import annotations

import numpy as np

from backline.content.media.canvas import Canvas, rounded_rectangle
from backline.content.media.layer import layer_of
from backline.content.media.picture import Picture
from backline.content.media.stance import face_areas
from backline.content.media.still import STILL_HEIGHT, STILL_WIDTH
from backline.content.media.subject import Subject
from backline.content.portrait import find_portrait, frame_for

LARGEST = (0.84, 0.40)
"""In fractions of the frame."""
MIDDLE = (0.5, 0.330)
WIDE, TALL = 1.5, 0.85
_FRAME, _METAL = 18, 0.028
"""Still pixels of dark metal around the lamps, and its brightness."""
_DOT = 6
"""Still pixels from one lamp of the screen to the next."""


def picture_on_screen(picture: Picture) -> tuple[Subject, Canvas]:
    """Return the screen, and its colour as light (RGB, 0 to 1)."""
    aspect = min(WIDE, max(TALL, picture.aspect))
    width = round(min(STILL_WIDTH * LARGEST[0], STILL_HEIGHT * LARGEST[1] * aspect)) & ~1
    size = (width, round(width / aspect) & ~1)
    framing = frame_for(picture, *size)
    image = framing.cut(picture.rgb, *size).astype(np.float32) / np.float32(255)
    corner = (
        round(MIDDLE[0] * STILL_WIDTH - size[0] / 2) & ~1,
        round(MIDDLE[1] * STILL_HEIGHT - size[1] / 2) & ~1,
    )
    to_still = framing.matrix
    to_still[:, 2] += corner
    faces = face_areas(find_portrait(picture), to_still)
    mask = rounded_rectangle(size[0] - 8, size[1] - 8, 10, 4)
    screen = Subject(layer_of(_lamps(image), mask, *corner), to_still, faces, is_person=False)
    return screen, image.mean(axis=(0, 1))


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
