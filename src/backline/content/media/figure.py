"""A person, cut out of a picture and set into a scene: how its light falls on them."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from backline.content.media.canvas import Canvas, Mask, blurred, enlarged, grid, smoothstep
from backline.content.media.grade import Grade, Tone, graded
from backline.content.media.layer import layer_of
from backline.content.media.picture import Picture
from backline.content.media.stance import CUT_LINE, Stance, face_areas
from backline.content.media.still import STILL_HEIGHT, STILL_WIDTH, Matrix
from backline.content.media.subject import Subject
from backline.content.portrait import Portrait


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
    fade: float = 0.11
    """Of the frame's height: over how much of it a cropped body dissolves before it ends."""


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
    mask = _dissolved(smoothstep(0.10, 1.0, mask), picture, stance, low[1], light.fade)
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


def _dissolved(mask: Mask, picture: Picture, stance: Stance, top: int, fade: float) -> Mask:
    """Let a cropped body that ends inside the frame dissolve into the dark before it ends."""
    assert mask.ndim == 2
    end = stance.top + picture.height * stance.scale - top
    if end + top >= STILL_HEIGHT or not mask[-4:].any():
        return mask
    _, y = grid(2, mask.shape[0])
    return np.asarray(mask * smoothstep(end - 4, end - fade * STILL_HEIGHT, y), np.float32)


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
