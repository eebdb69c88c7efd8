"""A picture without anybody to cut out, in a lit case at the side of the street, as at a bus stop."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from backline.content.media.canvas import Canvas, blurred, rounded_rectangle
from backline.content.media.layer import Layer, layer_of
from backline.content.media.picture import Picture
from backline.content.media.sheet import Place, lay_sheet
from backline.content.media.still import STILL_HEIGHT, STILL_WIDTH
from backline.content.media.subject import Subject

GLASS = Place(middle=(0.5, 0.318), largest=(0.78, 0.385), tall=0.66, wide=1.0)
BEZEL = 26
"""Still pixels of metal around the glass."""
POST_BOTTOM = 0.675
"""Of the frame's height: where the case's legs meet the pavement."""


class Poster(NamedTuple):
    """The case, and what it does to the street."""

    subject: Subject
    light: Canvas
    """On a canvas of a quarter of the still: the case itself, to be mirrored and to glow."""


def light_poster(picture: Picture) -> Poster:
    """Make the case: the picture cropped to an upright sheet, lit from behind."""
    sheet = lay_sheet(picture, GLASS)
    case = _case(_backlit(sheet.image), sheet.corner)
    return Poster(
        Subject(case, sheet.picture_to_still, sheet.faces, is_person=False),
        light=_in_the_street(sheet.image, sheet.corner),
    )


def _backlit(glass: Canvas) -> Canvas:
    """Return the sheet with tubes behind it: brighter in the middle, its blacks a little raised."""
    height, width = glass.shape[:2]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    tubes = 1.04 - 0.16 * x**2 - 0.10 * y**2
    sheet = (0.035 + 0.93 * glass) * tubes[..., None]
    gleam = np.exp(-(((x - 0.6 * y + 0.55) / 0.16) ** 2)) * 0.035
    return np.asarray(sheet + gleam[..., None], np.float32)


def _case(glass: Canvas, corner: tuple[int, int]) -> Layer:
    """Put the sheet into metal and stand it on two legs."""
    height, width = glass.shape[:2]
    legs = round(POST_BOTTOM * STILL_HEIGHT) - corner[1] - height - BEZEL
    box = np.zeros((height + 2 * BEZEL + legs, width + 2 * BEZEL, 3), np.float32)
    mask = np.zeros(box.shape[:2], np.float32)
    metal = np.array([0.050, 0.055, 0.062], np.float32)
    box[:] = metal
    mask[: height + 2 * BEZEL] = rounded_rectangle(width + 2 * BEZEL, height + 2 * BEZEL, 18, 0)
    box[: height + 2 * BEZEL, :5] += 0.10
    box[:5] += 0.08
    box[BEZEL : BEZEL + height, BEZEL : BEZEL + width] = glass
    for middle in (0.18, 0.82):
        left = round(middle * box.shape[1]) - 16
        mask[height + BEZEL :, left : left + 32] = 1
    mask = cv2.GaussianBlur(mask, (0, 0), 1.0)
    even = (box.shape[0] & ~1, box.shape[1] & ~1)
    return layer_of(
        box[: even[0], : even[1]], mask[: even[0], : even[1]], corner[0] - BEZEL, corner[1] - BEZEL
    )


def _in_the_street(glass: Canvas, corner: tuple[int, int]) -> Canvas:
    """Return the case's light on the street: itself, and a glow around it."""
    street = np.zeros((STILL_HEIGHT // 4, STILL_WIDTH // 4, 3), np.float32)
    size = (glass.shape[1] // 4, glass.shape[0] // 4)
    part = street[corner[1] // 4 :, corner[0] // 4 :][: size[1], : size[0]]
    part[:] = cv2.resize(glass, size, interpolation=cv2.INTER_AREA)[
        : part.shape[0], : part.shape[1]
    ]
    return np.asarray(street + 0.9 * blurred(street, 22), np.float32)
