"""Builds the bedroom around a picture, then draws it frame by frame."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from backline.content.media.backdrop import soft_still
from backline.content.media.canvas import add_grain, finished
from backline.content.media.colour import to_planes
from backline.content.media.figure import Figure, face_area, nearer, set_figure, stand
from backline.content.media.frame import FRAME_RATE, Area, Planes, Scene
from backline.content.media.light import Glow, Motes, float_motes, glow
from backline.content.media.picture import Picture
from backline.content.media.still import STILL_HEIGHT, STILL_WIDTH, SoftStill, Still, view_matrix
from backline.content.motion import Camera, SceneFacts, energy_at, pulse_at
from backline.content.portrait import find_portrait, frame_for
from backline.content.templates.artist_caption_bedroom.full_frame import fill_frame
from backline.content.templates.artist_caption_bedroom.light import led_light
from backline.content.templates.artist_caption_bedroom.room import (
    empty_room,
    room_light_on_people,
)
from backline.content.templates.artist_caption_bedroom.wall import hang_on_wall

UPRIGHT_ASPECT = 0.85
"""Pictures narrower than this (width by height) fill the frame; wider ones are hung on the wall."""


class Room(NamedTuple):
    """What was painted: it depends on the picture and the seed, not on the music."""

    still: Still | SoftStill
    figure: Figure | None
    led: Glow
    motes: Motes
    faces: tuple[Area, ...]


class Bedroom(NamedTuple):
    """The room with a camera in it, and light that follows the music."""

    room: Room
    camera: Camera
    facts: SceneFacts

    @property
    def faces(self) -> tuple[Area, ...]:
        """The parts of the frame that a caption leaves free."""
        return self.room.faces

    def draw(self, index: int, into: Planes) -> None:
        """Draw frame ``index`` over all of ``into``."""
        seconds = index / FRAME_RATE
        pulse = pulse_at(seconds, self.facts.beats)
        energy = energy_at(seconds, self.facts.energy, FRAME_RATE)
        view = self.camera.view(seconds, 0.008 * pulse)
        self.room.still.draw(view_matrix(view), into)
        if self.room.figure is not None:
            self.room.figure.layer.draw(view_matrix(nearer(view)), into)
        self.room.led.add(0.03 + 0.05 * energy + 0.08 * pulse, into)
        self.room.motes.draw(seconds, 0.5 + 0.5 * energy, into)


def build(picture: Picture, facts: SceneFacts) -> Scene:
    """Build the room: somebody who can be cut out is in it, an upright picture fills it, others hang there."""
    camera = Camera(duration_seconds=facts.duration_seconds, seed=facts.seed)
    return Bedroom(_paint_room(picture, facts.seed), camera, facts)


# A run needs the room twice, for its still and for its film: the last one is kept.
@lru_cache(maxsize=1)
def _paint_room(picture: Picture, seed: int) -> Room:
    rng = np.random.default_rng(seed)
    led = led_light(rng)
    portrait = find_portrait(picture)
    stance = stand(picture, portrait)
    if stance is not None:
        room = soft_still(empty_room(led, rng), rng)
        figure = set_figure(picture, portrait, stance, room_light_on_people(led))
        return Room(room, figure, glow(led), float_motes(rng, 22), figure.faces)
    if picture.aspect < UPRIGHT_ASPECT:
        framing = frame_for(picture, STILL_WIDTH, STILL_HEIGHT)
        canvas = fill_frame(framing.cut(picture.rgb, STILL_WIDTH, STILL_HEIGHT), led, rng)
        faces = tuple(face_area(face.box, framing.matrix) for face in portrait.main_faces)
    else:
        canvas, faces = hang_on_wall(picture, led, rng)
    add_grain(canvas, rng, 0.018)
    still = Still(to_planes(finished(canvas)))
    return Room(still, None, glow(led), float_motes(rng, 22), faces)
