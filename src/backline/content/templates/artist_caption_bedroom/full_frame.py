"""An upright picture as if it had been taken in this room: cropped, graded, lit."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from backline.content.media.canvas import Canvas, cover, enlarged, grid, smoothstep
from backline.content.media.focus import focus_of
from backline.content.media.picture import Rgb
from backline.content.media.still import STILL_HEIGHT, STILL_WIDTH
from backline.content.templates.artist_caption_bedroom.light import (
    STREET,
    blinds_light,
    string_lights,
)

DARKEST = np.array([0.030, 0.016, 0.062], np.float32)
LIGHTEST = np.array([1.0, 0.86, 0.93], np.float32)
_LUMA = np.array([0.2126, 0.7152, 0.0722])


def fill_frame(rgb: Rgb, led: Canvas, rng: np.random.Generator) -> Canvas:
    """Return the still: the picture cropped around its subject, in the room's light."""
    photo = night_grade(cover(rgb, STILL_WIDTH, STILL_HEIGHT, focus_of(rgb)), 0.30)
    light = room_light(led, rng)
    photo *= light
    photo += string_lights(rng, STILL_WIDTH, STILL_HEIGHT)
    return photo


def night_grade(photo: Rgb, middle: float) -> Canvas:
    """Grade a picture for the night: paler, violet shadows, rosy lights, its median brought to ``middle``."""
    muted = cv2.transform(photo, _paler(0.5))
    return np.asarray(cv2.LUT(muted, _tone_curves(photo, middle)), np.float32)


def _paler(amount: float) -> NDArray[np.float64]:
    """Return the colour matrix that takes ``amount`` of the colour away and keeps brightness."""
    return (1 - amount) * np.eye(3) + amount * np.tile(_LUMA, (3, 1))


def _tone_curves(photo: Rgb, middle: float) -> NDArray[np.float32]:
    """Return one curve per channel (1, 256, 3): exposure by gamma, a soft S, then the split tone."""
    grey = cv2.cvtColor(photo[::8, ::8], cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    gamma = np.log(middle) / np.log(min(0.95, max(0.02, float(np.median(grey)))))
    level = np.linspace(0, 1, 256) ** float(np.clip(gamma, 0.55, 2.4))
    level = 0.65 * level + 0.35 * level * level * (3 - 2 * level)
    # No gamma makes white paper dark: what is bright all over is also lit less.
    lightest = LIGHTEST * min(1.0, 1.28 - 0.85 * float(grey.mean()))
    curves = DARKEST + (lightest - DARKEST) * level[:, None]
    return np.asarray(curves[None], np.float32)


def room_light(led: Canvas, rng: np.random.Generator) -> Canvas:
    """Return how much of each colour reaches each place: LED, blinds, darkness at the edges."""
    width, height = STILL_WIDTH // 4, STILL_HEIGHT // 4
    x, y = grid(width, height)
    u, v = x / width - 0.5, y / height - 0.5
    vignette = 1 - 0.55 * smoothstep(0.30, 0.85, np.hypot(u * 0.95, v * 1.05).astype(np.float32))
    floor = 1 - 0.42 * smoothstep(0.16, 0.48, np.broadcast_to(v, (height, width)))
    light = 0.62 + 0.95 * enlarged(led, width, height)
    light += 0.30 * blinds_light(rng, width, height)[..., None] * STREET
    light *= (vignette * floor)[..., None]
    return enlarged(light.astype(np.float32), STILL_WIDTH, STILL_HEIGHT)
