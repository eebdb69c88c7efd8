"""What stands before the background: blended without fringes, moved a little more than it."""

from __future__ import annotations

import numpy as np
import pytest

from backline.content.media.backdrop import soft_still
from backline.content.media.canvas import finished, grid, smoothstep
from backline.content.media.colour import to_planes
from backline.content.media.frame import new_planes
from backline.content.media.layer import Layer, blurred_layer_of, layer_of
from backline.content.media.still import STILL_HEIGHT, STILL_WIDTH, still_of, view_matrix
from backline.content.media.subject import nearer
from backline.content.motion import View

VIEW = View(zoom=1.06, shift_x=2.3, shift_y=-1.7, angle=0.001)


def disc(side: int = 600, shade: float = 0.8) -> Layer:
    """A grey disc with a soft edge, its middle at (810, 1440) of the still."""
    x, y = grid(side, side)
    mask = smoothstep(0.96, 0.90, np.hypot(x - side / 2, y - side / 2) / (side / 2))
    canvas = np.full((side, side, 3), shade, np.float32)
    return layer_of(canvas, mask, 810 - side // 2, 1440 - side // 2)


def test_a_grey_thing_before_the_same_grey_can_not_be_seen() -> None:
    """No dark or bright fringe along the edge: what is hidden is what is shown."""
    planes = new_planes()
    planes.y[:] = round(16 + 0.8 * 219)
    disc().draw(view_matrix(VIEW), planes)
    assert np.abs(planes.y.astype(int) - round(16 + 0.8 * 219)).max() <= 3
    assert np.abs(planes.cb.astype(int) - 128).max() <= 2
    assert np.abs(planes.cr.astype(int) - 128).max() <= 2


def test_a_layer_lies_where_the_camera_sees_it() -> None:
    """Its middle is where the matrix says, to a fraction of a pixel."""
    planes = new_planes()
    matrix = view_matrix(VIEW)
    disc().draw(matrix, planes)
    light = planes.y.astype(float) - 16
    x, y = grid(1080, 1920)
    found = np.array([(light * x).sum(), (light * y).sum()]) / light.sum()
    expected = np.linalg.solve(matrix[:, :2], np.array([810.0, 1440.0]) - matrix[:, 2])
    assert np.abs(found - expected).max() < 0.1


def test_what_is_outside_the_frame_is_not_drawn() -> None:
    """A layer beside the frame harms nobody."""
    planes = new_planes()
    layer = disc()._replace(left=-3000)
    layer.draw(view_matrix(VIEW), planes)
    assert (planes.y == 16).all()


def test_a_layer_out_of_focus_lies_where_the_sharp_one_does() -> None:
    """Kept at half size, something soft looks the same to a few steps."""
    planes, blurry = new_planes(), new_planes()
    x, y = grid(600, 600)
    mask = smoothstep(1.0, 0.6, np.hypot(x - 300, y - 300) / 300)
    layer = layer_of(np.full((600, 600, 3), 0.7, np.float32), mask, 510, 1140)
    layer.draw(view_matrix(VIEW), planes)
    blurred_layer_of(layer).draw(view_matrix(VIEW), blurry)
    for one, other in zip(planes, blurry, strict=True):
        assert np.abs(one.astype(int) - other).max() <= 4


def test_somebody_near_moves_more_than_the_wall() -> None:
    """Two planes: a push-in and a sway are a third and four fifths more for whoever stands in front."""
    near = nearer(View(zoom=1.10, shift_x=5, shift_y=-4, angle=0.002))
    assert near.zoom == pytest.approx(1.135)
    assert (near.shift_x, near.shift_y) == (9, -7.2)


def test_a_soft_background_is_as_good_as_a_sharp_still() -> None:
    """Sampled at a quarter of the size, a blurred picture differs by a step or two from the full way."""
    x, y = grid(STILL_WIDTH, STILL_HEIGHT)
    light = 0.5 + 0.4 * np.sin(x / 94) * np.cos(y / 122)
    canvas = np.repeat(light[..., None], 3, axis=2).astype(np.float32)
    soft = soft_still(canvas, np.random.default_rng(1), grain=0.01)
    one, other = new_planes(), new_planes()
    soft.draw(view_matrix(VIEW), one)
    still_of(to_planes(finished(canvas))).draw(view_matrix(VIEW), other)
    assert np.abs(one.y[8:-8, 8:-8].astype(int) - other.y[8:-8, 8:-8]).max() <= 3
