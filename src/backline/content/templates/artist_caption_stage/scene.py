"""Builds the stage around somebody, or around a screen, then lets the lamps play."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from backline.content.media.backdrop import soft_still
from backline.content.media.canvas import enlarged, grid
from backline.content.media.figure import darken_below, set_figure
from backline.content.media.frame import FRAME_RATE, Area, Planes, Scene
from backline.content.media.layer import BlurredLayer, blurred_layer_of, layer_of
from backline.content.media.light import Glow, Motes, float_motes, glow
from backline.content.media.picture import Picture
from backline.content.media.stance import stand
from backline.content.media.still import STILL_HEIGHT, STILL_WIDTH, SoftStill, view_matrix
from backline.content.media.subject import Subject, nearer
from backline.content.motion import Camera, SceneFacts, View, energy_at, pulse_at
from backline.content.portrait import find_portrait
from backline.content.templates.artist_caption_stage.beams import Beams, hang_beams
from backline.content.templates.artist_caption_stage.hall import (
    AMBER,
    BLUE,
    RED,
    TRUSS_Y,
    heads,
    light_on_people,
    out_of_focus,
    paint_hall,
)
from backline.content.templates.artist_caption_stage.screen import picture_on_screen

_HEADS_FROM = 0.765
"""Of the frame's height: nobody in the audience is taller."""
_BOUNCE = 9.0
"""Frame pixels by which the audience moves with a downbeat."""
_COLOURS = ((AMBER, BLUE), (BLUE, RED), (AMBER, RED), (BLUE, AMBER))


class Stage(NamedTuple):
    """What was painted: it depends on the picture and the seed, not on the music."""

    backdrop: SoftStill
    beams: Beams
    subject: Subject
    """The artist, or the screen."""
    audience: BlurredLayer
    wash: Glow
    dust: Motes


class OnStage(NamedTuple):
    """The stage with a camera in the audience."""

    stage: Stage
    camera: Camera
    facts: SceneFacts

    @property
    def faces(self) -> tuple[Area, ...]:
        """The parts of the frame that a caption leaves free."""
        return self.stage.subject.faces

    def draw(self, index: int, into: Planes) -> None:
        """Draw frame ``index`` over all of ``into``."""
        seconds = index / FRAME_RATE
        pulse = pulse_at(seconds, self.facts.beats)
        energy = energy_at(seconds, self.facts.energy, FRAME_RATE)
        view = self.camera.view(seconds, 0.008 * pulse)
        stage = self.stage
        stage.backdrop.draw(
            view_matrix(view), into, lambda half: stage.beams.add(seconds, pulse, energy, half)
        )
        stage.subject.draw(view, index, into)
        stage.wash.add(0.03 + 0.05 * energy + 0.07 * pulse, into)
        stage.audience.draw(view_matrix(_bouncing(nearer(nearer(view)), pulse)), into)
        stage.dust.draw(seconds, 0.4 + 0.5 * energy, into)


def _bouncing(view: View, pulse: float) -> View:
    """Return a view in which whoever stands there goes up on the beat."""
    return view._replace(shift_y=view.shift_y + _BOUNCE * pulse)


def build(picture: Picture, facts: SceneFacts) -> Scene:
    """Build the stage: somebody who can be cut out stands on it, any other picture is on its screen."""
    camera = Camera(duration_seconds=facts.duration_seconds, seed=facts.seed, sway=7.0)
    stage = _paint(picture, facts.seed)
    stage = stage._replace(subject=stage.subject.singing(picture, facts))
    return OnStage(stage, camera, facts)


# A run needs the stage twice, for its still and for its film: the last one is kept.
@lru_cache(maxsize=1)
def _paint(picture: Picture, seed: int) -> Stage:
    rng = np.random.default_rng(seed)
    colours = _COLOURS[int(rng.integers(len(_COLOURS)))]
    hall = paint_hall(rng, colours)
    portrait = find_portrait(picture)
    stance = stand(picture, portrait)
    if stance is not None:
        subject = set_figure(picture, portrait, stance, light_on_people())
        darken_below(hall)
    else:
        subject, tint = picture_on_screen(picture)
        x, y = grid(hall.shape[1], hall.shape[0])
        around = np.exp(
            -(((x / hall.shape[1] - 0.5) / 0.5) ** 2) - ((y / hall.shape[0] - 0.5) / 0.3) ** 2
        )
        hall += 0.42 * around[..., None] * tint
    return Stage(
        backdrop=soft_still(out_of_focus(hall), rng),
        beams=hang_beams(colours, TRUSS_Y, rng),
        subject=subject,
        audience=_audience(rng, colours),
        wash=_wash(colours),
        dust=float_motes(rng, 20, largest=9.0),
    )


def _audience(rng: np.random.Generator, colours: tuple[np.ndarray, np.ndarray]) -> BlurredLayer:
    canvas, mask = heads(rng, colours)
    top = round(_HEADS_FROM * STILL_HEIGHT) & ~1
    rows = STILL_HEIGHT - top
    part = round(top / 4)
    layer = layer_of(
        enlarged(canvas[part:].astype(np.float32), STILL_WIDTH, rows),
        enlarged(mask[part:].astype(np.float32), STILL_WIDTH, rows),
        0,
        top,
    )
    return blurred_layer_of(layer)


def _wash(colours: tuple[np.ndarray, ...]) -> Glow:
    """Return the light that the lamps throw on everything, a colour from each side."""
    x, y = grid(90, 160)
    height = np.exp(-(((y / 160 - 0.28) / 0.34) ** 2))
    left = np.exp(-(((x / 90 - 0.1) / 0.5) ** 2)) * height
    right = np.exp(-(((x / 90 - 0.9) / 0.5) ** 2)) * height
    light = left[..., None] * colours[1] + right[..., None] * colours[0]
    return glow(np.asarray(light, np.float32))
