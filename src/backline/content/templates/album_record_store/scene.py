"""Builds the shop around the artwork, then lets the record turn."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from backline.content.media.canvas import add_grain, finished
from backline.content.media.colour import to_planes
from backline.content.media.disc import Disc
from backline.content.media.frame import FRAME_RATE, Area, Planes, Scene
from backline.content.media.light import Glow, Motes, float_motes, glow
from backline.content.media.picture import Picture
from backline.content.media.stance import face_areas
from backline.content.media.still import Still, still_of, view_matrix
from backline.content.motion import Camera, SceneFacts, energy_at, pulse_at
from backline.content.portrait import Framing, find_portrait, frame_for
from backline.content.templates.album_record_store.crate import set_crate
from backline.content.templates.album_record_store.layout import (
    SLEEVE_AREA,
    SLEEVE_CENTRE,
    SLEEVE_SIDE,
    ZOOM_TO,
)
from backline.content.templates.album_record_store.record import (
    Dust,
    lay_record,
    record_dust,
    record_label,
)
from backline.content.templates.album_record_store.shop import lamp_light, paint_shop
from backline.content.templates.album_record_store.sleeve import stand_sleeve

TURNS_PER_SECOND = 100 / 3 / 60
"""33 1/3 a minute."""


class Shop(NamedTuple):
    """What was painted: it depends on the picture and the seed, not on the music."""

    still: Still
    label: Disc
    dust: Dust
    lamps: Glow
    motes: Motes
    faces: tuple[Area, ...]


class RecordStore(NamedTuple):
    """The shop with a camera in it, the record turning, lamps that breathe with the song."""

    shop: Shop
    camera: Camera
    facts: SceneFacts

    @property
    def faces(self) -> tuple[Area, ...]:
        """Those on the sleeve, and all of the sleeve: nothing is written on the artwork."""
        return (*self.shop.faces, SLEEVE_AREA)

    def draw(self, index: int, into: Planes) -> None:
        """Draw frame ``index`` over all of ``into``."""
        seconds = index / FRAME_RATE
        pulse = pulse_at(seconds, self.facts.beats)
        energy = energy_at(seconds, self.facts.energy, FRAME_RATE)
        angle = 2 * math.pi * TURNS_PER_SECOND * seconds
        matrix = view_matrix(self.camera.view(seconds, 0.006 * pulse))
        shop = self.shop
        shop.still.draw(matrix, into)
        shop.label.draw(matrix, angle, into)
        shop.dust.add(matrix, angle, into)
        shop.lamps.add(0.03 + 0.05 * energy + 0.045 * pulse, into)
        shop.motes.draw(seconds, 0.6 + 0.4 * energy, into)


def build(picture: Picture, facts: SceneFacts) -> Scene:
    """Build the shop: shelves, counter, record, sleeve; the artwork is cropped to a square."""
    camera = Camera(
        duration_seconds=facts.duration_seconds, seed=facts.seed, zoom_from=1.02, zoom_to=ZOOM_TO
    )
    return RecordStore(_paint_shop(picture, facts.seed, facts.artist or facts.title), camera, facts)


# A run needs the shop twice, for its still and for its film: the last one is kept.
@lru_cache(maxsize=1)
def _paint_shop(picture: Picture, seed: int, name: str) -> Shop:
    rng = np.random.default_rng(seed)
    side = min(1100, max(512, min(picture.width, picture.height)))
    framing = frame_for(picture, side, side, eye_line=0.42)
    art = framing.cut(picture.rgb, side, side)
    lamps = lamp_light(rng)
    canvas = paint_shop(lamps, rng)
    visible = lay_record(canvas, rng)
    stand_sleeve(canvas, visible, art, rng)
    set_crate(canvas, art, name, rng)
    add_grain(canvas, rng, 0.014)
    return Shop(
        still=still_of(to_planes(finished(canvas))),
        label=record_label(art),
        dust=record_dust(visible, rng),
        lamps=glow(lamps),
        motes=float_motes(rng, 16, largest=8.0),
        faces=_faces(picture, framing, side),
    )


def _faces(picture: Picture, framing: Framing, side: int) -> tuple[Area, ...]:
    """Return where the faces of the artwork are on the sleeve; its tilt of a degree is left out."""
    factor = SLEEVE_SIDE / side
    to_still = framing.matrix * factor
    to_still[:, 2] += np.array(SLEEVE_CENTRE) - SLEEVE_SIDE / 2
    return face_areas(find_portrait(picture), to_still)
