"""Photographs from phones: HEIC and AVIF open as they were taken, and what is wrong with one is told."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from backline.content.media.heif import read_heif
from backline.content.media.picture import KEPT_SIDE, read_picture
from backline.errors import MediaError
from tests import pictures
from tests.content.media.test_picture import near
from tests.heifs import heif

every_kind = pytest.mark.parametrize("kind", ["heic", "avif"])


def opened(folder: Path, content: bytes, name: str = "phone.heic") -> pictures.Rgb:
    path = folder / name
    path.write_bytes(content)
    return read_picture(path).rgb


@every_kind
@pytest.mark.parametrize("tile", [0, 128])
@pytest.mark.parametrize("full_range", [True, False], ids=["all levels", "some levels"])
def test_it_opens_in_its_colours(tmp_path: Path, kind: str, tile: int, full_range: bool) -> None:
    """Whole or in tiles, of which the last ones reach past the edges."""
    rgb = opened(tmp_path, heif(pictures.halves(), kind, tile=tile, full_range=full_range))
    assert rgb.shape == (200, 300, 3)
    for place, colour in (((5, 20), pictures.RED), ((195, 290), pictures.GREEN)):
        assert near(rgb[place], colour, tolerance=8)


def test_tiles_lie_where_they_belong(tmp_path: Path) -> None:
    """Six tiles, each of another colour."""
    colours = np.array([[20, 20, 20], [230, 40, 40], [40, 200, 40], [60, 60, 230], [200, 200, 40], [235, 235, 235]], np.uint8)  # fmt: skip
    rgb = colours.reshape(2, 3, 3).repeat(128, axis=0).repeat(128, axis=1)
    found = opened(tmp_path, heif(rgb, tile=128))
    assert np.abs(found[64::128, 64::128].astype(int) - rgb[64::128, 64::128]).max() < 10


@every_kind
@pytest.mark.parametrize(
    ("turn", "mirror", "size", "first"),
    [
        (1, None, (200, 300), pictures.GREEN),
        (2, None, (300, 200), pictures.GREEN),
        (3, None, (200, 300), pictures.RED),
        (0, 1, (300, 200), pictures.GREEN),
        (0, 0, (300, 200), pictures.RED),
    ],
)
def test_it_stands_upright(
    tmp_path: Path,
    kind: str,
    turn: int,
    mirror: int | None,
    size: tuple[int, int],
    first: tuple[int, int, int],
) -> None:
    """A phone that is held upright stores its picture lying down, and says so."""
    rgb = opened(tmp_path, heif(pictures.halves(), kind, turn=turn, mirror=mirror))
    assert (rgb.shape[1], rgb.shape[0]) == size
    assert near(rgb[5, 5], first, tolerance=8)


@every_kind
def test_transparency_is_laid_on_a_ground(tmp_path: Path, kind: str) -> None:
    """A dark thing that was cut out stands on paper."""
    alpha = np.zeros((200, 300), np.uint8)
    alpha[50:150, 100:200] = 255
    rgb = opened(tmp_path, heif(np.full((200, 300, 3), 20, np.uint8), kind, alpha=alpha))
    assert near(rgb[100, 150], (20, 20, 20))
    assert rgb[10, 10].mean() > 200


def test_large_ones_are_made_smaller(tmp_path: Path) -> None:
    """Only so much is kept as the work needs."""
    rgb = opened(tmp_path, heif(pictures.halves(4200, 600), tile=512))
    assert rgb.shape[1] == KEPT_SIDE


@every_kind
def test_one_that_is_cut_off_is_refused(tmp_path: Path, kind: str) -> None:
    """Its tables lie in front, so that what is missing is known."""
    content = heif(pictures.halves(), kind, tile=128)
    with pytest.raises(MediaError, match=r"phone\.heic is cut off.*Send the whole file again"):
        opened(tmp_path, content[:-200])


@every_kind
def test_damaged_tiles_are_refused(tmp_path: Path, kind: str) -> None:
    """A tile that does not decode is no hole in the picture."""
    content = heif(pictures.halves(), kind, tile=128)
    start = content.index(b"mdat") + 4
    broken = content[:start] + bytes(len(content) - start)
    with pytest.raises(MediaError, match="can not be decoded"):
        opened(tmp_path, broken)


def test_a_size_that_is_not_true_is_refused(tmp_path: Path) -> None:
    """A header can not make room for more than its tiles hold."""
    content = heif(pictures.halves(300, 200))
    said = (300).to_bytes(4, "big") + (200).to_bytes(4, "big")
    lying = content.replace(said, (6000).to_bytes(4, "big") + (4000).to_bytes(4, "big"))
    with pytest.raises(MediaError, match="can not be decoded"):
        opened(tmp_path, lying)


def test_too_many_pixels_are_refused_unseen(tmp_path: Path) -> None:
    """As for every kind, by the header alone."""
    said = (300).to_bytes(4, "big") + (200).to_bytes(4, "big")
    huge = heif(pictures.halves()).replace(said, (60_000).to_bytes(4, "big") * 2)
    with pytest.raises(MediaError, match="60000x60000 pixels"):
        opened(tmp_path, huge)


@pytest.mark.parametrize("side", [(64).to_bytes(2, "big"), (400).to_bytes(2, "big")])
def test_tiles_that_do_not_fit_the_picture_are_no_picture(side: bytes) -> None:
    """One tile may not be asked for a thousand times."""
    content = heif(pictures.halves(256, 256), tile=128)
    grid = bytes([0, 0, 1, 1])
    assert read_heif(content) is not None
    assert read_heif(content.replace(grid + b"\1\0" * 2, grid + side * 2)) is None


def test_a_tile_far_larger_than_its_picture_is_no_picture() -> None:
    """Nobody decodes four billion pixels for sixty thousand."""
    content = heif(pictures.halves(256, 256), tile=256)
    said, huge = (256).to_bytes(4, "big") * 2, (65_535).to_bytes(4, "big") * 2
    places = [place for place in range(len(content)) if content.startswith(said, place)]
    assert len(places) == 1, "the picture and its only tile share their size"
    grid = bytes([0, 0, 0, 0]) + (256).to_bytes(2, "big") * 2
    assert grid in content
    assert read_heif(content.replace(said, huge)) is None


def test_transparency_of_another_size_is_no_picture() -> None:
    """It would be as large as it liked."""
    content = heif(pictures.halves(300, 200), tile=256, alpha=np.full((200, 300), 255, np.uint8))
    said = (300).to_bytes(4, "big") + (200).to_bytes(4, "big")
    assert read_heif(content) is not None
    assert read_heif(content.replace(said, (9000).to_bytes(4, "big") * 2)) is None


def test_tiles_that_lie_over_each_other_are_refused() -> None:
    """Else a small file could ask for any amount of memory: each tile says that it is all of it."""
    content = bytearray(heif(pictures.halves(), tile=128))
    assert read_heif(bytes(content)) is not None
    first = content.index(b"iloc") + 12  # behind its version, the sizes of numbers and the count
    entries = int.from_bytes(content[first - 2 : first], "big")
    for at in range(first, first + 16 * entries, 16):
        if content[at + 2 : at + 4] == bytes(2):  # it lies in the file itself
            content[at + 8 : at + 16] = struct.pack(">II", 0, len(content))
    assert read_heif(bytes(content)) is None
