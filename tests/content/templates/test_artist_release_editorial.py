"""The page is laid out for the shape that is shown: no cover is cut through."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from backline.content.shape import AspectRatio, shape_of
from backline.content.templates import build_scene
from tests import pictures
from tests.scenes import frame, music

COVER = 272


def shown(aspect_ratio: AspectRatio, index: int = 0) -> NDArray[np.uint8]:
    """Return the brightness of what a film of a shape shows of a moment."""
    shape = shape_of(aspect_ratio, upscale=False)
    facts = msgspec.structs.replace(music(), top=shape.top, bottom=shape.bottom, title="Undertow")
    scene = build_scene("artist-release-editorial", pictures.artwork(), facts)
    return frame(scene, index).y[shape.top : shape.bottom]


@pytest.mark.parametrize("aspect_ratio", ["9:16", "4:5"])
def test_covers_are_seen_whole(aspect_ratio: AspectRatio) -> None:
    """Below the first cover, which shows four colours, there is paper again before the film ends."""
    page = shown(aspect_ratio)
    paper = int(page[-2, 2])
    column = np.abs(page[700:, 100].astype(int) - paper) > 30
    rows = np.flatnonzero(column)
    longest = max(np.diff(np.flatnonzero(np.diff(np.r_[0, column, 0])))[::2])
    assert longest >= COVER - 20
    assert (
        not column[rows[-1] + 1 :].any() and rows[-1] < len(column) - 20
    ) or aspect_ratio == "9:16"


def test_a_square_has_no_part_of_a_cover() -> None:
    """Below the title there is paper to the end."""
    page = shown("1:1")
    assert np.ptp(page[-8:, :100].astype(int)) < 6


def test_all_of_the_frame_is_drawn() -> None:
    """Rows that are not shown are drawn too: the same whatever was there before."""
    shape = shape_of("4:5", upscale=False)
    facts = msgspec.structs.replace(music(), top=shape.top, bottom=shape.bottom)
    scene = build_scene("artist-release-editorial", pictures.artwork(), facts)
    one, other = frame(scene, 3), frame(scene, 3)
    for plane in other:
        plane[:] = 99
    scene.draw(3, other)
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
