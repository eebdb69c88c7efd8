"""Builds the street around somebody, or around a lit poster, then lets the lights pass."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from backline.content.media.backdrop import soft_still
from backline.content.media.bokeh import Bokeh
from backline.content.media.canvas import Canvas, grid
from backline.content.media.figure import set_figure
from backline.content.media.frame import FRAME_RATE, Area, Planes, Scene
from backline.content.media.layer import BlurredLayer
from backline.content.media.light import Glow, Motes, float_motes, glow
from backline.content.media.picture import Picture
from backline.content.media.stance import stand
from backline.content.media.still import SoftStill, view_matrix
from backline.content.media.subject import Subject, nearer
from backline.content.motion import Camera, SceneFacts, energy_at, pulse_at
from backline.content.portrait import find_portrait
from backline.content.templates.artist_caption_outside.poster import POST_BOTTOM, light_poster
from backline.content.templates.artist_caption_outside.roof import wet_roof
from backline.content.templates.artist_caption_outside.street import (
    AMBER,
    HORIZON,
    TEAL,
    light_on_people,
    mirror,
    out_of_focus,
    paint_street,
    passing_lights,
    wet,
)


class Street(NamedTuple):
    """What was painted: it depends on the picture and the seed, not on the music."""

    backdrop: SoftStill
    lights: tuple[Bokeh, ...]
    subject: Subject
    """The artist, or the poster."""
    roof: BlurredLayer
    """Of a car, before the lens."""
    signs: Glow
    drizzle: Motes


class Outside(NamedTuple):
    """The street with a camera in it, and signs that follow the music."""

    street: Street
    camera: Camera
    facts: SceneFacts

    @property
    def faces(self) -> tuple[Area, ...]:
        """The parts of the frame that a caption leaves free."""
        return self.street.subject.faces

    def draw(self, index: int, into: Planes) -> None:
        """Draw frame ``index`` over all of ``into``."""
        seconds = index / FRAME_RATE
        pulse = pulse_at(seconds, self.facts.beats)
        energy = energy_at(seconds, self.facts.energy, FRAME_RATE)
        view = self.camera.view(seconds, 0.007 * pulse)
        street = self.street

        def pass_by(half: Planes) -> None:
            for light in street.lights:
                light.draw(seconds, 0.62 + 0.26 * energy + 0.12 * pulse, half)

        street.backdrop.draw(view_matrix(view), into, pass_by)
        street.subject.draw(view, index, into)
        street.roof.draw(view_matrix(nearer(nearer(view))), into)
        street.signs.add(0.02 + 0.04 * energy + 0.07 * pulse, into)
        street.drizzle.draw(seconds, 0.35 + 0.4 * energy, into)


def build(picture: Picture, facts: SceneFacts) -> Scene:
    """Build the street: somebody who can be cut out stands in it, any other picture hangs in a lit case."""
    camera = Camera(duration_seconds=facts.duration_seconds, seed=facts.seed)
    street = _paint(picture, facts.seed)
    street = street._replace(subject=street.subject.singing(picture, facts))
    return Outside(street, camera, facts)


# A run needs the street twice, for its still and for its film: the last one is kept.
@lru_cache(maxsize=1)
def _paint(picture: Picture, seed: int) -> Street:
    rng = np.random.default_rng(seed)
    street = paint_street(rng)
    portrait = find_portrait(picture)
    stance = stand(picture, portrait)
    wet(street, rng)
    if stance is not None:
        subject = set_figure(picture, portrait, stance, light_on_people())
    else:
        poster = light_poster(picture)
        mirror(street, poster.light, POST_BOTTOM, rng)
        street += 0.25 * poster.light
        subject = poster.subject
    seen = out_of_focus(street)
    return Street(
        backdrop=soft_still(seen.copy(), rng),
        lights=passing_lights(rng),
        subject=subject,
        roof=wet_roof(seen, subject, rng),
        signs=glow(_sign_light()),
        drizzle=_drizzle(rng),
    )


def _sign_light() -> Canvas:
    """Return the light that signs throw on everything: amber from the right, teal from the left."""
    x, y = grid(90, 160)
    height = np.exp(-(((y / 160 - HORIZON + 0.1) / 0.36) ** 2))
    amber = np.exp(-(((x / 90 - 1.0) / 0.5) ** 2)) * height
    teal = np.exp(-(((x / 90) / 0.5) ** 2)) * height
    return np.asarray(amber[..., None] * AMBER + 0.8 * teal[..., None] * TEAL, np.float32)


def _drizzle(rng: np.random.Generator) -> Motes:
    """Return what is left of the rain: specks that sink instead of rising."""
    motes = float_motes(rng, 26, largest=7.0).motes
    falling = [
        mote._replace(speed_y=float(rng.uniform(60, 150)), speed_x=mote.speed_x * 1.5)
        for mote in motes
    ]
    return Motes(tuple(falling))
