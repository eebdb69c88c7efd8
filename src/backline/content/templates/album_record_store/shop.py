"""The shop behind the record: full shelves out of focus, lamps, and a wooden counter."""

from __future__ import annotations

import cv2
import numpy as np

from backline.content.media.canvas import Canvas, blurred, enlarged, grid, noise, smoothstep
from backline.content.media.light import soft_disc
from backline.content.media.still import STILL_HEIGHT, STILL_WIDTH
from backline.content.templates.album_record_store.layout import COUNTER_Y

WARM = np.array([1.0, 0.70, 0.40], np.float32)
LAMP_ON_PAPER = np.array([1.0, 0.93, 0.84], np.float32)
WOOD = np.array([0.36, 0.205, 0.115], np.float32)
SPINES = np.array(
    [
        [0.62, 0.52, 0.40], [0.34, 0.10, 0.08], [0.10, 0.13, 0.20], [0.52, 0.30, 0.12],
        [0.09, 0.16, 0.13], [0.70, 0.64, 0.55], [0.06, 0.05, 0.05], [0.40, 0.20, 0.22],
        [0.16, 0.24, 0.30], [0.58, 0.42, 0.16],
    ],
    np.float32,
)  # fmt: skip
"""Paper that has stood in the light for years: nothing is pure."""

_QUARTER = 4
_W, _H = STILL_WIDTH // _QUARTER, STILL_HEIGHT // _QUARTER


def lamp_light(rng: np.random.Generator) -> Canvas:
    """Return the warm light of the shop's lamps on a small canvas: one left, one right, both high."""
    width, height = 180, 320
    x, y = grid(width, height)
    light = np.zeros((height, width), np.float32)
    for u, v, power in ((0.16, 0.10, 1.0), (0.90, 0.20, 0.7), (0.55, -0.05, 0.5)):
        u += float(rng.uniform(-0.05, 0.05))
        distance = np.hypot((x / width - u) / 0.42, (y / height - v) / 0.36)
        light += power / (1 + 2.2 * distance**2)
    return np.asarray(light[..., None] * WARM, np.float32)


def paint_shop(lamps: Canvas, rng: np.random.Generator) -> Canvas:
    """Return the empty shop as a still: shelves behind, the counter in front."""
    shelves = _shelves(rng) * (0.16 + 1.05 * enlarged(lamps, _W, _H))
    shelves += _bokeh(rng)
    back = enlarged(blurred(shelves, 4.5), STILL_WIDTH, STILL_HEIGHT)
    _lay_counter(back, lamps, rng)
    return back


def _shelves(rng: np.random.Generator) -> Canvas:
    """Return rows of spines on boards (quarter size), darker towards the sides and the depth of each row."""
    wall = np.full((_H, _W, 3), 0.02, np.float32)
    row_height = 112
    for top in range(-30, round(COUNTER_Y / _QUARTER), row_height):
        _fill_row(wall, top, row_height, rng)
        board = slice(max(0, top + row_height - 9), max(0, top + row_height))
        wall[board] = WOOD * 0.55
        wall[board.start : board.start + 2] *= 1.9
    return wall


def _fill_row(wall: Canvas, top: int, row_height: int, rng: np.random.Generator) -> None:
    x = -3
    while x < _W:
        width = int(rng.integers(3, 8))
        crest = top + 16 + int(rng.integers(0, 7)) + (10 if rng.random() < 0.05 else 0)
        colour = SPINES[rng.integers(len(SPINES))] * rng.uniform(0.5, 1.15)
        if rng.random() > 0.03:
            rows = slice(max(0, crest), max(0, top + row_height - 9))
            wall[rows, max(0, x) : max(0, x + width)] = colour
            wall[rows, max(0, x + width - 1) : max(0, x + width)] *= 0.45
        x += width
    depth = np.linspace(0.25, 1.0, row_height - 9, dtype=np.float32)[:, None, None] ** 0.8
    rows = slice(max(0, top), max(0, top + row_height - 9))
    wall[rows] *= depth[max(0, -top) :]


def _bokeh(rng: np.random.Generator) -> Canvas:
    """Return small lamps far out of focus (quarter size)."""
    canvas = np.zeros((_H, _W, 3), np.float32)
    for _ in range(17):
        disc = soft_disc(float(rng.uniform(14, 40)), 0.18)
        side = disc.shape[0]
        x, y = int(rng.integers(-8, _W - side + 8)), int(abs(rng.normal(0, 0.13)) * _H)
        tint = WARM * (1 + 0.25 * rng.standard_normal()) + (0, 0.08 * rng.random(), 0)
        part = canvas[max(0, y) : y + side, max(0, x) : max(0, x + side)]
        shown = disc[max(0, -y) :, max(0, -x) :][: part.shape[0], : part.shape[1]]
        part += shown[..., None] * tint.astype(np.float32) * float(rng.uniform(0.15, 0.75))
    return canvas


def _lay_counter(canvas: Canvas, lamps: Canvas, rng: np.random.Generator) -> None:
    """Paint the counter over the lower part of the canvas, in place."""
    top = round(COUNTER_Y)
    width, height = STILL_WIDTH // 2, (STILL_HEIGHT - top) // 2
    x, y = grid(width, height)
    depth = y / height
    fibre = _grain_of_wood(rng, width, height)
    board = smoothstep(0.012, 0.0, np.abs((depth * 3.1 + 0.2) % 1.0 - 0.5).astype(np.float32))
    tone = (0.80 + 0.22 * fibre) * (1 - 0.55 * board)
    light = enlarged(lamps, width, STILL_HEIGHT // 2)[-height:]
    falloff = 1.0 - 0.72 * smoothstep(0.05, 1.0, np.broadcast_to(depth, (height, width)))
    sides = 1 - 0.45 * ((x / width - 0.42) / 0.62) ** 2
    sheen = (
        0.16 * np.exp(-(((depth - 0.06) / 0.10) ** 2)) * np.exp(-(((x / width - 0.3) / 0.4) ** 2))
    )
    wood = tone[..., None] * WOOD * (0.5 + 1.6 * light) + sheen[..., None] * WARM
    wood *= (falloff * sides)[..., None]
    canvas[top : top + 2 * height] = enlarged(wood.astype(np.float32), STILL_WIDTH, 2 * height)
    canvas[top + 2 * height :] = canvas[top + 2 * height - 1]
    edge = canvas[top - 8 : top + 8]
    edge[:] = cv2.GaussianBlur(edge, (1, 9), 2.2)


def _grain_of_wood(rng: np.random.Generator, width: int, height: int) -> Canvas:
    """Return fibres that run along the counter: noise, drawn out sideways, at three widths."""
    fibre = np.zeros((height, width), np.float32)
    for across, along, weight in ((3, 60, 0.45), (9, 25, 0.6), (40, 6, 0.5)):
        field = noise(rng, max(4, width // along), height, across)
        fibre += weight * enlarged(field, width, height)
    return fibre
