"""An upright picture as if it had been taken in this room: cropped, graded, lit."""

from __future__ import annotations

import numpy as np

from backline.content.media.canvas import Canvas, enlarged, grid, smoothstep
from backline.content.media.grade import Grade, graded
from backline.content.media.picture import Rgb
from backline.content.media.still import STILL_HEIGHT, STILL_WIDTH
from backline.content.templates.artist_caption_bedroom.light import (
    STREET,
    blinds_light,
    string_lights,
)

NIGHT = Grade(darkest=(0.030, 0.016, 0.062), lightest=(1.0, 0.86, 0.93), paler=0.5, middle=0.30)
"""How this room's night lies on a picture: violet shadows, rosy lights."""


def fill_frame(photo: Rgb, led: Canvas, rng: np.random.Generator) -> Canvas:
    """Return the still of a picture that was cropped to it, in the room's light."""
    canvas = graded(photo, NIGHT)
    canvas *= room_light(led, rng)
    canvas += string_lights(rng, STILL_WIDTH, STILL_HEIGHT)
    return canvas


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
