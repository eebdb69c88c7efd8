"""Films of other shapes show the part of the frame that matters."""

from __future__ import annotations

import numpy as np
import pytest

from backline.content.media.frame import FRAME_HEIGHT, FRAME_WIDTH, new_planes
from backline.content.media.reshape import reshape
from backline.content.media.safe_area import safe_area
from backline.content.shape import AS_DRAWN, AspectRatio, shape_of

SIZES = {"9:16": (1080, 1920), "4:5": (1080, 1350), "1:1": (1080, 1080)}
LARGE = {"9:16": (1440, 2560), "4:5": (1440, 1800), "1:1": (1440, 1440)}


@pytest.mark.parametrize("aspect_ratio", SIZES)
def test_sizes_are_what_services_ask_for(aspect_ratio: AspectRatio) -> None:
    """As the services name them, and 1440 wide when upscaled."""
    for upscale, sizes in ((False, SIZES), (True, LARGE)):
        shape = shape_of(aspect_ratio, upscale=upscale)
        assert (shape.width, shape.height) == sizes[aspect_ratio]
        assert not any(number % 2 for number in (shape.height, shape.top, shape.bottom))


@pytest.mark.parametrize("aspect_ratio", SIZES)
def test_every_shape_shows_the_whole_safe_area(aspect_ratio: AspectRatio) -> None:
    """No caption is cut off."""
    shape, area = shape_of(aspect_ratio, upscale=False), safe_area()
    assert 0 <= shape.top <= area.top
    assert area.bottom <= shape.bottom <= FRAME_HEIGHT


def test_scenes_are_drawn_in_the_upright_shape() -> None:
    """The common case is neither cut nor enlarged."""
    assert AS_DRAWN.is_as_drawn
    assert (AS_DRAWN.width, AS_DRAWN.height) == (FRAME_WIDTH, FRAME_HEIGHT)
    assert not shape_of("9:16", upscale=True).is_as_drawn


def test_a_lower_film_is_a_part_of_the_frame() -> None:
    """Its rows are those of the frame, from the shape's top on."""
    drawn = new_planes()
    drawn.y[:] = np.arange(FRAME_HEIGHT)[:, None] % 251
    shape = shape_of("1:1", upscale=False)
    film = new_planes(shape.width, shape.height)
    reshape(drawn, shape, film)
    assert np.array_equal(film.y, drawn.y[shape.top : shape.bottom])


def test_an_upscaled_film_shows_the_same_larger() -> None:
    """Made smaller again it is what was drawn, to a step or two."""
    drawn = new_planes()
    rows, columns = np.mgrid[0:FRAME_HEIGHT, 0:FRAME_WIDTH]
    drawn.y[:] = np.rint(125 + 60 * np.sin(rows / 40) * np.cos(columns / 31))
    shape = shape_of("9:16", upscale=True)
    film = new_planes(shape.width, shape.height)
    reshape(drawn, shape, film)
    assert np.abs(film.y[2::4, 2::4].astype(int)[:640, :360] - _at_thirds(drawn.y)).max() <= 3


def _at_thirds(plane: np.ndarray) -> np.ndarray:
    """Return the plane at the places of every fourth pixel of one that is 4/3 as large."""
    y = (np.arange(640) * 4 + 2.5) * 0.75 - 0.5
    x = (np.arange(360) * 4 + 2.5) * 0.75 - 0.5
    top, left = np.floor(y).astype(int), np.floor(x).astype(int)
    down, right = (y - top)[:, None], (x - left)[None, :]
    part = plane.astype(float)
    upper = part[top][:, left] * (1 - right) + part[top][:, left + 1] * right
    lower = part[top + 1][:, left] * (1 - right) + part[top + 1][:, left + 1] * right
    return np.asarray(upper * (1 - down) + lower * down)
