"""A person, cut out of a picture and set into a scene: where they stand, and how the light falls on them."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from backline.content.media.canvas import Canvas, Mask, blurred, enlarged, grid, smoothstep
from backline.content.media.face import Box
from backline.content.media.frame import FRAME_HEIGHT, FRAME_WIDTH, Area, Plane, Planes
from backline.content.media.grade import Grade, Tone, graded
from backline.content.media.layer import Layer, layer_of
from backline.content.media.picture import Picture
from backline.content.media.speech import Speech, let_speak
from backline.content.media.still import (
    STILL_HEIGHT,
    STILL_SCALE,
    STILL_WIDTH,
    Matrix,
    view_matrix,
)
from backline.content.motion import SceneFacts, View
from backline.content.portrait import EYE_LINE, Portrait, find_portrait

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


class Rim(NamedTuple):
    """Light from behind, along one edge of a person."""

    from_x: float
    from_y: float
    """Where it comes from: (-1, 0) is the left, (0, -1) above."""
    colour: Tone
    width: float
    """Still pixels."""
    strength: float


class FigureLight(msgspec.Struct, frozen=True, kw_only=True):
    """How a scene lights the person in it."""

    grade: Grade
    rims: tuple[Rim, ...]
    wash: Canvas | None = None
    """Coloured light over the whole frame, on a small canvas of its shape: 1 leaves things as they are."""
    dark_from: float = 0.52
    """Of the frame's height: below it the body sinks into the dark, down to ``dark_to``."""
    dark_to: float = 0.90
    dark: float = 0.80
    """How dark it gets, 0 to 1."""


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


def nearer(view: View) -> View:
    """Return how a person before the background is seen: what the camera does, and a third more of it."""
    return View(
        zoom=1 + (view.zoom - 1) * 1.35,
        shift_x=view.shift_x * 1.8,
        shift_y=view.shift_y * 1.8,
        angle=view.angle,
    )


class Subject(NamedTuple):
    """What the picture became in a scene: somebody who stands there, or a thing that shows the picture."""

    layer: Layer
    picture_to_still: Matrix
    faces: tuple[Area, ...]
    """Frame pixels, wide enough for all that the camera does."""
    is_person: bool
    speech: Speech | None = None

    def singing(self, picture: Picture, facts: SceneFacts) -> Subject:
        """Return the same with a mouth that follows the voice, if the music asks for it and there is one."""
        layer = self.layer
        speech = speech_on(
            layer.planes,
            picture,
            self.picture_to_still,
            facts,
            corner=(layer.left, layer.top),
            hides=layer.hides,
        )
        if speech is None:
            return self
        return self._replace(layer=self.layer._replace(planes=speech.planes), speech=speech)

    def draw(self, view: View, index: int, into: Planes) -> None:
        """Lay it over the background that a camera sees in ``view`` at a frame."""
        near = nearer(view)
        if self.speech is not None:
            self.speech.pose(index)
            near = self.speech.swayed(near, index) if self.is_person else near
        self.layer.draw(view_matrix(near), into)


def speech_on(
    planes: Planes,
    picture: Picture,
    picture_to_still: Matrix,
    facts: SceneFacts,
    *,
    corner: tuple[int, int] = (0, 0),
    hides: Plane | None = None,
) -> Speech | None:
    """Return the picture's largest face, singing, on planes whose corner lies at ``corner`` of the still.

    None when the music has no mouth for it or there is no face.
    """
    face = find_portrait(picture).singer
    if face is None or not facts.mouth:
        return None
    to_planes = picture_to_still.copy()
    to_planes[:, 2] -= corner
    return let_speak(planes, face, to_planes, facts.mouth, facts.seed, hides)


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


def darken_below(background: Canvas) -> None:
    """Darken the foot of a background, in place, where a cropped body dissolves before it."""
    _, y = grid(2, background.shape[0])
    share = y[:, :1, None] / background.shape[0]
    background *= 1 - 0.78 * smoothstep(0.66, CUT_LINE + 0.04, share)


def set_figure(picture: Picture, portrait: Portrait, stance: Stance, light: FigureLight) -> Subject:
    """Light a person as the scene does and make the layer that stands in it."""
    assert portrait.person is not None
    low, high = _window(picture, stance)
    size = (high[0] - low[0], high[1] - low[1])
    matrix = stance.matrix
    matrix[:, 2] -= low
    matrix[:, 2] += 0.5 * stance.scale - 0.5
    mask = cv2.warpAffine(portrait.person, matrix, size, flags=cv2.INTER_LINEAR)
    photo = _placed(picture, matrix, size, stance.scale)
    canvas = graded(photo, light.grade, _main_face(portrait, matrix, mask))
    if light.wash is not None:
        whole = enlarged(light.wash, STILL_WIDTH, STILL_HEIGHT)
        canvas *= whole[low[1] : high[1], low[0] : high[0]]
    _sink(canvas, light, low[1])
    for rim in light.rims:
        canvas += _rim_light(mask, rim)
    # A cut-out's edge still holds a breath of what was behind it: take a little off.
    mask = _dissolved(smoothstep(0.10, 1.0, mask), picture, stance, low[1])
    faces = face_areas(portrait, stance.matrix)
    return Subject(layer_of(canvas, mask, *low), stance.matrix, faces, is_person=True)


def _main_face(portrait: Portrait, matrix: Matrix, mask: Mask) -> Mask:
    """Return the person's mask, of the main face alone."""
    left, top, right, bottom = portrait.faces[0].box
    (low_x, high_x), (low_y, high_y) = matrix @ np.array([[left, right], [top, bottom], [1, 1]])
    face = np.zeros_like(mask)
    rows = slice(max(0, round(low_y)), max(0, round(high_y)))
    columns = slice(max(0, round(low_x)), max(0, round(high_x)))
    face[rows, columns] = mask[rows, columns]
    return face


def _window(picture: Picture, stance: Stance) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the part of the still that the picture covers, between even corners."""
    left = max(0, int(stance.left)) & ~1
    top = max(0, int(stance.top)) & ~1
    right = min(STILL_WIDTH, int(stance.left + picture.width * stance.scale)) & ~1
    bottom = min(STILL_HEIGHT, int(stance.top + picture.height * stance.scale)) & ~1
    return (left, top), (right, bottom)


def _placed(
    picture: Picture, matrix: Matrix, size: tuple[int, int], scale: float
) -> NDArray[np.uint8]:
    source, local = picture.rgb, matrix.copy()
    if scale < 1:
        source = cv2.resize(source, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        local[:, :2] = np.eye(2)
    moved = cv2.warpAffine(
        source, local, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(moved, np.uint8)


def _sink(canvas: Canvas, light: FigureLight, top: int) -> None:
    """Let the lower body sink into the dark, in place."""
    _, y = grid(2, canvas.shape[0])
    share = (y + top) / STILL_HEIGHT
    canvas *= 1 - light.dark * smoothstep(light.dark_from, light.dark_to, share)[..., :1, None]


def _dissolved(mask: Mask, picture: Picture, stance: Stance, top: int) -> Mask:
    """Let a cropped body that ends inside the frame dissolve into the dark before it ends."""
    assert mask.ndim == 2
    end = stance.top + picture.height * stance.scale - top
    if end + top >= STILL_HEIGHT or not mask[-4:].any():
        return mask
    _, y = grid(2, mask.shape[0])
    return np.asarray(mask * smoothstep(end - 4, end - 0.11 * STILL_HEIGHT, y), np.float32)


def _rim_light(mask: Mask, rim: Rim) -> Canvas:
    """Return light along the edges that face it."""
    shrink = 2
    small = cv2.resize(mask, None, fx=1 / shrink, fy=1 / shrink, interpolation=cv2.INTER_AREA)
    soft = blurred(small, rim.width / shrink)
    slope_x = cv2.Sobel(soft, cv2.CV_32F, 1, 0, ksize=3)
    slope_y = cv2.Sobel(soft, cv2.CV_32F, 0, 1, ksize=3)
    facing = np.maximum(-(slope_x * rim.from_x + slope_y * rim.from_y), 0) * rim.width / shrink
    edge = cv2.resize(np.minimum(facing * 0.33, 1.2) * small, mask.shape[::-1])
    return np.asarray(
        edge[..., None] * (rim.strength * np.array(rim.colour, np.float32)), np.float32
    )


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
