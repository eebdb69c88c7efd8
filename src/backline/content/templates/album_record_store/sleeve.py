"""The sleeve with the artwork, standing on the counter in front of its record."""

from __future__ import annotations

import cv2
import numpy as np

from backline.content.media.canvas import (
    Canvas,
    Field,
    Mask,
    blurred,
    grid,
    laid,
    noise,
    paste,
    placement,
    resized,
    rounded_rectangle,
    shade,
    smoothstep,
)
from backline.content.media.picture import Rgb
from backline.content.media.still import STILL_HEIGHT, STILL_WIDTH
from backline.content.templates.album_record_store.layout import (
    COUNTER_Y,
    SLEEVE_CENTRE,
    SLEEVE_DEGREES,
    SLEEVE_SIDE,
)
from backline.content.templates.album_record_store.shop import LAMP_ON_PAPER

BOARD = np.array([0.78, 0.72, 0.62], np.float32)
_FOOT_ROWS = 240
"""Lower down nothing is left of the shadow at the sleeve's foot."""


def stand_sleeve(canvas: Canvas, visible: Mask, art: Rgb, rng: np.random.Generator) -> None:
    """Stand the sleeve in its place, in place, and take what it hides away from ``visible``."""
    front = _front(art, rng)
    size = (SLEEVE_SIDE, SLEEVE_SIDE)
    where = placement(size, SLEEVE_CENTRE, 1.0, SLEEVE_DEGREES)
    _reflect(canvas, front)
    _cast_shadow(canvas)
    edge = placement(size, (SLEEVE_CENTRE[0] + 5, SLEEVE_CENTRE[1] + 1), 1.0, SLEEVE_DEGREES)
    mask = rounded_rectangle(SLEEVE_SIDE - 4, SLEEVE_SIDE - 4, 5, 2)
    paste(canvas, np.full_like(front, 1) * BOARD * 0.34, mask, edge)
    paste(canvas, front, mask, where)
    visible *= 1 - laid(mask, edge, STILL_WIDTH, STILL_HEIGHT)


def _front(art: Rgb, rng: np.random.Generator) -> Canvas:
    """Return the printed side: the artwork, lamp light across it, corners that were handled."""
    print_ = resized(art, SLEEVE_SIDE, SLEEVE_SIDE).astype(np.float32) / 255
    x, y = grid(SLEEVE_SIDE, SLEEVE_SIDE)
    u, v = x / SLEEVE_SIDE, y / SLEEVE_SIDE
    light = 1.06 - 0.20 * u - 0.16 * v + 0.05 * np.exp(-(((u + 0.6 * v - 0.55) / 0.16) ** 2))
    front = print_ * 0.94 + 0.012
    worn = _wear(u, v, rng)[..., None]
    front += (BOARD - front) * worn
    return np.asarray(front * light[..., None] * LAMP_ON_PAPER, np.float32)


def _wear(u: Field, v: Field, rng: np.random.Generator) -> Mask:
    """Return how far the paper shows: at the edges, at the corners, faintly in a ring round the record."""
    border = np.minimum(np.minimum(u, 1 - u), np.minimum(v, 1 - v)).astype(np.float32)
    rough = 0.5 + 0.5 * np.clip(noise(rng, SLEEVE_SIDE, SLEEVE_SIDE, 14), -1, 2)
    edge = smoothstep(0.006, 0.0, border) * 0.45 * rough
    ring = np.abs(np.hypot(u - 0.5, v - 0.5) - 0.462).astype(np.float32)
    worn_ring = smoothstep(0.010, 0.0, ring) * 0.035 * np.clip(rough, 0, 1)
    return np.asarray(np.clip(edge + worn_ring, 0, 0.6), np.float32)


def _reflect(canvas: Canvas, front: Canvas) -> None:
    """Add the sleeve's reflection to the polished counter, in place: soft, and gone within a hand."""
    top = round(COUNTER_Y)
    rows = min(360, STILL_HEIGHT - top)
    left = round(SLEEVE_CENTRE[0] - SLEEVE_SIDE / 2)
    mirrored = cv2.GaussianBlur(front[::-1][:rows], (0, 0), 9)
    fade = np.linspace(1, 0, rows, dtype=np.float32)[:, None, None] ** 2.2
    canvas[top : top + rows, left : left + SLEEVE_SIDE] += mirrored * fade * 0.16


def _cast_shadow(canvas: Canvas) -> None:
    """Darken the record and the counter where the sleeve keeps the light away, in place."""
    margin = 90
    mask = blurred(rounded_rectangle(SLEEVE_SIDE, SLEEVE_SIDE, 6, margin), 22)
    size = (mask.shape[1], mask.shape[0])
    centre = (SLEEVE_CENTRE[0] + 22, SLEEVE_CENTRE[1] + 16)
    shade(canvas, mask, placement(size, centre, 1.0, SLEEVE_DEGREES), 0.72)
    top = round(COUNTER_Y)
    x, y = grid(STILL_WIDTH, _FOOT_ROWS)
    contact = smoothstep(40, -30, np.abs(x - SLEEVE_CENTRE[0]) - SLEEVE_SIDE / 2)
    canvas[top : top + _FOOT_ROWS] *= 1 - (0.72 * contact * np.exp(-y / 30))[..., None]
