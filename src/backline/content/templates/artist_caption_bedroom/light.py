"""The light of the room: an LED strip, lamps on a string, a street lamp through the blinds.

Places are fractions of the frame (0, 0 top left), colours are light: 1 is full.
"""

from __future__ import annotations

import cv2
import numpy as np

from backline.content.media.canvas import Canvas, Mask, blurred, enlarged, grid, smoothstep
from backline.content.media.light import soft_disc

MAGENTA = np.array([0.95, 0.20, 0.60], np.float32)
VIOLET = np.array([0.42, 0.16, 1.0], np.float32)
LAMP = np.array([1.0, 0.62, 0.3], np.float32)
STREET = np.array([1.0, 0.70, 0.62], np.float32)

SMALL_WIDTH, SMALL_HEIGHT = 180, 320
"""Light is painted on a canvas this small: it has no edges, and blurs for next to nothing."""


def spill(place: tuple[float, float], reach: tuple[float, float], colour: Canvas | Mask) -> Canvas:
    """Return light that falls off from a place; ``reach`` is where a third of it is left."""
    x, y = grid(SMALL_WIDTH, SMALL_HEIGHT)
    distance = np.hypot(
        (x / SMALL_WIDTH - place[0]) / reach[0], (y / SMALL_HEIGHT - place[1]) / reach[1]
    )
    return np.asarray((1 / (1 + 2 * distance**2.4))[..., None] * colour, np.float32)


def led_light(rng: np.random.Generator) -> Canvas:
    """Return the room's LED light (small canvas): magenta from one upper side, violet from below."""
    side = 1.0 if rng.random() < 0.5 else 0.0
    lift = float(rng.uniform(-0.05, 0.05))
    magenta = spill((side * 1.16 - 0.08, 0.24 + lift), (0.62, 0.34), MAGENTA)
    violet = spill((1.12 - side * 1.24, 0.86 + lift), (0.80, 0.40), VIOLET)
    return np.asarray(magenta + 0.85 * violet, np.float32)


def blinds_light(rng: np.random.Generator, width: int, height: int) -> Mask:
    """Return the light a window throws through blinds: soft slanting stripes, strongest at one place."""
    x, y = grid(width, height)
    u, v = x / width, y / width
    slope = float(rng.uniform(0.16, 0.26)) * (1 if rng.random() < 0.5 else -1)
    rows = (v + slope * u) / 0.105
    stripe = smoothstep(0.18, 0.46, np.abs(rows % 1.0 - 0.5).astype(np.float32))
    patch = np.exp(-(((u - 0.5 - slope) / 0.42) ** 2) - ((v - 0.72) / 0.52) ** 2)
    return np.asarray(blurred(1 - stripe, height / 320) * patch, np.float32)


def string_lights(rng: np.random.Generator, width: int, height: int) -> Canvas:
    """Return a string of lamps close to the lens, far out of focus, hung across the top."""
    canvas = np.zeros((height // 2, width // 2, 3), np.float32)
    count = 9
    for number in range(count):
        u = (number + float(rng.uniform(0.25, 0.75))) / count
        sag = 0.055 * (1 - (2 * u - 1) ** 2)
        v = 0.028 + sag + float(rng.uniform(-0.006, 0.006))
        diameter = width / 2 * float(rng.uniform(0.062, 0.088))
        _add_disc(canvas, u * width / 2, v * height / 2, diameter, float(rng.uniform(0.35, 0.8)))
    return enlarged(blurred(canvas, 1.2), width, height)


def _add_disc(canvas: Canvas, x: float, y: float, diameter: float, amount: float) -> None:
    disc = soft_disc(diameter, 0.16)
    side = disc.shape[0]
    shift = np.array([[1, 0, x - side / 2], [0, 1, y - side / 2]], np.float64)
    size = (canvas.shape[1], canvas.shape[0])
    moved = cv2.warpAffine(disc, shift, size, flags=cv2.INTER_LINEAR)
    canvas += moved[..., None] * LAMP * amount
