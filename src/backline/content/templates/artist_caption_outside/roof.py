"""A car's wet roof close before the lens: the street again, upside down, and rain that stands on it in beads.

It is what a photographer would look for here: it fills the foot of the frame
with light, and nobody has to wonder where a cropped body ends.
"""

from __future__ import annotations

import cv2
import numpy as np

from backline.content.media.canvas import Canvas, Mask, blurred, enlarged, grid, noise, smoothstep
from backline.content.media.colour import to_rgb
from backline.content.media.frame import Planes
from backline.content.media.layer import BlurredLayer, blurred_layer_of, layer_of
from backline.content.media.still import STILL_HEIGHT, STILL_WIDTH
from backline.content.media.subject import Subject
from backline.content.templates.artist_caption_outside.street import HEIGHT, WIDTH

EDGE = 0.735
"""Of the frame's height: the roof's far edge, in the middle of the frame."""
_FALL = 0.016
"""How much lower it lies at the sides of the frame."""
_SQUEEZE = 1.62
"""A roof is round: it shows more of the street than a flat mirror would."""
_SEEN_FROM = (0.56, 0.65)
"""Of the frame's height: who stands there is not seen in the roof above the first, and all there below the second."""
_PAINT = np.array([0.010, 0.014, 0.022], np.float32)
_BEADS = 420


def wet_roof(street: Canvas, subject: Subject, rng: np.random.Generator) -> BlurredLayer:
    """Return the roof before a street of a quarter of the still's size, and before whoever stands there."""
    top = round((EDGE - 0.012) * STILL_HEIGHT) & ~3
    width, height = STILL_WIDTH // 2, (STILL_HEIGHT - top) // 2
    x, y = grid(width, height)
    u, v = x / np.float32(width), (top + 2 * y) / np.float32(STILL_HEIGHT)
    below = np.asarray(v - EDGE - _FALL * (2 * u - 1) ** 2, np.float32)
    roof = _mirrored(_with_subject(street, subject), u, below, rng)
    roof += _shine(roof, below)
    _let_rain_stand(roof, below, rng)
    mask = blurred(smoothstep(-0.0008, 0.0008, below), 1.6)
    full = (STILL_WIDTH, STILL_HEIGHT - top)
    return blurred_layer_of(layer_of(enlarged(roof, *full), enlarged(mask, *full), 0, top))


def _with_subject(street: Canvas, subject: Subject) -> Canvas:
    """Return the street with what stands in it, as far as the roof shows it: nobody wants a face upside down."""
    layer = subject.layer
    left, top, right, bottom = (side // 4 for side in layer.box)
    size = (min(right, WIDTH) - left, min(bottom, HEIGHT) - top)
    hides, y, cb, cr = (
        np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.float32)
        for plane in (layer.hides, *layer.planes)
    )
    if subject.is_person:
        _, row = grid(1, size[1])
        seen = smoothstep(*_SEEN_FROM, (top + row) / HEIGHT)
        hides, y, cb, cr = (plane * seen for plane in (hides, y, cb, cr))
    shows = 1 - hides / 255
    # Its planes are multiplied by how much it hides: what is missing is black.
    black = (y + 16 * shows, cb + 128 * shows, cr + 128 * shows)
    rgb = to_rgb(Planes(*(np.rint(plane).astype(np.uint8) for plane in black)))
    whole = street.copy()
    part = whole[top : top + size[1], left : left + size[0]]
    part *= shows[..., None]
    part += rgb.astype(np.float32) / 255
    return whole


def _mirrored(scene: Canvas, u: Mask, below: Mask, rng: np.random.Generator) -> Canvas:
    """Return what the roof shows: clear along its edge, softer towards the lens."""
    height, width = below.shape
    ripple = 0.004 * noise(rng, width, height, 46) + 0.0016 * noise(rng, width, height, 12)
    from_x = np.broadcast_to(u, below.shape) + (0.3 + 6 * below) * ripple
    from_y = EDGE - _SQUEEZE * below + (0.2 + 4 * below) * ripple
    places = (
        (from_x * WIDTH - 0.5).astype(np.float32),
        (from_y * HEIGHT - 0.5).astype(np.float32),
    )
    far = smoothstep(0.02, 0.20, below)[..., None]
    clear, soft = (
        cv2.remap(blurred(scene, sigma), *places, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        for sigma in (1.2, 5.0)
    )
    shown = clear + (soft - clear) * far
    strength = 0.92 - 0.30 * smoothstep(0.0, 0.27, below)
    return np.asarray(_PAINT + shown * strength[..., None], np.float32)


def _shine(roof: Canvas, below: Mask) -> Canvas:
    """Return the light along the edge, where the paint turns away from the lens and all lamps meet."""
    across = blurred(np.asarray(roof[: roof.shape[0] // 2].max(axis=0)[None], np.float32), 22)
    line = 0.55 * np.exp(-(((below - 0.0022) / 0.0017) ** 2))
    sheen = 0.16 * np.exp(-(((below - 0.006) / 0.016) ** 2)) * (below > 0)
    return np.asarray((line + sheen)[..., None] * (0.05 + across), np.float32)


def _let_rain_stand(roof: Canvas, below: Mask, rng: np.random.Generator) -> None:
    """Set beads of rain on the roof, in place: larger towards the lens, each with a little of the light around it."""
    light = blurred(roof, 14)
    height, width = below.shape
    for depth in np.sort(rng.random(_BEADS)):
        x, y = float(rng.uniform(6, width - 6)), 10 + float(depth) ** 0.8 * (height - 12)
        radius = (1.3 + 6.4 * float(depth)) * float(rng.uniform(0.45, 1.0))
        if below[int(y), int(x)] > 0.006:
            _set_bead(roof, light, x, y, radius)


def _set_bead(roof: Canvas, light: Canvas, x: float, y: float, radius: float) -> None:
    """Draw one bead, in place: dark above, where it holds the night, bright below, where it gathers the lamps."""
    reach = int(radius + 3)
    left, top = max(0, int(x) - reach), max(0, int(y) - reach)
    part = roof[top : int(y) + reach + 1, left : int(x) + reach + 1]
    dx, dy = grid(part.shape[1], part.shape[0])
    dx, dy = (dx + left - x) / radius, (dy + top - y) / (0.72 * radius)
    away = np.hypot(dx, dy)
    cover = smoothstep(1.15, 0.8, away)
    glow = 0.35 + 1.15 * smoothstep(-0.4, 0.9, dy) * smoothstep(1.2, 0.6, away)
    glint = 1.1 * np.exp(-(((dx + 0.28) / 0.26) ** 2) - ((dy + 0.32) / 0.26) ** 2)
    around = light[int(y), int(x)]
    shown = glow[..., None] * (around * 1.25 + 0.006) + glint[..., None] * (around * 2.2 + 0.06)
    part += (shown - part) * (0.9 * cover)[..., None]
