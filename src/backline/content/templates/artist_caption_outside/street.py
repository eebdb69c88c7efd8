"""A street at night after rain: houses that run into the distance, signs, lamps, all of it again in the wet ground.

Painted at a quarter of the still's size: it is out of focus.
"""

from __future__ import annotations

import cv2
import numpy as np

from backline.content.media.bokeh import Bokeh, bokeh
from backline.content.media.canvas import Canvas, Mask, blurred, grid, noise, smoothstep
from backline.content.media.figure import FigureLight, Rim
from backline.content.media.frame import FRAME_HEIGHT, FRAME_WIDTH
from backline.content.media.grade import Grade
from backline.content.media.still import STILL_HEIGHT, STILL_WIDTH

WIDTH, HEIGHT = STILL_WIDTH // 4, STILL_HEIGHT // 4
HORIZON = 0.565
"""Of the height: the camera stands as low as somebody's chest."""
OUT_OF_FOCUS = 3.0
AMBER = np.array([1.0, 0.60, 0.24], np.float32)
TEAL = np.array([0.16, 0.62, 0.70], np.float32)
ROSE = np.array([1.0, 0.22, 0.34], np.float32)
WHITE = np.array([1.0, 0.90, 0.74], np.float32)
NIGHT_BLUE = np.array([0.018, 0.034, 0.062], np.float32)
SIGNS = (AMBER, TEAL, ROSE, WHITE, AMBER, np.array([0.35, 0.85, 0.45], np.float32))
_STREET_HALF = 0.62
"""Half the width of the street, in frame widths, at a distance of one."""


def paint_street(rng: np.random.Generator) -> Canvas:
    """Return the street, (720, 405, 3), in focus: blur it when everything stands in it."""
    street = _sky(rng)
    _build_houses(street, rng)
    _hang_lamps(street, rng)
    _haze(street)
    return street


def wet(street: Canvas, rng: np.random.Generator) -> None:
    """Lay wet asphalt below the horizon, in place: it shows what is above, drawn out and rippled."""
    horizon = round(HORIZON * HEIGHT)
    depth = grid(WIDTH, HEIGHT - horizon)[1] / (HEIGHT - horizon)
    puddles = 0.55 + 0.45 * smoothstep(-0.6, 0.8, noise(rng, WIDTH, HEIGHT - horizon, 60))
    strength = (1.10 - 0.55 * depth) * puddles
    asphalt = NIGHT_BLUE * (0.8 + 0.25 * noise(rng, WIDTH, HEIGHT - horizon, 3)[..., None])
    street[horizon:] = asphalt + _mirrored(street, horizon, rng) * strength[..., None]
    edge = street[horizon - 6 : horizon + 6]
    edge[:] = cv2.GaussianBlur(edge, (1, 0), 0.6, sigmaY=2.2)


def mirror(street: Canvas, light: Canvas, foot: float, rng: np.random.Generator) -> None:
    """Let the wet ground show something that stands on it at ``foot`` (of the height), in place."""
    row = round(foot * HEIGHT)
    near = grid(WIDTH, HEIGHT - row)[1] / (HEIGHT - row)
    fade = 0.42 * (1 - smoothstep(0.3, 1.0, near))
    street[row:] += _mirrored(light, row, rng) * fade[..., None]


def _mirrored(above: Canvas, row: int, rng: np.random.Generator) -> Canvas:
    """Return what lies above a row as the ground below it shows it."""
    x, y = grid(WIDTH, HEIGHT - row)
    depth = y / (HEIGHT - row)
    ripple = noise(rng, WIDTH, HEIGHT - row, 16) * (2.0 + 9.0 * depth)
    ripple += noise(rng, WIDTH, HEIGHT - row, 5) * (0.6 + 2.5 * depth)
    from_x = (x + 0.9 * ripple - 0.5).astype(np.float32)
    from_y = (row - 1 - y * 0.92 + 0.8 * ripple - 0.5).astype(np.float32)
    shown = cv2.remap(above, from_x, from_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    drawn_out = cv2.GaussianBlur(shown, (1, 0), 1.2, sigmaY=11)
    return np.asarray(0.5 * shown + 0.75 * drawn_out, np.float32)


def out_of_focus(street: Canvas) -> Canvas:
    """Return the street as a lens sees it that looks at somebody nearer: soft, and dark at the edges."""
    x, y = grid(WIDTH, HEIGHT)
    far = np.hypot((x / WIDTH - 0.5) * 0.9, y / HEIGHT - 0.48)
    edges = 1 - 0.55 * smoothstep(0.22, 0.66, far)
    glow = blurred(np.maximum(street - 0.35, 0).astype(np.float32), 16)
    return blurred(np.asarray((street + 0.9 * glow) * edges[..., None], np.float32), OUT_OF_FOCUS)


def passing_lights(rng: np.random.Generator) -> tuple[Bokeh, ...]:
    """Return the lights that move: near ones large and slow, in the lower half of the houses."""
    lights = []
    for number in range(11):
        colour = SIGNS[int(rng.integers(len(SIGNS)))] * float(rng.uniform(0.26, 0.58))
        lights.append(
            bokeh(
                float(rng.uniform(52, 132)),
                colour,
                place=(
                    float(rng.uniform(0, FRAME_WIDTH + 120)),
                    float(rng.normal(HORIZON - 0.10, 0.075)) * FRAME_HEIGHT,
                ),
                speed_x=float(rng.uniform(14, 46)) * (1 if number % 2 else -1),
                rng=rng,
            )
        )
    return tuple(lights)


def light_on_people() -> FigureLight:
    """Return how the street lights somebody: cool from the sky, amber and rose from the signs behind."""
    small_x, small_y = grid(18, 32)
    cool, warm = np.array([0.78, 0.92, 1.0], np.float32), np.array([1.12, 0.96, 0.78], np.float32)
    across = (small_x / 18)[..., None] + 0 * small_y[..., None]
    return FigureLight(
        grade=Grade(
            darkest=(0.012, 0.022, 0.040), lightest=(1.0, 0.93, 0.84), paler=0.38, middle=0.40
        ),
        wash=(cool + (warm - cool) * across).astype(np.float32) * np.float32(0.92),
        rims=(
            Rim(1.0, -0.25, (1.0, 0.62, 0.28), 8.0, 0.90),
            Rim(1.0, -0.1, (1.0, 0.55, 0.25), 40.0, 0.26),
            Rim(-1.0, -0.2, (0.22, 0.72, 0.86), 10.0, 0.55),
        ),
        dark=0.40,
        fade=0.05,
    )


def _sky(rng: np.random.Generator) -> Canvas:
    x, y = grid(WIDTH, HEIGHT)
    glow = np.exp(-np.abs(y / HEIGHT - HORIZON) / 0.22) * np.exp(-(((x / WIDTH - 0.5) / 0.40) ** 2))
    cloud = 1 + 0.22 * noise(rng, WIDTH, HEIGHT, 90)
    dusk = np.array([0.085, 0.125, 0.150], np.float32)
    return np.asarray(NIGHT_BLUE + (glow * cloud)[..., None] * dusk, np.float32)


def _build_houses(street: Canvas, rng: np.random.Generator) -> None:
    """Build both sides, in place: each pixel of a wall knows how far away and how high up it is."""
    x, y = grid(WIDTH, HEIGHT)
    for side in (-1.0, 1.0):
        across = np.maximum(side * (x / WIDTH - 0.5), 1e-3)
        distance = np.broadcast_to(_STREET_HALF / across, (HEIGHT, WIDTH))
        height = (HORIZON - y / HEIGHT) * distance
        along = distance * 2.2
        house = np.floor(along * 0.62).astype(np.int32) % 64
        tallness = rng.uniform(0.42, 1.15, 64).astype(np.float32)[house]
        wall = smoothstep(0, 0.012, tallness - height) * (side * (x / WIDTH - 0.5) > 0.035)
        wall = wall * (height > -0.02) * smoothstep(9.5, 7.5, distance)
        paint = _house_front(along.astype(np.float32), height.astype(np.float32), house, rng)
        shown = wall.astype(np.float32)[..., None]
        street += (paint - street) * shown


def _house_front(along: Mask, height: Mask, house: np.ndarray, rng: np.random.Generator) -> Canvas:
    """Return the fronts: stone in the dark, some lit windows, shops along the ground."""
    stone = rng.uniform(0.020, 0.055, (64, 1)) * rng.uniform(0.7, 1.2, (64, 3))
    front = stone.astype(np.float32)[house]
    column, row = along * 3.1, height * 11
    cell = (np.floor(column).astype(np.int32) * 31 + np.floor(row).astype(np.int32) * 17) % 512
    inside = smoothstep(0.30, 0.24, np.abs(column % 1 - 0.5).astype(np.float32))
    inside = inside * smoothstep(0.36, 0.30, np.abs(row % 1 - 0.5).astype(np.float32))
    lit = ((rng.random(512) < 0.24) * rng.uniform(0.12, 0.85, 512)).astype(np.float32)[cell]
    window = (inside * lit * (height > 0.17))[..., None]
    tint = np.where(rng.random((512, 1)) < 0.7, AMBER, WHITE * np.float32(0.8))[cell]
    front = front + window * tint
    shop = np.floor(along * 1.25).astype(np.int32) % 64
    colours = np.array([SIGNS[int(n)] for n in rng.integers(0, len(SIGNS), 64)], np.float32)
    open_late = (rng.random(64) < 0.72).astype(np.float32)[shop]
    pane = smoothstep(0.44, 0.38, np.abs((along * 1.25) % 1 - 0.5).astype(np.float32))
    glass = pane * smoothstep(0.005, 0.02, height) * smoothstep(0.112, 0.100, height)
    sign = pane * smoothstep(0.118, 0.124, height) * smoothstep(0.152, 0.146, height)
    light = (0.42 * glass + 1.05 * sign) * open_late
    mixed = 0.55 * colours[shop] + 0.45 * AMBER
    front = front + (glass * open_late * 0.5)[..., None] * mixed + light[..., None] * colours[shop]
    return np.asarray(front, np.float32)


def _hang_lamps(street: Canvas, rng: np.random.Generator) -> None:
    """Hang street lamps along both kerbs, in place, each with its glow and its wire."""
    x, y = grid(WIDTH, HEIGHT)
    for number in range(5):
        distance = 1.25 * 1.55**number
        for side in (-1.0, 1.0):
            lamp_x = 0.5 + side * (_STREET_HALF * 0.66 + float(rng.uniform(-0.02, 0.02))) / distance
            lamp_y = HORIZON - 0.50 / distance
            away = np.hypot((x / WIDTH - lamp_x) * 0.5625, y / HEIGHT - lamp_y)
            core = 1.7 * smoothstep(0.011 / distance + 0.004, 0.0, away)
            halo = 0.30 * np.exp(-away / (0.045 / distance + 0.012))
            street += (core + halo)[..., None] * AMBER
            post = smoothstep(0.0035 / distance, 0.0, np.abs(x / WIDTH - lamp_x))
            post = post * (y / HEIGHT > lamp_y) * (y / HEIGHT < HORIZON)
            street *= 1 - 0.7 * post[..., None]


def _haze(street: Canvas) -> None:
    """Let the distance glow, in place."""
    x, y = grid(WIDTH, HEIGHT)
    far = np.exp(-(((x / WIDTH - 0.5) / 0.14) ** 2) - ((y / HEIGHT - HORIZON + 0.02) / 0.07) ** 2)
    street += (0.34 * far)[..., None] * (0.6 * AMBER + 0.4 * TEAL)
