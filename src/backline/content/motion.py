"""How the camera moves: a slow push-in, the drift of a hand, and a small pulse on the beat.

Everything here is a function of time, so any frame can be drawn in any order,
and of the seed, so that the same run gives the same film. Positions are
continuous pixel coordinates (the centre of the first pixel is 0.5, 0.5).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import msgspec


class Beat(msgspec.Struct, frozen=True, kw_only=True):
    """One beat of the clip."""

    seconds: float
    """From the start of the clip."""
    strength: float
    """0 (barely heard) to 1 (the strongest of the clip)."""
    is_downbeat: bool


class SceneFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a scene may know about the music and the run."""

    duration_seconds: float
    seed: int
    beats: Sequence[Beat]
    energy: Sequence[float]
    """Loudness as it is felt, 0 to 1, one value per frame."""
    mouth: Sequence[float] = ()
    """How far the singer's mouth is open, 0 to 1, one value per frame; empty when it stays still."""
    rounding: Sequence[float] = ()
    """How round it is, -1 (wide) to 1, one value per frame; empty when the words are not known."""
    title: str = ""
    artist: str = ""
    date: str = ""
    """When the song comes out, as it shall be read; empty when nobody said."""
    top: int = 0
    bottom: int = 1920
    """The rows of the frame that are shown, the second just outside; a scene may move what would be cut."""


class View(NamedTuple):
    """Where the camera looks at one moment."""

    zoom: float
    """1 shows the whole still."""
    shift_x: float
    shift_y: float
    """Frame pixels by which the centre of the view has moved over the still."""
    angle: float
    """Radians, clockwise on the screen."""


class Camera(msgspec.Struct, frozen=True, kw_only=True):
    """A camera on a slow push-in, held by a hand that is almost still."""

    duration_seconds: float
    seed: int
    zoom_from: float = 1.04
    zoom_to: float = 1.12
    sway: float = 5.0
    """Frame pixels of drift at most, in x and in y."""
    roll: float = 0.0025
    """Radians of tilt at most."""

    def view(self, seconds: float, pulse: float = 0.0) -> View:
        """Return the view at a moment; ``pulse`` is what the beat adds to the zoom (0.01 is 1 %)."""
        progress = ease(seconds / self.duration_seconds if self.duration_seconds > 0 else 0.0)
        zoom = self.zoom_from + (self.zoom_to - self.zoom_from) * progress
        return View(
            zoom=zoom * (1 + pulse),
            shift_x=self.sway * drift(seconds, self.seed, 0),
            shift_y=self.sway * drift(seconds, self.seed, 1),
            angle=self.roll * drift(seconds, self.seed, 2),
        )


def ease(progress: float) -> float:
    """Return 0 to 1 for 0 to 1, leaving and arriving softly but never standing still between.

    A third of a cosine ease on two thirds of a straight line: a pure ease would
    seem to stop at both ends of a fifteen-second clip.
    """
    held = min(1.0, max(0.0, progress))
    return held * 2 / 3 + (1 - math.cos(math.pi * held)) / 6


def drift(seconds: float, seed: int, axis: int) -> float:
    """Return a slow wander in -1..1 that does not visibly repeat: three sines, 0.07 to 0.31 Hz."""
    phase = (seed % 9973) * 0.61803 + axis * 2.39996
    total = 0.0
    for order, (hertz, weight) in enumerate(((0.07, 0.55), (0.17, 0.3), (0.31, 0.15))):
        turn = hertz * (1 + 0.13 * axis) * seconds + (phase * (order + 1)) % 1.0
        total += weight * math.sin(2 * math.pi * turn)
    return total


PULSE_DECAY_SECONDS = 0.15
"""How fast a beat's light and push fall to 1/e; slower smears into the next beat."""
PULSE_ATTACK_SECONDS = 0.05
"""A beat rises over one and a half frames: an instant jump reads as a glitch."""


def pulse_at(seconds: float, beats: Sequence[Beat]) -> float:
    """Return how much of a beat is felt at a moment, 0 to 1: downbeats whole, the others half."""
    felt = 0.0
    for beat in beats:
        since = seconds - beat.seconds
        if -PULSE_ATTACK_SECONDS < since < 8 * PULSE_DECAY_SECONDS:
            height = (1.0 if beat.is_downbeat else 0.5) * (0.4 + 0.6 * beat.strength)
            shape = (
                1 + since / PULSE_ATTACK_SECONDS
                if since < 0
                else math.exp(-since / PULSE_DECAY_SECONDS)
            )
            felt = max(felt, height * shape)
    return felt


def energy_at(seconds: float, energy: Sequence[float], frame_rate: int) -> float:
    """Return the energy of the music around a moment, smoothed over a third of a second; 0.5 if unknown."""
    if not energy:
        return 0.5
    middle = round(seconds * frame_rate)
    reach = frame_rate // 6
    low = min(max(0, middle - reach), len(energy) - 1)
    around = energy[low : max(low + 1, middle + reach + 1)]
    return sum(around) / len(around)
