"""Where a person stands in a scene: feet on the floor or eyes on the upper third, cropped edges out of sight."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from backline.content.media.canvas import Mask
from backline.content.media.face import Box
from backline.content.media.frame import FRAME_HEIGHT, FRAME_WIDTH, Area
from backline.content.media.picture import Picture
from backline.content.media.still import STILL_HEIGHT, STILL_SCALE, STILL_WIDTH, Matrix
from backline.content.portrait import EYE_LINE, Portrait

FACE_SHARE = 0.15
"""Of the frame's height: how tall a face stands when the picture allows it."""
TALLEST_FACE_SHARE = 0.29
COARSEST = 3.4
"""Still pixels per pixel of the picture at most: beyond it a person looks pasted in."""
FLOOR = 0.88
"""Of the frame's height: where feet stand."""
CUT_LINE = 0.80
"""Of the frame's height: by here something in front hides that a body was cropped."""
LOWEST_EYES = 0.47
ZOOMS = (1.02, 1.16)
"""Least and greatest enlargement of somebody before the background, over a whole push-in."""
_EDGE_ROWS = 0.04
"""Of the picture's height: a body that touches a side for less was not cropped there."""
_BORDER = 0.012
"""Of a side: touching means to come as near as this."""


class Stance(NamedTuple):
    """Where a picture comes to lie when the person in it stands in the scene."""

    scale: float
    left: float
    top: float
    """Still pixels."""

    @property
    def matrix(self) -> Matrix:
        """From the picture's pixels to the still's."""
        return np.array([[self.scale, 0, self.left], [0, self.scale, self.top]])


def stand(picture: Picture, portrait: Portrait) -> Stance | None:
    """Return where the person stands: eyes on the upper third, cropped edges outside the frame.

    None when there is no cut-out or it can not be placed without showing where
    the picture ended.
    """
    if portrait.person is None:
        return None
    body = _Body.of(portrait.person)
    eyes = _eyes(portrait)
    stance = _cropped(picture, portrait, body, eyes) if body.at_bottom else _whole(portrait, body)
    return None if stance is None else _between_the_sides(stance, picture, body, eyes)


class _Body(NamedTuple):
    """Where a person lies in a picture, and at which of its sides they were cropped."""

    top: float
    bottom: float
    at_bottom: bool
    at_left: bool
    at_right: bool

    @staticmethod
    def of(mask: Mask) -> _Body:
        height, width = mask.shape
        body = mask > 0.5
        rows = np.flatnonzero(body.any(axis=1))
        rim_x, rim_y = max(1, round(_BORDER * width)), max(1, round(_BORDER * height))
        return _Body(
            top=float(rows[0]),
            bottom=float(rows[-1] + 1),
            at_bottom=bool(body[-rim_y:].any()),
            at_left=bool(body[:, :rim_x].any(axis=1).mean() > _EDGE_ROWS),
            at_right=bool(body[:, -rim_x:].any(axis=1).mean() > _EDGE_ROWS),
        )


def _eyes(portrait: Portrait) -> tuple[float, float]:
    """Return the middle of the main people's eyes."""
    places = np.array([face.middle for face in portrait.main_faces])
    low, high = places.min(axis=0), places.max(axis=0)
    return float((low[0] + high[0]) / 2), float((low[1] + high[1]) / 2)


def _wished_scale(portrait: Portrait) -> float:
    faces = portrait.main_faces
    wished = FACE_SHARE * STILL_HEIGHT / max(face.height for face in faces)
    sides = [side for face in faces for side in (face.box[0], face.box[2])]
    return min(wished, 0.86 * STILL_WIDTH / (max(sides) - min(sides)))


def _cropped(
    picture: Picture, portrait: Portrait, body: _Body, eyes: tuple[float, float]
) -> Stance | None:
    """Place a body whose lower part is missing: it must reach down to what stands in front."""
    tallest = TALLEST_FACE_SHARE * STILL_HEIGHT / portrait.faces[0].height
    below = picture.height - eyes[1]
    both_sides = STILL_WIDTH / picture.width if body.at_left and body.at_right else 0.0
    for eye_line in (EYE_LINE, 0.40, 0.44, LOWEST_EYES):
        scale = min(_wished_scale(portrait), COARSEST * 1.35)
        needed = max((CUT_LINE - eye_line) * STILL_HEIGHT / below, both_sides)
        if max(scale, needed) <= min(tallest, COARSEST * 1.35):
            scale = max(scale, needed)
            return Stance(
                scale,
                STILL_WIDTH / 2 - eyes[0] * scale,
                eye_line * STILL_HEIGHT - eyes[1] * scale,
            )
    return None


def _whole(portrait: Portrait, body: _Body) -> Stance:
    """Place somebody whose feet can be seen: they stand on the floor."""
    scale = min(_wished_scale(portrait), COARSEST, 0.70 * STILL_HEIGHT / (body.bottom - body.top))
    middle = _eyes(portrait)[0]
    return Stance(
        scale, STILL_WIDTH / 2 - middle * scale, FLOOR * STILL_HEIGHT - body.bottom * scale
    )


def _between_the_sides(
    stance: Stance, picture: Picture, body: _Body, eyes: tuple[float, float]
) -> Stance | None:
    """Push a body that was cropped at a side against that side of the frame."""
    scale, left = stance.scale, stance.left
    if body.at_left and body.at_right and picture.width * scale < STILL_WIDTH - 1:
        return None
    if body.at_left:
        left = min(left, 0.0)
    if body.at_right:
        left = max(left, STILL_WIDTH - picture.width * scale)
    middle = (left + eyes[0] * scale) / STILL_WIDTH
    if not 0.24 < middle < 0.76:
        return None
    return stance._replace(left=left)


def face_areas(portrait: Portrait, picture_to_still: Matrix) -> tuple[Area, ...]:
    """Return the parts of the frame that the main faces of a picture cover while the camera moves."""
    return tuple(face_area(face.box, picture_to_still) for face in portrait.main_faces)


def face_area(box: Box, to_still: Matrix) -> Area:
    """Return the frame's part that a face covers at any moment of a push-in: with hair, and 4 % all round."""
    air, hair = 0.04 * (box[3] - box[1]), 0.16 * (box[3] - box[1])
    corners = np.array([[box[0] - air, box[2] + air], [box[1] - hair, box[3] + air], [1, 1]])
    middle = np.array([[FRAME_WIDTH / 2], [FRAME_HEIGHT / 2]])
    placed = to_still @ corners / STILL_SCALE - middle
    seen = np.stack([middle + zoom * placed for zoom in ZOOMS])
    left, top = seen.min(axis=(0, 2))
    right, bottom = seen.max(axis=(0, 2))
    return Area(round(left), round(top), round(right), round(bottom))
