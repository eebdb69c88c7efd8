"""Builds the page: the picture above, type and covers below, bars that fill as the song plays."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from backline.content.media.canvas import Canvas, add_grain, blurred, finished, grid, smoothstep
from backline.content.media.colour import to_planes
from backline.content.media.frame import FRAME_RATE, Area, Planes, Scene
from backline.content.media.layer import Layer, layer_of
from backline.content.media.light import Glow, glow
from backline.content.media.picture import Picture
from backline.content.media.speech import Speech
from backline.content.media.stance import face_areas
from backline.content.media.still import (
    STILL_HEIGHT,
    STILL_WIDTH,
    Matrix,
    Still,
    still_of,
    view_matrix,
)
from backline.content.media.subject import singing_still
from backline.content.motion import Camera, SceneFacts, energy_at, pulse_at
from backline.content.portrait import find_portrait, frame_for
from backline.content.templates.artist_release_editorial.bars import (
    TOP,
    Progress,
    draw_bars,
)
from backline.content.templates.artist_release_editorial.page import (
    ARTIST_Y,
    LEFT,
    RIGHT,
    print_page,
)
from backline.content.templates.artist_release_editorial.palette import Palette, palette_of

PICTURE_SHARE = 0.56
"""Of the page's height; the last tenth of it melts into the page."""
_PRINT_FROM = 780
"""Frame pixels: nothing is printed above."""


class Page(NamedTuple):
    """What was laid out: it depends on the picture, the words and the seed."""

    still: Still
    print: Layer
    played: Progress
    light: Glow
    faces: tuple[Area, ...]
    picture_to_still: Matrix


class Editorial(NamedTuple):
    """The page, with a camera on its picture only."""

    page: Page
    camera: Camera
    facts: SceneFacts
    speech: Speech | None

    @property
    def faces(self) -> tuple[Area, ...]:
        """The parts of the frame that a caption leaves free: faces, and what is printed."""
        return self.page.faces

    def draw(self, index: int, into: Planes) -> None:
        """Draw frame ``index`` over all of ``into``."""
        seconds = index / FRAME_RATE
        pulse = pulse_at(seconds, self.facts.beats)
        energy = energy_at(seconds, self.facts.energy, FRAME_RATE)
        page = self.page
        if self.speech is not None:
            self.speech.pose(index)
        page.still.draw(view_matrix(self.camera.view(seconds, 0.006 * pulse)), into)
        page.light.add(0.02 + 0.03 * energy + 0.07 * pulse, into)
        page.print.draw(_FLAT, into)
        page.played.draw(seconds / max(1e-6, self.facts.duration_seconds), into)


_FLAT = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
"""Type does not move: its layer is in frame pixels."""


def build(picture: Picture, facts: SceneFacts) -> Scene:
    """Build the page around a picture, in the picture's own colours."""
    camera = Camera(
        duration_seconds=facts.duration_seconds, seed=facts.seed, zoom_from=1.015, zoom_to=1.06
    )
    words = (facts.title, facts.artist, facts.date)
    page = _lay_out(picture, facts.seed, words, tuple(facts.energy))
    still, speech = singing_still(page.still, picture, page.picture_to_still, facts)
    return Editorial(page._replace(still=still), camera, facts, speech)


# A run needs the page twice, for its still and for its film: the last one is kept.
@lru_cache(maxsize=1)
def _lay_out(
    picture: Picture, seed: int, words: tuple[str, str, str], energy: tuple[float, ...]
) -> Page:
    rng = np.random.default_rng(seed)
    palette = palette_of(picture.rgb)
    size = (STILL_WIDTH, round(STILL_HEIGHT * PICTURE_SHARE))
    framing = frame_for(picture, *size, eye_line=0.44)
    photo = framing.cut(picture.rgb, *size).astype(np.float32) / np.float32(255)
    canvas = _melted(photo, palette, rng)
    add_grain(canvas, rng, 0.012)
    bars = draw_bars(energy)
    sheet = print_page(picture, palette, title=words[0], artist=words[1], date=words[2])
    sheet.print(bars, 2.2 * palette.page + 0.10, LEFT, TOP)
    cover = np.maximum(sheet.cover, 1e-6)[..., None]
    ink = layer_of(
        np.asarray((sheet.colour / cover)[_PRINT_FROM:], np.float32),
        sheet.cover[_PRINT_FROM:],
        0,
        _PRINT_FROM,
    )
    return Page(
        still=still_of(to_planes(finished(canvas))),
        print=ink,
        played=Progress(bars, palette.accent),
        light=_light(palette),
        faces=(
            *face_areas(find_portrait(picture), framing.matrix),
            Area(LEFT, ARTIST_Y - 12, RIGHT, sheet.title_bottom + 12),
        ),
        picture_to_still=framing.matrix,
    )


def _melted(photo: Canvas, palette: Palette, rng: np.random.Generator) -> Canvas:
    """Return the page as a still: the picture at the top, going over into the page's colour."""
    canvas = np.empty((STILL_HEIGHT, STILL_WIDTH, 3), np.float32)
    height = photo.shape[0]
    _, y = grid(2, STILL_HEIGHT)
    share = y[:, :1, None] / STILL_HEIGHT
    canvas[:] = palette.page * (1.25 - 0.55 * share)
    lean = float(rng.uniform(-0.06, 0.06))
    x = np.linspace(-0.5, 0.5, STILL_WIDTH, dtype=np.float32)[None, :, None]
    melt = smoothstep(1.0, 0.62, share[:height] / PICTURE_SHARE + lean * x)
    soft = blurred(photo, 26)
    sharpness = smoothstep(0.95, 0.72, share[:height] / PICTURE_SHARE)
    mixed = soft + (photo - soft) * sharpness
    top = 0.72 + 0.28 * smoothstep(0.0, 0.14, share[:height])
    scrim = 1 - 0.60 * smoothstep(0.60, 0.80, share[:height] / PICTURE_SHARE)
    canvas[:height] += (mixed * (top * scrim) - canvas[:height]) * melt
    return canvas


def _light(palette: Palette) -> Glow:
    """Return light of the accent colour from above, for the beat."""
    x, y = grid(90, 160)
    spill = np.exp(-(((x / 90 - 0.7) / 0.6) ** 2) - ((y / 160 - 0.15) / 0.30) ** 2)
    return glow(np.asarray(spill[..., None] * (0.5 * palette.accent + 0.4), np.float32))
