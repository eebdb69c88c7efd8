"""Light that lives while the camera moves: a glow that follows the music, dust that floats in it."""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np

from backline.content.media.canvas import Canvas, Mask, enlarged, grid, smoothstep
from backline.content.media.colour import to_planes
from backline.content.media.frame import FRAME_HEIGHT, FRAME_WIDTH, Plane, Planes


class Glow(NamedTuple):
    """Coloured light that is added to a frame, more or less of it from moment to moment."""

    planes: Planes
    """Its own colour over black; chroma around 128."""

    def add(self, amount: float, into: Planes) -> None:
        """Add ``amount`` (0 to about 1) of the light to the frame."""
        if amount < 0.004:
            return
        pairs = zip(self.planes, into, (16.0, 128.0, 128.0), strict=True)
        for light, plane, zero in pairs:
            cv2.addWeighted(plane, 1.0, light, amount, -zero * amount, dst=plane)


def glow(light: Canvas) -> Glow:
    """Make a glow from a small canvas of light (any size, the frame's shape)."""
    full = enlarged(np.clip(light, 0, 1) * np.float32(255), FRAME_WIDTH, FRAME_HEIGHT)
    return Glow(to_planes(full))


def soft_disc(diameter: float, softness: float) -> Mask:
    """Return a disc out of focus: flat inside, a little brighter at the rim, as lenses draw it."""
    size = 2 * math.ceil(diameter / 2 + 2) + 1
    x, y = grid(size, size)
    radius = np.hypot(x - size / 2, y - size / 2) / (diameter / 2)
    edge = smoothstep(1.0, 1.0 - softness, radius)
    return np.asarray(edge * (0.72 + 0.28 * smoothstep(0.55, 0.95, radius)), np.float32)


class Mote(NamedTuple):
    """A speck of dust in the light. Lengths are frame pixels."""

    sprite: Plane
    x: float
    y: float
    speed_x: float
    speed_y: float
    """Pixels a second."""
    sway: float
    sway_hertz: float
    phase: float


class Motes(NamedTuple):
    """Dust that floats through the frame, each speck on a path that is a function of time."""

    motes: tuple[Mote, ...]

    def draw(self, seconds: float, brightness: float, into: Planes) -> None:
        """Add the specks to the brightness of the frame; ``brightness`` is 0 to 1."""
        for mote in self.motes:
            turn = 2 * math.pi * (mote.sway_hertz * seconds + mote.phase)
            x = mote.x + mote.speed_x * seconds + mote.sway * math.sin(turn)
            y = mote.y + mote.speed_y * seconds
            twinkle = 0.55 + 0.45 * math.sin(turn * 1.7 + mote.phase * 9)
            _add_sprite(
                mote.sprite,
                x % (FRAME_WIDTH + 80) - 40,
                y % (FRAME_HEIGHT + 80) - 40,
                brightness * twinkle,
                into.y,
            )


def float_motes(rng: np.random.Generator, count: int, largest: float = 11.0) -> Motes:
    """Scatter ``count`` specks over the frame; the small ones are many, the large ones faint."""
    motes = []
    for _ in range(count):
        diameter = 3.0 + (largest - 3.0) * float(rng.random()) ** 2
        level = 70.0 / (1 + 0.12 * diameter)
        sprite = np.rint(soft_disc(diameter, 0.8) * level).astype(np.uint8)
        motes.append(
            Mote(
                sprite=np.pad(sprite, 1),
                x=float(rng.uniform(0, FRAME_WIDTH + 80)),
                y=float(rng.uniform(0, FRAME_HEIGHT + 80)),
                speed_x=float(rng.uniform(-9, 9)),
                speed_y=float(rng.uniform(-16, -3)),
                sway=float(rng.uniform(4, 16)),
                sway_hertz=float(rng.uniform(0.05, 0.16)),
                phase=float(rng.random()),
            )
        )
    return Motes(tuple(motes))


def _add_sprite(sprite: Plane, x: float, y: float, amount: float, plane: Plane) -> None:
    """Add a sprite whose middle lies on (x, y), between pixels if need be."""
    side = sprite.shape[0]
    left, top = math.floor(x - side / 2), math.floor(y - side / 2)
    if left < 0 or top < 0 or left + side > plane.shape[1] or top + side > plane.shape[0]:
        return
    shift = np.array([[1, 0, x - side / 2 - left], [0, 1, y - side / 2 - top]], np.float64)
    moved = cv2.warpAffine(sprite, shift, (side, side), flags=cv2.INTER_LINEAR)
    part = plane[top : top + side, left : left + side]
    cv2.addWeighted(part, 1.0, moved, amount, 0.0, dst=part)
