"""Colours survive the way into the film, by the numbers of BT.709."""

from __future__ import annotations

import numpy as np
import pytest

from backline.content.media.colour import to_planes, to_rgb, ycbcr_of


@pytest.mark.parametrize(
    ("rgb", "ycbcr"),
    [((255, 255, 255), (235, 128, 128)), ((0, 0, 0), (16, 128, 128)), ((255, 0, 0), (63, 102, 240)),
     ((0, 255, 0), (173, 42, 26)), ((0, 0, 255), (32, 240, 118))],
)  # fmt: skip
def test_primaries_have_their_known_codes(
    rgb: tuple[int, int, int], ycbcr: tuple[int, int, int]
) -> None:
    """The 100 % colour bars of ITU-R BT.709 come out as every table has them."""
    planes = to_planes(np.full((8, 8, 3), rgb, np.uint8))
    assert (int(planes.y[4, 4]), int(planes.cb[2, 2]), int(planes.cr[2, 2])) == ycbcr
    assert np.round(ycbcr_of(rgb)).tolist() == list(ycbcr)


def test_skin_comes_back_unchanged() -> None:
    """A colour that is turned into planes and back is the same to the eye."""
    skin = np.full((8, 8, 3), (224, 172, 140), np.uint8)
    assert np.abs(to_rgb(to_planes(skin)).astype(int) - skin).max() <= 2


def test_whole_and_fractional_canvases_agree() -> None:
    """A float canvas gives the same planes as its rounded twin, to one step."""
    rgb = np.random.default_rng(2).integers(0, 256, (16, 16, 3)).astype(np.uint8)
    for whole, fractional in zip(to_planes(rgb), to_planes(rgb.astype(np.float32)), strict=True):
        assert np.abs(whole.astype(int) - fractional).max() <= 1
