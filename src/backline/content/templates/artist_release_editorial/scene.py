"""Builds the page: the picture above, title and covers below, bars at the foot that fill as the song plays."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from backline.content.media.canvas import Canvas, add_grain, finished, grid, smoothstep
from backline.content.media.colour import to_planes
from backline.content.media.frame import FRAME_HEIGHT, FRAME_RATE, Area, Planes, Scene
from backline.content.media.light import Glow, glow
from backline.content.media.picture import Picture
from backline.content.media.speech import Speech
from backline.content.media.stance import face_areas
from backline.content.media.still import (
    STILL_SCALE,
    STILL_WIDTH,
    ChangingStill,
    Matrix,
    Still,
    still_of,
    view_matrix,
)
from backline.content.media.subject import singing_still
from backline.content.motion import Camera, SceneFacts, View, ease, energy_at, pulse_at
from backline.content.portrait import find_portrait, frame_for
from backline.content.templates.artist_release_editorial.bars import Bars, draw_bars
from backline.content.templates.artist_release_editorial.covers import Shelf, fill_shelf
from backline.content.templates.artist_release_editorial.layout import (
    CAPTION_BOTTOM,
    LEFT,
    PHOTO_BOTTOM,
    RIGHT,
    TITLE_HEIGHT,
    TITLE_TOP,
    lift_of,
)
from backline.content.templates.artist_release_editorial.page import print_page
from backline.content.templates.artist_release_editorial.palette import Palette, palette_of


class Page(NamedTuple):
    """What was laid out: it depends on the picture, the words, the seed and the rows that are shown."""

    lift: int
    """Frame pixels by which all below the picture is moved up."""
    photo: Still | ChangingStill
    """1620 pixels wide, and high enough for its part of the frame."""
    print: Planes
    """The whole frame."""
    shelf: Shelf
    bars: Bars
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
        played = seconds / max(1e-6, self.facts.duration_seconds)
        page = self.page
        if self.speech is not None:
            self.speech.pose(index)
        top, bottom = self.facts.top, PHOTO_BOTTOM - page.lift
        _copy(page.print, (0, top), into, 0)
        _copy(page.print, (PHOTO_BOTTOM, FRAME_HEIGHT), into, bottom)
        _copy(page.print, (FRAME_HEIGHT - page.lift, FRAME_HEIGHT), into, FRAME_HEIGHT - page.lift)
        photo = _rows(into, top, bottom)
        view = self.camera.view(seconds, 0.006 * pulse)
        page.photo.draw(_photo_matrix(view, top, bottom), photo)
        page.light.add(0.02 + 0.04 * energy + 0.14 * pulse, photo)
        page.shelf.draw(ease(played), page.lift, into)
        if not page.lift:
            page.bars.draw(played, into)


def build(picture: Picture, facts: SceneFacts) -> Scene:
    """Build the page around a picture, in the picture's own colours."""
    camera = Camera(
        duration_seconds=facts.duration_seconds, seed=facts.seed, zoom_from=1.02, zoom_to=1.09
    )
    page = _lay_out(picture, facts)
    photo, speech = singing_still(page.photo, picture, page.picture_to_still, facts)
    return Editorial(page._replace(photo=photo), camera, facts, speech)


def _lay_out(picture: Picture, facts: SceneFacts) -> Page:
    lift = lift_of(facts.bottom)
    bottom = PHOTO_BOTTOM - lift
    art = _print_art(picture, facts.seed, facts.top, bottom)
    sheet = print_page(art.palette, title=facts.title, artist=facts.artist, date=facts.date)
    return Page(
        lift=lift,
        photo=art.photo,
        print=to_planes(finished(sheet)),
        shelf=art.shelf,
        bars=Bars(draw_bars(facts.energy), art.palette),
        light=Glow(_rows(_light(art.palette).planes, facts.top, bottom)),
        faces=(
            *face_areas(find_portrait(picture), _lowered(art.picture_to_still, facts.top)),
            Area(LEFT, CAPTION_BOTTOM - lift, RIGHT, TITLE_TOP + TITLE_HEIGHT),
        ),
        picture_to_still=art.picture_to_still,
    )


class _Art(NamedTuple):
    """What is made of the picture alone."""

    palette: Palette
    photo: Still
    shelf: Shelf
    picture_to_still: Matrix


# A run needs it before it knows the words, for its still, and for its film: the last one is kept.
@lru_cache(maxsize=1)
def _print_art(picture: Picture, seed: int, top: int, bottom: int) -> _Art:
    palette = palette_of(picture.rgb)
    size = (STILL_WIDTH, round((bottom - top) * STILL_SCALE) & ~1)
    framing = frame_for(picture, *size, eye_line=0.46)
    photo = framing.cut(picture.rgb, *size).astype(np.float32) / np.float32(255)
    return _Art(
        palette=palette,
        photo=still_of(to_planes(finished(_press_print(photo, seed)))),
        shelf=fill_shelf(picture, palette),
        picture_to_still=framing.matrix,
    )


def _photo_matrix(view: View, top: int, bottom: int) -> Matrix:
    """Return the matrix from the picture's part of the frame to its still: the camera pushes to its middle."""
    above = (FRAME_HEIGHT - bottom + top) / 2
    matrix = view_matrix(view)
    matrix[:, 2] += matrix[:, :2] @ np.array([0.0, above]) - np.array([0.0, above * STILL_SCALE])
    return matrix


def _lowered(picture_to_still: Matrix, top: int) -> Matrix:
    """Return where a picture lies whose part of the frame begins at row ``top``."""
    return np.column_stack(
        [picture_to_still[:, :2], picture_to_still[:, 2] + np.array([0.0, top * STILL_SCALE])]
    )


def _copy(source: Planes, rows: tuple[int, int], into: Planes, top: int) -> None:
    """Copy rows so that the first comes to lie at ``top``."""
    part = _rows(source, *rows)
    for plane, printed in zip(_rows(into, top, top + rows[1] - rows[0]), part, strict=True):
        plane[:] = printed


def _rows(planes: Planes, top: int, bottom: int) -> Planes:
    """Return the rows from ``top`` to just above ``bottom``; both are even."""
    half = bottom // 2
    return Planes(planes.y[top:bottom], planes.cb[top // 2 : half], planes.cr[top // 2 : half])


def _press_print(photo: Canvas, seed: int) -> Canvas:
    """Return the picture as it is printed: a little darker where the apps lay their own type, with grain."""
    _, y = grid(2, photo.shape[0])
    share = y[:, :1, None] / photo.shape[0]
    printed = photo * (0.82 + 0.18 * smoothstep(0.0, 0.22, share))
    add_grain(printed, np.random.default_rng(seed), 0.016)
    return np.asarray(printed, np.float32)


def _light(palette: Palette) -> Glow:
    """Return light of the accent colour from above, for the beat."""
    x, y = grid(90, 160)
    spill = np.exp(-(((x / 90 - 0.7) / 0.7) ** 2) - ((y / 160 - 0.15) / 0.34) ** 2)
    return glow(np.asarray(spill[..., None] * (0.5 * palette.accent + 0.4), np.float32))
