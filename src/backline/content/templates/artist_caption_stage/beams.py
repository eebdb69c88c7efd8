"""Beams from the lamps on the truss: they swing with the song's time and flare on its beats."""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from backline.content.media.canvas import grid
from backline.content.media.colour import ycbcr_of
from backline.content.media.frame import FRAME_HEIGHT, FRAME_WIDTH, Plane, Planes

_SHRINK = 8
"""Beams have no edges: an eighth of the frame's size holds them."""
_WIDTH, _HEIGHT = FRAME_WIDTH // _SHRINK, FRAME_HEIGHT // _SHRINK
_BLACK = (0.0, 128.0, 128.0)
_LONG, _WIDE = 230, 96
"""The texture of one beam, small pixels."""
_HAZE = 0.74
"""How much of a beam the air shows."""
_COLOURFULNESS = 1.6
"""Light in haze looks more coloured than its lamp."""


class Beam(NamedTuple):
    """One lamp and its light."""

    x: float
    y: float
    """Of the frame's width and height: where the lamp hangs."""
    angle: float
    """Radians from straight down, positive to the right."""
    swing: float
    """Radians to both sides."""
    swing_seconds: float
    phase: float
    colour: tuple[float, float, float]
    """Y, Cb, Cr of the full light, differences from black."""
    strength: float

    def at(self, seconds: float) -> float:
        """Return where the beam points at a moment."""
        return self.angle + self.swing * math.sin(
            2 * math.pi * (seconds / self.swing_seconds + self.phase)
        )


class Beams(NamedTuple):
    """All lamps of the truss."""

    beams: tuple[Beam, ...]
    texture: NDArray[np.float32]

    def add(self, seconds: float, pulse: float, energy: float, into: Planes) -> None:
        """Add the light of all beams to the frame; every second lamp answers the beat, the others the song."""
        light = [np.full((_HEIGHT, _WIDTH), zero, np.float32) for zero in _BLACK]
        for number, beam in enumerate(self.beams):
            amount = beam.strength * (0.28 + 0.62 * (pulse if number % 2 else energy) + 0.1 * pulse)
            shape = self._shape(beam, beam.at(seconds))
            for channel, colour in zip(light, beam.colour, strict=True):
                cv2.scaleAdd(shape, colour * amount, channel, dst=channel)
        for channel, plane, zero in zip(light, into, _BLACK, strict=True):
            _add(channel, plane, zero)

    def _shape(self, beam: Beam, angle: float) -> NDArray[np.float32]:
        cos, sin = math.cos(angle), math.sin(angle)
        turn = np.array([[cos, sin], [-sin, cos]])
        lamp = np.array([beam.x * _WIDTH, beam.y * _HEIGHT])
        start = lamp - turn @ np.array([_WIDE / 2, 0.0])
        matrix = np.column_stack([turn, start])
        return np.asarray(cv2.warpAffine(self.texture, matrix, (_WIDTH, _HEIGHT)), np.float32)


def hang_beams(
    colours: tuple[NDArray[np.float32], ...], lamp_y: float, rng: np.random.Generator
) -> Beams:
    """Hang six lamps along the truss; colours (RGB, 0 to 1) take turns."""
    beams = []
    for number in range(6):
        x = (number + 0.5) / 6
        r, g, b = (round(float(c) * 255) for c in colours[number % len(colours)])
        y, cb, cr = ycbcr_of((r, g, b))
        beams.append(
            Beam(
                x=x,
                y=lamp_y,
                angle=(0.5 - x) * 0.85 + float(rng.uniform(-0.06, 0.06)),
                swing=float(rng.uniform(0.10, 0.24)),
                swing_seconds=float(rng.uniform(5.0, 9.0)),
                phase=float(rng.random()),
                colour=(
                    _HAZE * (y - 16),
                    _HAZE * _COLOURFULNESS * (cb - 128),
                    _HAZE * _COLOURFULNESS * (cr - 128),
                ),
                strength=float(rng.uniform(0.8, 1.1)),
            )
        )
    return Beams(tuple(beams), _texture())


def _texture() -> NDArray[np.float32]:
    """Return one beam pointing down: bright at the lamp, wider and fainter below."""
    x, y = grid(_WIDE, _LONG)
    half = 1.6 + 0.135 * y
    core = np.exp(-(((x - _WIDE / 2) / half) ** 2) * 2.2)
    fade = np.exp(-y / 130) * (1 - y / _LONG)
    lamp = np.exp(-np.hypot(x - _WIDE / 2, y) / 3.2)
    return np.asarray(core * fade + 1.2 * lamp, np.float32)


def _add(light: NDArray[np.float32], plane: Plane, zero: float) -> None:
    """Add light, whose black is ``zero``, to a plane, enlarged."""
    small = cv2.convertScaleAbs(cv2.max(light, 0.0))
    size = (plane.shape[1], plane.shape[0])
    large = cv2.resize(small, size, interpolation=cv2.INTER_LINEAR)
    if zero:
        cv2.addWeighted(plane, 1.0, large, 1.0, -zero, dst=plane)
    else:
        cv2.add(plane, large, dst=plane)
