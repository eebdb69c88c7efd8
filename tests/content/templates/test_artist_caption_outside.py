"""The car's roof before the lens shows the street again, upside down, and nobody's face in it."""

from __future__ import annotations

import numpy as np
import pytest

from backline.content.media.frame import Planes
from backline.content.templates import build_scene
from backline.content.templates.artist_caption_outside.roof import EDGE
from tests import pictures
from tests.scenes import frame, music

ROW = round(EDGE * 1920)


@pytest.fixture(scope="module")
def street() -> Planes:
    return frame(build_scene("artist-caption-outside", pictures.singer(), music()), 0)


def test_the_foot_of_the_frame_is_lit(street: Planes) -> None:
    """The shops' lights are in it, on both sides."""
    left, right = street.y[ROW + 60 :, :240], street.y[ROW + 60 :, -240:]
    assert left.max() > 90 and right.max() > 90
    assert street.y[ROW + 60 :].mean() > 30


def test_the_roof_mirrors_who_stands_behind_it(street: Planes) -> None:
    """Between the two sides of a dark jacket lies a light shirt, above the edge and below it."""
    jacket, shirt = (
        street.y[ROW + 120 : ROW + 180, 250:400],
        street.y[ROW + 120 : ROW + 180, 510:570],
    )
    assert shirt.mean() > jacket.mean() + 25


def test_nobody_sees_a_face_upside_down() -> None:
    """In the lowest rows, which would show it, the roof is the same whether or not it is pale."""
    pale = pictures.singer().rgb.copy()
    pale[:700] = np.maximum(pale[:700], 150)
    one, other = (
        frame(build_scene("artist-caption-outside", picture, music()), 0)
        for picture in (pictures.singer(), pictures.Picture(pale))
    )
    lowest = np.abs(one.y[1800:, 400:680].astype(int) - other.y[1800:, 400:680])
    assert lowest.mean() < 4
