"""A small stage in a dark room: a truss with lamps, a drum kit and amplifiers behind, haze in the air.

Painted at a quarter of the still's size: it is out of focus.
"""

from __future__ import annotations

import cv2
import numpy as np

from backline.content.media.canvas import Canvas, blurred, grid, noise, smoothstep
from backline.content.media.figure import FigureLight, Rim
from backline.content.media.grade import Grade
from backline.content.media.still import STILL_HEIGHT, STILL_WIDTH

WIDTH, HEIGHT = STILL_WIDTH // 4, STILL_HEIGHT // 4
TRUSS_Y = 0.075
"""Of the height, as all places here."""
FLOOR_Y = 0.735
EDGE_Y = 0.842
OUT_OF_FOCUS = 2.6
AMBER = np.array([1.0, 0.58, 0.22], np.float32)
BLUE = np.array([0.20, 0.42, 1.0], np.float32)
RED = np.array([1.0, 0.16, 0.20], np.float32)
CURTAIN = np.array([0.120, 0.030, 0.040], np.float32)


Light = tuple[np.ndarray, np.ndarray]
"""The two colours (RGB, 0 to 1) that the lamps take turns in."""


def paint_hall(rng: np.random.Generator, colours: Light) -> Canvas:
    """Return the stage without anybody on it, (720, 405, 3)."""
    hall = _curtain(rng)
    _lay_floor(hall, rng, colours)
    _set_footlights(hall)
    _set_amplifiers(hall, rng)
    _set_drums(hall)
    _hang_truss(hall)
    _, y = grid(WIDTH, HEIGHT)
    haze = np.exp(-(((y / HEIGHT - 0.42) / 0.34) ** 2)) * (1 + 0.5 * noise(rng, WIDTH, HEIGHT, 80))
    hall += (0.030 * haze)[..., None] * (0.6 * AMBER + 0.4 * BLUE)
    return hall


def out_of_focus(hall: Canvas) -> Canvas:
    """Return the stage as a lens sees it that looks at the singer."""
    x, y = grid(WIDTH, HEIGHT)
    far = np.hypot((x / WIDTH - 0.5) * 0.95, (y / HEIGHT - 0.42) * 1.05)
    edges = 1 - 0.66 * smoothstep(0.24, 0.68, far)
    return blurred(np.asarray(hall * edges[..., None], np.float32), OUT_OF_FOCUS)


def heads(rng: np.random.Generator, colours: Light) -> tuple[Canvas, np.ndarray]:
    """Return the first rows of the audience before the lens: dark shapes, and their mask (quarter size)."""
    x, y = grid(WIDTH, HEIGHT)
    mask, light = np.zeros((HEIGHT, WIDTH), np.float32), np.zeros((HEIGHT, WIDTH), np.float32)
    for row, base in enumerate((0.872, 0.935)):
        people = _row_of_people(x, y, row, base, rng)
        # Whoever is nearer hides the light on those behind.
        light *= 1 - people
        light += _edge_light(people) * (0.55 - 0.12 * row)
        mask = np.maximum(mask, people)
    ground = np.array([0.010, 0.009, 0.013], np.float32)
    side = smoothstep(0.25, 0.75, x / WIDTH)[..., None]
    colour = 0.75 * (colours[1] * (1 - side) + colours[0] * side) + 0.25 * AMBER
    return np.asarray(ground + light[..., None] * colour, np.float32), blurred(mask, 1.8)


def _row_of_people(
    x: np.ndarray, y: np.ndarray, row: int, base: float, rng: np.random.Generator
) -> np.ndarray:
    people = np.zeros((HEIGHT, WIDTH), np.float32)
    step = 0.168 + 0.04 * row
    for number in range(8):
        middle = (number - 0.5 + float(rng.uniform(-0.22, 0.22))) * step
        top = base + float(rng.uniform(-0.016, 0.016))
        wide = 0.056 + 0.014 * row + float(rng.uniform(-0.006, 0.006))
        across, down = (x / WIDTH - middle) / wide, (y / HEIGHT - top) / (wide * 0.70)
        body = np.minimum(_head(across, down, rng), _neck_and_shoulders(across, down))
        people = np.maximum(people, smoothstep(1.05, 0.95, body))
        people = np.maximum(people, _arm(x, y, middle, top, wide, rng))
    return np.asarray(people, np.float32)


def _head(across: np.ndarray, down: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a head seen from behind, 1 at its outline: narrower at the chin, and no two heads of hair alike."""
    angle = np.arctan2(down, across)
    hair = sum(
        size * np.sin(waves * angle + float(rng.uniform(0, 2 * np.pi)))
        for waves, size in ((2, 0.05), (3, 0.04), (5, 0.025), (9, 0.018))
    )
    narrow = 1 + 0.20 * smoothstep(-0.1, 1.0, down)
    return np.asarray(np.hypot(across * narrow / 0.86, down) / (1 + hair))


def _neck_and_shoulders(across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Return what carries a head, 1 at its outline: it slopes from the neck to the arms."""
    slope = (
        0.95
        + 0.26 * np.maximum(np.abs(across) - 0.42, 0)
        + 0.9 * np.maximum(np.abs(across) - 1.75, 0)
    )
    neck = np.where(down > 0.2, np.abs(across) / 0.46, 9.0)
    return np.asarray(np.minimum(neck, 1 + slope - down))


def _edge_light(people: np.ndarray) -> np.ndarray:
    """Return the light from the stage on the upper edges of people."""
    steep = cv2.Sobel(blurred(people, 1.6), cv2.CV_32F, 0, 1, ksize=3) * 1.6
    return blurred(np.asarray(np.clip(steep, 0, 1) * people, np.float32), 1.2)


def light_on_people() -> FigureLight:
    """Return how the stage lights somebody: warm from the front, blue and amber from the truss behind."""
    y = np.linspace(0, 1, 32, dtype=np.float32)[:, None, None]
    fall = 1.06 - 0.30 * smoothstep(0.25, 0.85, y)
    return FigureLight(
        grade=Grade(
            darkest=(0.016, 0.012, 0.028), lightest=(1.0, 0.90, 0.78), paler=0.40, middle=0.43
        ),
        wash=(fall * np.ones((32, 18, 1), np.float32) * np.array([1.04, 0.95, 0.90])).astype(
            np.float32
        ),
        rims=(
            Rim(-0.75, -0.65, (0.36, 0.55, 1.0), 9.0, 1.0),
            Rim(-0.6, -0.5, (0.28, 0.45, 1.0), 44.0, 0.30),
            Rim(0.75, -0.65, (1.0, 0.62, 0.26), 9.0, 0.95),
        ),
        dark=0.72,
        dark_from=0.52,
    )


def _curtain(rng: np.random.Generator) -> Canvas:
    x, y = grid(WIDTH, HEIGHT)
    folds = 0.55 + 0.45 * np.sin(x / WIDTH * 64 + 1.6 * noise(rng, WIDTH, 4, 60)[:1])
    pool = np.exp(-(((x / WIDTH - 0.5) / 0.42) ** 2) - ((y / HEIGHT - 0.34) / 0.30) ** 2)
    light = 0.12 + 1.9 * pool
    return np.asarray((folds * light)[..., None] * CURTAIN, np.float32)


def _lay_floor(hall: Canvas, rng: np.random.Generator, colours: Light) -> None:
    """Lay planks that shine a little where the beams fall on them, in place."""
    top = round(FLOOR_Y * HEIGHT)
    x, y = grid(WIDTH, HEIGHT - top)
    depth = y / (HEIGHT - top)
    across = ((x / WIDTH - 0.5) / (0.30 + 0.9 * depth)) * 9
    tones = 0.82 + 0.30 * rng.random(64, np.float32)
    planks = tones[np.floor(across).astype(int) % 64]
    seams = smoothstep(0.0, 0.09, np.abs(across % 1 - 0.5) * -1 + 0.5)
    sheen = 1 + 0.10 * noise(rng, WIDTH, HEIGHT - top, 26)
    wood = (planks * (0.45 + 0.55 * seams) * sheen)[..., None] * np.array(
        [0.32, 0.22, 0.16], np.float32
    )
    light = 0.05 + 1.10 * _pool(x, depth, 0.5, 0.30)[..., None] * np.ones(3, np.float32)
    light = light + 1.5 * _pool(x, depth, 0.16, 0.24)[..., None] * colours[1]
    light = light + 1.5 * _pool(x, depth, 0.84, 0.24)[..., None] * colours[0]
    hall[top:] = wood * light


def _pool(x: np.ndarray, depth: np.ndarray, middle: float, wide: float) -> np.ndarray:
    return np.asarray(np.exp(-(((x / WIDTH - middle) / wide) ** 2) - ((depth - 0.16) / 0.24) ** 2))


def _set_footlights(hall: Canvas) -> None:
    """Set a row of small warm lamps on the stage's front edge, in place; below it lies the dark."""
    x, y = grid(WIDTH, HEIGHT)
    u, v = x / WIDTH, y / HEIGHT
    hall *= 1 - 0.9 * smoothstep(EDGE_Y, EDGE_Y + 0.015, v)[..., None]
    for middle in np.linspace(0.06, 0.94, 9):
        away = np.hypot(u - middle, (v - EDGE_Y) * 16 / 9)
        lamp = smoothstep(0.016, 0.010, away) + 0.34 * np.exp(-((away / 0.055) ** 2))
        hall += (0.95 * lamp)[..., None] * AMBER


def _set_amplifiers(hall: Canvas, rng: np.random.Generator) -> None:
    """Set amplifiers at both sides, in place: dark boxes, a cloth that catches light, a red lamp."""
    for left, width, height in ((0.02, 0.20, 0.155), (0.79, 0.19, 0.175), (0.06, 0.13, 0.235)):
        top = FLOOR_Y - height + 0.02
        rows = slice(round(top * HEIGHT), round((FLOOR_Y + 0.02) * HEIGHT))
        columns = slice(round(left * WIDTH), round((left + width) * WIDTH))
        hall[rows, columns] = (0.020, 0.019, 0.024)
        cloth = hall[rows.start + 14 : rows.stop - 4, columns.start + 4 : columns.stop - 4]
        cloth[:] = (
            np.array([0.052, 0.046, 0.046]) * (0.8 + 0.4 * rng.random(cloth.shape[:2]))[..., None]
        )
        hall[rows.start + 6 : rows.start + 8, columns.start + 8 : columns.start + 11] = 1.4 * RED


def _set_drums(hall: Canvas) -> None:
    """Set a drum kit in the middle, in place: a bass drum, toms, cymbals that glint."""
    x, y = grid(WIDTH, HEIGHT)
    u, v = x / WIDTH, y / HEIGHT * 16 / 9
    base = FLOOR_Y * 16 / 9
    drums = ((0.5, base - 0.10, 0.125), (0.39, base - 0.25, 0.060), (0.60, base - 0.25, 0.062),
             (0.71, base - 0.13, 0.085), (0.30, base - 0.15, 0.060))  # fmt: skip
    for middle, height, radius in drums:
        away = np.hypot(u - middle, v - height) / radius
        skin = smoothstep(1.0, 0.93, away)
        tone = 0.09 + 0.16 * np.clip(0.5 - (v - height) / radius * 0.5, 0, 1)
        rim = np.exp(-(((away - 0.95) / 0.05) ** 2)) * np.clip(0.4 - (v - height) / radius, 0, 1)
        hall += ((tone * 0.8)[..., None] * np.array([1, 0.85, 0.75]) - hall) * skin[..., None]
        hall += (0.55 * rim)[..., None] * AMBER
    for middle, height, width in ((0.25, base - 0.36, 0.105), (0.75, base - 0.38, 0.115)):
        away = np.hypot((u - middle) / width, (v - height + 0.16 * (u - middle)) / 0.010)
        hall += (0.60 * smoothstep(1.0, 0.4, away))[..., None] * AMBER
        post = smoothstep(0.004, 0.002, np.abs(u - middle)) * (v > height) * (v < base)
        hall *= 1 - 0.6 * post[..., None]


def _hang_truss(hall: Canvas) -> None:
    """Hang the truss with its lamps, in place: bars in zigzag, six bright mouths."""
    x, y = grid(WIDTH, HEIGHT)
    u, v = x / WIDTH, y / HEIGHT
    inside = smoothstep(0.0205, 0.0185, np.abs(v - TRUSS_Y))
    zigzag = np.abs((u * 14) % 1 - 0.5) * 2
    bar = smoothstep(0.16, 0.06, np.abs(zigzag - (v - TRUSS_Y + 0.019) / 0.038))
    rail = smoothstep(0.0035, 0.001, np.abs(np.abs(v - TRUSS_Y) - 0.018))
    metal = np.maximum(bar, rail) * inside
    hall *= 1 - 0.75 * inside[..., None]
    hall += (0.16 * metal)[..., None] * np.array([0.8, 0.85, 1.0], np.float32)


def _arm(
    x: np.ndarray, y: np.ndarray, middle: float, top: float, wide: float, rng: np.random.Generator
) -> np.ndarray:
    """Return a raised hand beside some of the heads."""
    if rng.random() > 0.28:
        return np.zeros((HEIGHT, WIDTH), np.float32)
    lean = float(rng.uniform(-0.18, 0.18))
    side = 1.25 if lean > 0 else -1.25
    at = middle + side * wide + lean * (top - y / HEIGHT)
    arm = smoothstep(0.018, 0.014, np.abs(x / WIDTH - at)) * (y / HEIGHT > top - 0.062)
    hand = np.hypot(
        (x / WIDTH - middle - side * wide - lean * 0.068) / 0.024,
        (y / HEIGHT - top + 0.068) / 0.019,
    )
    return np.maximum(arm, smoothstep(1.06, 0.9, hand))
