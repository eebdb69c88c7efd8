"""Builds the bedroom around a picture, then draws it frame by frame."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from backline.content.media.canvas import add_grain, finished
from backline.content.media.colour import to_planes
from backline.content.media.frame import FRAME_RATE, Planes, Scene
from backline.content.media.light import Glow, Motes, float_motes, glow
from backline.content.media.picture import Picture
from backline.content.media.still import Still, view_matrix
from backline.content.motion import Camera, SceneFacts, energy_at, pulse_at
from backline.content.templates.artist_caption_bedroom.full_frame import fill_frame
from backline.content.templates.artist_caption_bedroom.light import led_light
from backline.content.templates.artist_caption_bedroom.wall import hang_on_wall

UPRIGHT_ASPECT = 0.85
"""Pictures narrower than this (width by height) fill the frame; wider ones are hung on the wall."""


class Room(NamedTuple):
    """What was painted: it depends on the picture and the seed, not on the music."""

    still: Still
    led: Glow
    motes: Motes


class Bedroom(NamedTuple):
    """The room with a camera in it, and light that follows the music."""

    room: Room
    camera: Camera
    facts: SceneFacts

    def draw(self, index: int, into: Planes) -> None:
        """Draw frame ``index`` over all of ``into``."""
        seconds = index / FRAME_RATE
        pulse = pulse_at(seconds, self.facts.beats)
        energy = energy_at(seconds, self.facts.energy, FRAME_RATE)
        self.room.still.draw(view_matrix(self.camera.view(seconds, 0.008 * pulse)), into)
        self.room.led.add(0.03 + 0.05 * energy + 0.08 * pulse, into)
        self.room.motes.draw(seconds, 0.5 + 0.5 * energy, into)


def build(picture: Picture, facts: SceneFacts) -> Scene:
    """Build the room around a picture: upright ones fill the frame, others hang on the wall."""
    camera = Camera(duration_seconds=facts.duration_seconds, seed=facts.seed)
    return Bedroom(_paint_room(picture, facts.seed), camera, facts)


# A run needs the room twice, for its still and for its film: the last one is kept.
@lru_cache(maxsize=1)
def _paint_room(picture: Picture, seed: int) -> Room:
    rng = np.random.default_rng(seed)
    led = led_light(rng)
    paint = fill_frame if picture.aspect < UPRIGHT_ASPECT else hang_on_wall
    canvas = paint(picture.rgb, led, rng)
    add_grain(canvas, rng, 0.018)
    return Room(Still(to_planes(finished(canvas))), glow(led), float_motes(rng, 22))
