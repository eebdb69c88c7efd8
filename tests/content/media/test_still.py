"""The camera glides: no pixel steps, and colour stays where brightness is."""

from __future__ import annotations

import numpy as np
import pytest

from backline.content.media.canvas import noise
from backline.content.media.frame import FRAME_RATE, Planes, new_planes
from backline.content.media.still import (
    STILL_HEIGHT,
    STILL_WIDTH,
    Still,
    changing_still_of,
    still_of,
    view_matrix,
)
from backline.content.motion import Camera, View

SPOTS = ((500.0, 700.0), (1100.0, 900.0), (810.0, 1440.0), (600.0, 2300.0))


def spots_at(width: int, height: int, shrink: int) -> np.ndarray:
    """Soft round spots whose middles are known to a fraction of a pixel."""
    x = np.arange(width)[None, :] + 0.5
    y = np.arange(height)[:, None] + 0.5
    light = sum(
        np.exp(-((x - u / shrink) ** 2 + (y - v / shrink) ** 2) / (2 * (9 / shrink) ** 2))
        for u, v in SPOTS
    )
    return np.asarray(light)


@pytest.fixture(scope="module")
def still() -> Still:
    luma = 16 + 200 * spots_at(STILL_WIDTH, STILL_HEIGHT, 1)
    chroma = 128 + 100 * spots_at(STILL_WIDTH // 2, STILL_HEIGHT // 2, 2)
    return still_of(Planes(*(np.rint(p).astype(np.uint8) for p in (luma, chroma, chroma))))


def found(plane: np.ndarray, rest: int, near: np.ndarray, reach: int) -> np.ndarray:
    """Return where a spot is, by the centre of its light around a place."""
    left, top = (np.round(near) - reach).astype(int)
    part = plane[top : top + 2 * reach, left : left + 2 * reach].astype(float) - rest
    x = np.arange(left, left + 2 * reach) + 0.5
    y = np.arange(top, top + 2 * reach) + 0.5
    return np.array([(part * x).sum(), (part * y[:, None]).sum()]) / part.sum()


def expected(matrix: np.ndarray, spot: tuple[float, float]) -> np.ndarray:
    return np.asarray(np.linalg.solve(matrix[:, :2], np.array(spot) - matrix[:, 2]))


def test_slow_push_in_is_smooth_below_a_twentieth_of_a_pixel(still: Still) -> None:
    """Four spots, followed over two seconds, are where the camera's path says, every frame."""
    camera = Camera(duration_seconds=15.0, seed=3)
    frame = new_planes()
    misses = []
    for index in range(0, 2 * FRAME_RATE, 3):
        matrix = view_matrix(camera.view(index / FRAME_RATE))
        still.draw(matrix, frame)
        misses += [found(frame.y, 16, expected(matrix, s), 40) - expected(matrix, s) for s in SPOTS]
    assert np.abs(misses).max() < 0.05


def test_colour_lies_on_brightness(still: Still) -> None:
    """Half-size colour planes move with the luma plane, sited at the left of each pair of pixels."""
    matrix = view_matrix(View(zoom=1.1, shift_x=3.3, shift_y=-2.7, angle=0.002))
    frame = new_planes()
    still.draw(matrix, frame)
    for spot in SPOTS:
        place = expected(matrix, spot)
        # A colour sample at column i is meant for x = 2i + 0.5, where `found` reads 2i + 1.
        colour = found(frame.cb, 128, place / 2, 20) * 2 - np.array([0.5, 0])
        assert np.abs(colour - place).max() < 0.1


def test_frame_is_covered_to_its_corners() -> None:
    """At the widest view the camera still sees only the picture."""
    camera = Camera(duration_seconds=15.0, seed=1)
    for seconds in (0.0, 3.0, 7.5, 15.0):
        matrix = view_matrix(camera.view(seconds))
        corners = matrix @ np.array([[0, 1080, 0, 1080], [0, 0, 1920, 1920], [1, 1, 1, 1]])
        assert corners.min() >= 0
        assert (corners[0] <= STILL_WIDTH).all()
        assert (corners[1] <= STILL_HEIGHT).all()


@pytest.mark.parametrize("zoom", [1.02, 1.08, 1.17])
def test_sampled_by_blocks_a_picture_looks_as_it_does_pixel_by_pixel(zoom: float) -> None:
    """At any zoom of a camera, fine detail included: half a step on the mean, brightness and colours."""
    rng = np.random.default_rng(5)
    sizes = [(STILL_WIDTH, STILL_HEIGHT)] + 2 * [(STILL_WIDTH // 2, STILL_HEIGHT // 2)]
    planes = Planes(*(noisy(rng, *size) for size in sizes))
    matrix = view_matrix(View(zoom=zoom, shift_x=3.3, shift_y=-2.7, angle=0.002))
    by_blocks, by_pixels = new_planes(), new_planes()
    still_of(planes).draw(matrix, by_blocks)
    changing_still_of(planes).draw(matrix, by_pixels)
    for one, other in zip(by_blocks, by_pixels, strict=True):
        difference = np.abs(one[8:-8, 8:-8].astype(int) - other[8:-8, 8:-8])
        assert difference.mean() < 0.5
        assert difference.max() <= 6


def noisy(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    return np.rint(128 + 15 * noise(rng, width, height, 6)).clip(16, 235).astype(np.uint8)
