"""A picture without anybody to cut out, as a thing in a scene: cropped to a sheet and put in its place."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from backline.content.media.canvas import Canvas
from backline.content.media.frame import Area
from backline.content.media.picture import Picture
from backline.content.media.stance import face_areas
from backline.content.media.still import STILL_HEIGHT, STILL_WIDTH, Matrix
from backline.content.portrait import find_portrait, frame_for


class Place(NamedTuple):
    """Where a scene has room for a sheet."""

    middle: tuple[float, float]
    largest: tuple[float, float]
    """Its middle, and its greatest width and height, in fractions of the frame."""
    tall: float
    wide: float
    """The shapes it may have, width by height: pictures beyond them are cropped."""


class Sheet(NamedTuple):
    """A picture, cropped, and where it lies on the still."""

    image: Canvas
    corner: tuple[int, int]
    """Left and top, still pixels, even."""
    picture_to_still: Matrix
    faces: tuple[Area, ...]


def lay_sheet(picture: Picture, place: Place) -> Sheet:
    """Crop a picture around its faces, as large as the place allows."""
    aspect = min(place.wide, max(place.tall, picture.aspect))
    width = (
        round(min(STILL_WIDTH * place.largest[0], STILL_HEIGHT * place.largest[1] * aspect)) & ~1
    )
    size = (width, round(width / aspect) & ~1)
    framing = frame_for(picture, *size)
    corner = (
        round(place.middle[0] * STILL_WIDTH - size[0] / 2) & ~1,
        round(place.middle[1] * STILL_HEIGHT - size[1] / 2) & ~1,
    )
    to_still = framing.matrix
    to_still[:, 2] += corner
    return Sheet(
        image=framing.cut(picture.rgb, *size).astype(np.float32) / np.float32(255),
        corner=corner,
        picture_to_still=to_still,
        faces=face_areas(find_portrait(picture), to_still),
    )
