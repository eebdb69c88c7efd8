"""Builds the bedroom around a picture, then draws it frame by frame."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from backline.content.media.backdrop import soft_still
from backline.content.media.canvas import add_grain, finished
from backline.content.media.colour import to_planes
from backline.content.media.figure import set_figure
from backline.content.media.frame import FRAME_RATE, Area, Planes, Scene
from backline.content.media.layer import BlurredLayer
from backline.content.media.light import Glow, Motes, float_motes, glow
from backline.content.media.picture import Picture
from backline.content.media.speech import Speech
from backline.content.media.stance import face_areas, stand
from backline.content.media.still import (
    STILL_HEIGHT,
    STILL_WIDTH,
    ChangingStill,
    Matrix,
    SoftStill,
    Still,
    still_of,
    view_matrix,
)
from backline.content.media.subject import Subject, nearer, singing_still
from backline.content.motion import Camera, SceneFacts, energy_at, pulse_at
from backline.content.portrait import find_portrait, frame_for
from backline.content.templates.artist_caption_bedroom.blanket import blanket_before_somebody
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

    still: Still | ChangingStill | SoftStill
    subject: Subject | None
    """The artist; None when the picture is part of the still."""
    front: BlurredLayer | None
    """What lies before the artist; None when there is nobody."""
    led: Glow
    motes: Motes
    faces: tuple[Area, ...]
    picture_to_still: Matrix


class Bedroom(NamedTuple):
    """The room with a camera in it, and light that follows the music."""

    room: Room
    camera: Camera
    facts: SceneFacts
    speech: Speech | None = None
    """The mouth of a face that is part of the still."""

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
        if self.speech is not None:
            self.speech.pose(index)
        self.room.still.draw(view_matrix(view), into)
        if self.room.subject is not None:
            self.room.subject.draw(view, index, into)
        if self.room.front is not None:
            self.room.front.draw(view_matrix(nearer(nearer(view))), into)
        self.room.led.add(0.03 + 0.05 * energy + 0.08 * pulse, into)
        self.room.motes.draw(seconds, 0.5 + 0.5 * energy, into)


def build(picture: Picture, facts: SceneFacts) -> Scene:
    """Build the room: somebody who can be cut out is in it, an upright picture fills it, others hang there."""
    camera = Camera(duration_seconds=facts.duration_seconds, seed=facts.seed)
    room = _paint_room(picture, facts.seed)
    if room.subject is not None:
        return Bedroom(room._replace(subject=room.subject.singing(picture, facts)), camera, facts)
    if isinstance(room.still, SoftStill):
        return Bedroom(room, camera, facts)
    still, speech = singing_still(room.still, picture, room.picture_to_still, facts)
    return Bedroom(room._replace(still=still), camera, facts, speech)


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
        front = blanket_before_somebody(led, rng)
        motes = float_motes(rng, 22)
        return Room(room, figure, front, glow(led), motes, figure.faces, stance.matrix)
    if picture.aspect < UPRIGHT_ASPECT:
        framing = frame_for(picture, STILL_WIDTH, STILL_HEIGHT)
        canvas = fill_frame(framing.cut(picture.rgb, STILL_WIDTH, STILL_HEIGHT), led, rng)
        matrix = framing.matrix
    else:
        canvas, matrix = hang_on_wall(picture, led, rng)
    add_grain(canvas, rng, 0.018)
    still = still_of(to_planes(finished(canvas)))
    faces = face_areas(portrait, matrix)
    return Room(still, None, None, glow(led), float_motes(rng, 22), faces, matrix)
