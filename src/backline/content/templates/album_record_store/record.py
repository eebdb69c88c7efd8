"""The record: grooves that catch the light at fixed places, a label that turns, dust that turns with it."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from backline.content.media.canvas import (
    Canvas,
    Mask,
    blurred,
    grid,
    laid,
    paste,
    resized,
    shade,
    smoothstep,
)
from backline.content.media.colour import to_planes
from backline.content.media.disc import Disc, sampled
from backline.content.media.frame import Plane, Planes
from backline.content.media.picture import Rgb
from backline.content.media.still import STILL_HEIGHT, STILL_WIDTH, Matrix, halved
from backline.content.media.window import Window, window_on
from backline.content.templates.album_record_store.layout import (
    AXLE_RADIUS,
    COUNTER_Y,
    LABEL_RADIUS,
    RECORD_CENTRE,
    RECORD_RADIUS,
)
from backline.content.templates.album_record_store.shop import LAMP_ON_PAPER

VINYL = np.array([0.030, 0.028, 0.030], np.float32)
LAMP_ON_VINYL = np.array([1.0, 0.80, 0.60], np.float32)
WINDOW_ON_VINYL = np.array([0.62, 0.74, 1.0], np.float32)
HIGHLIGHTS = (
    (-1.22, 0.20, 0.62, LAMP_ON_VINYL),
    (1.92, 0.17, 0.42, LAMP_ON_VINYL),
    (-0.42, 0.11, 0.24, WINDOW_ON_VINYL),
    (2.72, 0.11, 0.16, WINDOW_ON_VINYL),
)
"""Angle (radians), width, strength, colour: round grooves show each lamp as two opposite wedges."""
_FOOT_ROWS = 120
"""Lower down nothing is left of the shadow at the record's foot."""
_PER_RADIAN = 1024
"""So many angles are told apart: two to a pixel at the rim."""
TRACK_GAPS = (0.47, 0.585, 0.70, 0.79, 0.885)
"""Fractions of the radius; six songs a side."""


def lay_record(canvas: Canvas, rng: np.random.Generator) -> Mask:
    """Paint the record with a bare white label, in place; return how much of it is in sight."""
    side = 2 * round(RECORD_RADIUS) + 8
    x, y = grid(side, side)
    dx, dy = x - side / 2, y - side / 2
    radius = np.hypot(dx, dy).astype(np.float32)
    disc = np.clip(RECORD_RADIUS - radius + 0.5, 0, 1).astype(np.float32)
    vinyl = _vinyl(radius, np.arctan2(dy, dx).astype(np.float32), rng)
    _add_label(vinyl, radius, dx, dy)
    corner = (RECORD_CENTRE[0] - side / 2, RECORD_CENTRE[1] - side / 2)
    where = np.array([[1.0, 0, corner[0]], [0, 1.0, corner[1]]])
    _cast_shadow(canvas, disc, where)
    paste(canvas, vinyl, disc, where)
    return laid(disc, where, STILL_WIDTH, STILL_HEIGHT)


def _vinyl(radius: Mask, angle: Mask, rng: np.random.Generator) -> Canvas:
    """Return the black of the record under the shop's light."""
    position = radius / RECORD_RADIUS
    groove = _grooves(rng)[np.minimum(radius * 2, 2 * RECORD_RADIUS).astype(np.int32)]
    played = smoothstep(0.385, 0.40, position) * smoothstep(0.985, 0.972, position)
    scattered = (0.30 + 0.70 * groove * played) * (0.55 + 0.45 * smoothstep(0.35, 0.9, position))
    surface = _wedges()[((angle + np.pi) * _PER_RADIAN).astype(np.int32)]
    surface *= scattered[..., None]
    surface += VINYL
    gloss = 0.02 + 0.05 * played * groove
    rim = np.exp(-(((position - 0.990) / 0.004) ** 2)) * (
        0.10 + 0.25 * np.clip(-np.sin(angle + 0.6), 0, 1)
    )
    return np.asarray(surface + (gloss + rim)[..., None] * LAMP_ON_VINYL * 0.5, np.float32)


def _wedges() -> Canvas:
    """Return the colour of the highlights by angle, from -pi on."""
    angle = np.arange(np.ceil(2 * np.pi * _PER_RADIAN) + 1, dtype=np.float32) / _PER_RADIAN - np.pi
    wedges = np.zeros((len(angle), 3), np.float32)
    for middle, width, strength, colour in HIGHLIGHTS:
        turned = np.abs((angle - middle + np.pi) % (2 * np.pi) - np.pi)
        wedge = np.exp(-((turned / width) ** 2)) + 0.35 * np.exp(-((turned / (3 * width)) ** 2))
        wedges += (0.80 * strength * wedge)[:, None] * colour
    return wedges


def _grooves(rng: np.random.Generator) -> Mask:
    """Return how bright the groove is by radius (in half pixels): loud passages scatter more light."""
    count = 2 * round(RECORD_RADIUS) + 16
    fine = cv2.GaussianBlur(rng.standard_normal((1, count), np.float32), (0, 0), 1.6)[0]
    broad = cv2.GaussianBlur(rng.standard_normal((1, count), np.float32), (0, 0), 16)[0]
    level = 0.62 + 0.16 * fine / fine.std() + 0.14 * broad / broad.std()
    position = np.arange(count, dtype=np.float32) / 2 / RECORD_RADIUS
    for gap in TRACK_GAPS:
        level *= 1 - 0.75 * np.exp(-(((position - gap) / 0.0035) ** 2))
    return np.asarray(np.clip(level, 0, 1.2), np.float32)


def _add_label(vinyl: Canvas, radius: Mask, dx: Mask, dy: Mask) -> None:
    """Paint the white paper on which the artwork will turn, and the lamp light on it, in place."""
    paper = np.clip(LABEL_RADIUS - radius + 0.5, 0, 1)[..., None]
    light = 0.80 - 0.16 * (dx + dy) / LABEL_RADIUS / 2
    vinyl += (light[..., None] * np.ones(3, np.float32) - vinyl) * paper
    pressed = np.exp(-(((radius - 0.86 * LABEL_RADIUS) / 2.2) ** 2)) * 0.06
    vinyl *= 1 - pressed[..., None]


def _cast_shadow(canvas: Canvas, disc: Mask, where: Matrix) -> None:
    lower = where.copy()
    lower[:, 2] += (-14, 26)
    shade(canvas, blurred(np.pad(disc, 60), 18), lower - np.array([[0, 0, 60], [0, 0, 60]]), 0.6)
    top = round(COUNTER_Y)
    x, y = grid(STILL_WIDTH, _FOOT_ROWS)
    foot = np.exp(-(((x - RECORD_CENTRE[0]) / 210) ** 2) - (y / 34) ** 2)
    canvas[top : top + _FOOT_ROWS] *= 1 - 0.75 * foot[..., None]


def record_label(art: Rgb) -> Disc:
    """Return the label: the artwork, round, with a paper rim and the hole for the axle."""
    side = 2 * round(LABEL_RADIUS) + 4
    x, y = grid(side, side)
    radius = np.hypot(x - side / 2, y - side / 2).astype(np.float32)
    face = resized(art, side, side).astype(np.float32) * (0.94 * LAMP_ON_PAPER)
    ring = np.exp(-(((radius - 0.965 * LABEL_RADIUS) / 2.5) ** 2))[..., None] * 0.35
    face += (np.array([236, 226, 208], np.float32) - face) * ring
    hole = np.clip(AXLE_RADIUS - radius + 0.5, 0, 1)[..., None]
    face += (np.array([8, 7, 8], np.float32) - face) * hole
    cover = np.clip(LABEL_RADIUS - radius + 0.5, 0, 1) * 255
    return Disc(RECORD_CENTRE, side / 2, to_planes(face), np.rint(cover).astype(np.uint8))


class Dust(NamedTuple):
    """Dust and hairlines on the record: faint, but they show that all of it turns."""

    disc: Disc
    box: tuple[int, int, int, int]
    """The part of the still in which the record is in sight: left, top, right, bottom, even."""
    visible: Plane
    """Where it is in sight there, 0..255, at half the size."""

    def add(self, to_still: Matrix, angle: float, into: Planes) -> None:
        """Add the dust, turned clockwise by ``angle`` radians, to the brightness of the frame."""
        window = window_on(self.box, to_still, into)
        if min(window.size) < 2:
            return
        light = sampled(self.disc.face.y, self.disc.to_face(to_still, angle, window), window.size)
        part = window.of(into.y)
        # Of two values of which one is 0 or full, the lesser is the product, at a quarter of its cost.
        cv2.add(part, cv2.min(light, self._seen(window, to_still), dst=light), dst=part)

    def _seen(self, window: Window, to_still: Matrix) -> Plane:
        matrix = window.shifted(to_still)
        matrix[:, 2] -= self.box[:2]
        half = sampled(self.visible, halved(matrix), (window.size[0] // 2, window.size[1] // 2))
        return np.asarray(cv2.resize(half, window.size), np.uint8)


def record_dust(visible: Mask, rng: np.random.Generator) -> Dust:
    """Scatter dust over the grooves; ``visible`` says where the record is not hidden."""
    side = round(RECORD_RADIUS * 4 / 3)
    x, y = grid(side, side)
    dx, dy = x - side / 2, y - side / 2
    position = (np.hypot(dx, dy) / (side / 2)).astype(np.float32)
    specks = np.zeros((side, side), np.float32)
    for _ in range(150):
        place = rng.uniform(0, side, 2).astype(int)
        specks[place[1], place[0]] = rng.uniform(0.4, 1.0)
    specks = cv2.GaussianBlur(specks, (0, 0), 0.9) * 420
    sheen = np.exp(2.0 * (np.cos(np.arctan2(dy, dx) * 2 + 0.7) - 1)) * 5.0
    grooves = smoothstep(0.40, 0.43, position) * smoothstep(0.985, 0.95, position)
    light = np.rint(np.clip((specks + sheen) * grooves, 0, 90)).astype(np.uint8)
    face = Planes(light, light[:0], light[:0])
    half = cv2.resize(visible, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    left, top, width, height = cv2.boundingRect((half > 0).astype(np.uint8))
    shown = np.rint(half[top : top + height, left : left + width] * 255).astype(np.uint8)
    box = (2 * left, 2 * top, 2 * (left + width), 2 * (top + height))
    return Dust(Disc(RECORD_CENTRE, RECORD_RADIUS, face, light[:0]), box, shown)
