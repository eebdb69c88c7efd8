"""Poster and preview: what is kept of a film beside it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from backline.content.keepsakes import Keepsakes, poster_index
from backline.content.media.frame import Planes, new_planes
from backline.content.media.picture import read_picture
from backline.content.motion import Beat


def beat(seconds: float, is_downbeat: bool = True) -> Beat:
    return Beat(seconds=seconds, strength=0.9, is_downbeat=is_downbeat)


def test_the_poster_is_an_early_downbeat() -> None:
    """Not the very first moment, no weak beat, and no later than four seconds."""
    assert poster_index([beat(0.1), beat(0.6, is_downbeat=False), beat(2.0)], 450) == 61
    assert poster_index([beat(9.0)], 450) == 31
    assert poster_index([], 10) == 9


def grey(width: int, height: int, shade: int) -> Planes:
    planes = new_planes(width, height)
    planes.y[:] = shade
    return planes


@pytest.mark.parametrize(("index", "first"), [(31, 31), (140, 60)])
def test_the_preview_lasts_three_seconds(tmp_path: Path, index: int, first: int) -> None:
    """From the poster on or, late in a short film, the last three seconds."""
    poster, preview = tmp_path / "poster.jpg", tmp_path / "preview.webp"
    with Keepsakes(poster, preview, index, 150) as keepsakes:
        for number in range(150):
            keepsakes.see(number, grey(1080, 1350, 16 + number))
    is_read, moving = cv2.imreadanimation(str(preview))
    assert is_read
    # Frames that look the same are kept as one that lasts longer.
    assert int(np.sum(moving.durations)) == pytest.approx(3000, abs=100)
    assert moving.frames[0].shape[:2] == (336, 270)
    assert moving.frames[0].mean() == pytest.approx(first * 255 / 219, abs=4)
    assert read_picture(poster).rgb.mean() == pytest.approx(index * 255 / 219, abs=2)
    assert read_picture(poster).width == 1080


def test_a_film_of_half_a_second_has_a_preview_too(tmp_path: Path) -> None:
    """As many frames as there are."""
    with Keepsakes(tmp_path / "a.jpg", tmp_path / "a.webp", 14, 15) as keepsakes:
        for number in range(15):
            keepsakes.see(number, grey(1080, 1920, 90))
    assert (tmp_path / "a.jpg").stat().st_size > 0
    assert (tmp_path / "a.webp").stat().st_size > 0


def test_a_film_that_fails_takes_its_keepsakes_with_it(tmp_path: Path) -> None:
    """The error is the film's own, and no thread is left to write."""
    with (
        pytest.raises(ValueError, match="no film"),
        Keepsakes(tmp_path / "a.jpg", tmp_path / "a.webp", 14, 15),
    ):
        raise ValueError("no film")
