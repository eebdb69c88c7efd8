"""Lights far out of focus that drift through the frame: cars that pass, signs that flicker."""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from backline.content.media.colour import to_planes
from backline.content.media.frame import FRAME_WIDTH, Plane, Planes
from backline.content.media.light import soft_disc


class Bokeh(NamedTuple):
    """One light: a coloured disc on a path that is a function of time. Lengths are frame pixels."""

    disc: Planes
    """Its own colour over black, chroma around 128; three squares of half its size."""
    x: float
    y: float
    speed_x: float
    """Pixels a second; what leaves on one side comes back on the other."""
    flicker_hertz: float
    phase: float

    def draw(self, seconds: float, brightness: float, into: Planes) -> None:
        """Add the light to planes of half the frame's size; ``brightness`` is 0 to 1."""
        side = 2 * self.disc.y.shape[0]
        x = (self.x + self.speed_x * seconds + side) % (FRAME_WIDTH + 2 * side) - side
        turn = 2 * math.pi * (self.flicker_hertz * seconds + self.phase)
        amount = brightness * (0.78 + 0.22 * math.sin(turn))
        for light, plane, zero in zip(self.disc, into, (16.0, 128.0, 128.0), strict=True):
            _add(light, x / 2, self.y / 2, amount, zero, plane)


def bokeh(
    diameter: float,
    colour: NDArray[np.float32],
    *,
    place: tuple[float, float],
    speed_x: float,
    rng: np.random.Generator,
) -> Bokeh:
    """Make a light of a colour (RGB, 0 to 1) that starts with its corner at ``place``."""
    disc = soft_disc(diameter, 0.14)
    disc = np.pad(disc, 2)[: (disc.shape[0] + 4) & ~1, : (disc.shape[0] + 4) & ~1]
    lit = np.clip(disc[..., None] * colour, 0, 1) * np.float32(255)
    y, cb, cr = to_planes(lit.astype(np.float32))
    half = cv2.resize(y, cb.shape, interpolation=cv2.INTER_AREA)
    return Bokeh(
        disc=Planes(np.asarray(half, np.uint8), cb, cr),
        x=place[0],
        y=place[1],
        speed_x=speed_x,
        flicker_hertz=float(rng.uniform(0.2, 0.9)),
        phase=float(rng.random()),
    )


def _add(light: Plane, x: float, y: float, amount: float, zero: float, plane: Plane) -> None:
    """Add a square of light whose corner lies at (x, y), between pixels if need be, cut at the sides."""
    side = light.shape[0]
    left, top = math.floor(x), math.floor(y)
    low_x, high_x = max(0, left), min(plane.shape[1], left + side)
    low_y, high_y = max(0, top), min(plane.shape[0], top + side)
    if low_x >= high_x or low_y >= high_y:
        return
    shift = np.array([[1, 0, x - left], [0, 1, y - top]], np.float64)
    moved = cv2.warpAffine(
        light, shift, (side, side), borderMode=cv2.BORDER_CONSTANT, borderValue=zero
    )
    part = plane[low_y:high_y, low_x:high_x]
    seen = moved[low_y - top : high_y - top, low_x - left : high_x - left]
    cv2.addWeighted(part, 1.0, seen, amount, -zero * amount, dst=part)
