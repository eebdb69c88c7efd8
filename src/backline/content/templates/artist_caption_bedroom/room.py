"""The bedroom without anybody in it: a wall in LED light, blinds, a bed, lamps on a string; out of focus."""

from __future__ import annotations

import cv2
import numpy as np

from backline.content.media.canvas import Canvas, blurred, enlarged, grid, noise, smoothstep
from backline.content.media.figure import FigureLight, Rim
from backline.content.media.grade import Grade
from backline.content.media.still import STILL_HEIGHT, STILL_WIDTH
from backline.content.templates.artist_caption_bedroom.full_frame import NIGHT
from backline.content.templates.artist_caption_bedroom.light import (
    MAGENTA,
    STREET,
    VIOLET,
    string_lights,
)

_W, _H = STILL_WIDTH // 4, STILL_HEIGHT // 4
"""Everything here is out of focus: a quarter of the size holds all of it."""
WALL = np.array([0.30, 0.24, 0.35], np.float32)
BED_TOP = 0.66
OUT_OF_FOCUS = 3.2
"""Quarter-size pixels."""


def empty_room(led: Canvas, rng: np.random.Generator) -> Canvas:
    """Return the room, half a still's size."""
    light = 0.13 + 0.85 * enlarged(led, _W, _H)
    plaster = 1 + 0.05 * noise(rng, _W, _H, 60) + 0.03 * noise(rng, _W, _H, 9)
    room = plaster[..., None] * light * WALL
    side = _led_side(led)
    _hang_window(room, -side, rng)
    _pin_pictures(room, side, rng)
    _run_strip(room, rng)
    _lay_bed(room, led, rng)
    x, y = grid(_W, _H)
    edges = 1 - 0.50 * smoothstep(0.32, 0.80, np.hypot(x / _W - 0.5, (y / _H - 0.45) * 1.05))
    room *= edges[..., None]
    soft = enlarged(blurred(np.asarray(room, np.float32), OUT_OF_FOCUS), 2 * _W, 2 * _H)
    return soft + string_lights(rng, 2 * _W, 2 * _H)


def room_light_on_people(led: Canvas) -> FigureLight:
    """Return how the room lights somebody: violet shadows, a magenta edge, a cooler one opposite."""
    side = _led_side(led)
    return FigureLight(
        wash=0.66 + 0.75 * led,
        grade=Grade(darkest=NIGHT.darkest, lightest=(1.0, 0.84, 0.93), paler=0.5, middle=0.42),
        rims=(
            Rim(side, -0.25, (1.0, 0.28, 0.72), 9.0, 0.85),
            Rim(side, -0.1, (0.95, 0.25, 0.80), 46.0, 0.30),
            Rim(-side, -0.2, (0.42, 0.30, 1.0), 12.0, 0.55),
        ),
        dark=0.55,
        fade=0.05,
    )


def _led_side(led: Canvas) -> float:
    """Return on which side the magenta light is: 1 right, -1 left."""
    return 1.0 if led[:, -1, 0].sum() > led[:, 0, 0].sum() else -1.0


def _hang_window(room: Canvas, side: float, rng: np.random.Generator) -> None:
    """Hang a window with half-closed blinds, street light behind them, in place."""
    x, y = grid(_W, _H)
    middle = 0.5 + side * float(rng.uniform(0.30, 0.36))
    inside = smoothstep(0.172, 0.168, np.abs(x / _W - middle))
    inside = inside * smoothstep(0.115, 0.118, y / _H) * smoothstep(0.47, 0.467, y / _H)
    rows = (y / _H) * 34
    slat = smoothstep(0.20, 0.34, np.abs(rows % 1.0 - 0.5).astype(np.float32))
    glow = np.exp(-(((y / _H - 0.42) / 0.22) ** 2)) * (0.75 + 0.25 * noise(rng, _W, _H, 26))
    light = (0.05 + 0.85 * slat * glow)[..., None] * STREET
    room += (np.asarray(light, np.float32) - room) * (0.88 * inside)[..., None]


def _pin_pictures(room: Canvas, side: float, rng: np.random.Generator) -> None:
    """Pin some photographs to the wall, in place: small squares of every grey."""
    for row in range(3):
        for column in range(3):
            if rng.random() < 0.2:
                continue
            x = int(_W * (0.5 + side * (0.19 + 0.105 * column)) + rng.uniform(-3, 3))
            y = int(_H * (0.165 + 0.075 * row) + rng.uniform(-3, 3))
            width, height = (34, 40) if rng.random() < 0.6 else (38, 30)
            part = room[y : y + height, max(0, x - width // 2) : x + width // 2]
            paper = (0.05 + 0.30 * rng.random()) * np.array([0.8, 0.55, 0.9], np.float32)
            part += (paper * (0.6 + 0.4 * part.mean() / 0.3) - part) * 0.75


def _run_strip(room: Canvas, rng: np.random.Generator) -> None:
    """Run a strip of LEDs along the wall above the bed, in place: a line, and its light around it."""
    x, y = grid(_W, _H)
    line = BED_TOP - 0.105 + 0.004 * np.sin(x / _W * 9 + float(rng.uniform(0, 6)))
    away = np.abs(y / _H - line)
    colour = MAGENTA + (VIOLET - MAGENTA) * smoothstep(0.1, 0.9, x / _W)[..., None]
    glow = 0.95 * np.exp(-away / 0.0028) + 0.50 * np.exp(-away / 0.035)
    room += glow[..., None] * np.asarray(colour, np.float32)


def _lay_bed(room: Canvas, led: Canvas, rng: np.random.Generator) -> None:
    """Lay a bed with pillows and a rumpled blanket below the strip, in place."""
    x, y = grid(_W, _H)
    u, v = x / _W, y / _H
    light = 0.10 + 0.9 * enlarged(led, _W, _H)
    crest = (
        BED_TOP
        + 0.02 * np.cos(5 * (u - float(rng.uniform(0.2, 0.5))))
        + 0.004 * noise(rng, _W, 4, 60)[:1]
    )
    for middle, top in ((0.17, BED_TOP - 0.062), (0.83, BED_TOP - 0.055)):
        pillow = 1 - ((u - middle) / 0.24) ** 4 - (np.maximum(top + 0.05 - v, 0) / 0.05) ** 2
        body = smoothstep(0.0, 0.12, pillow) * smoothstep(0.16, 0.02, v - top - 0.04)
        shade = 0.75 + 0.5 * (top + 0.06 - v) / 0.06
        cloth = (light * 0.62 * np.clip(shade, 0.25, 1.3)[..., None]).astype(np.float32)
        room += (cloth - room) * (0.92 * body)[..., None]
    folds = noise(rng, _W, _H, 44) + 0.5 * noise(rng, _W, _H, 18)
    lit = np.clip(0.55 + 2.4 * cv2.Sobel(blurred(folds, 2.5), cv2.CV_32F, 0, 1, ksize=3), 0.1, 1.7)
    depth = 1 - 0.80 * smoothstep(0.02, 0.24, v - crest)
    blanket = (light * (0.34 * lit * depth)[..., None]).astype(np.float32)
    room += (blanket - room) * smoothstep(-0.004, 0.006, v - crest)[..., None]
