"""Pictures as callers send them: every kind opens upright and opaque, every bad one says why not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from backline.content.media.picture import KEPT_SIDE, read_picture, write_jpeg
from backline.errors import MediaError
from tests import pictures


def near(pixel: object, colour: tuple[int, int, int], tolerance: int = 32) -> bool:
    return bool(np.abs(np.asarray(pixel, int) - colour).max() <= tolerance)


@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "gif"])
def test_every_kind_of_picture_opens(tmp_path: Path, ending: str) -> None:
    """A caller may send any of the four kinds and gets the same picture."""
    picture = read_picture(pictures.write(tmp_path / f"cover.{ending}", pictures.halves()))
    assert (picture.width, picture.height) == (300, 200)
    assert near(picture.rgb[100, 20], pictures.RED)
    assert near(picture.rgb[100, 280], pictures.GREEN)


def test_kind_is_judged_by_content(tmp_path: Path) -> None:
    """A PNG that is called .jpg is a PNG."""
    path = pictures.write(tmp_path / "cover.png", pictures.halves())
    assert read_picture(path.rename(tmp_path / "cover.jpg")).width == 300


@pytest.mark.parametrize(
    ("orientation", "size", "first"),
    [(1, (300, 200), pictures.RED), (3, (300, 200), pictures.GREEN), (6, (200, 300), pictures.RED),
     (8, (200, 300), pictures.GREEN)],
)  # fmt: skip
def test_cameras_turn_is_undone(
    tmp_path: Path, orientation: int, size: tuple[int, int], first: tuple[int, int, int]
) -> None:
    """A phone's portrait stands upright although it is stored lying down."""
    path = pictures.write(tmp_path / "phone.jpg", pictures.halves())
    path.write_bytes(pictures.turned_by_camera(path.read_bytes(), orientation))
    picture = read_picture(path)
    assert (picture.width, picture.height) == size
    assert near(picture.rgb[5, 5], first)


@pytest.mark.parametrize(
    ("inks", "colour"),
    [((255, 0, 0, 0), (0, 255, 255)), ((0, 255, 255, 0), (255, 0, 0)), ((0, 0, 0, 255), (0, 0, 0)),
     ((0, 0, 0, 0), (255, 255, 255))],
)  # fmt: skip
def test_printing_colours_become_screen_colours(
    tmp_path: Path, inks: tuple[int, int, int, int], colour: tuple[int, int, int]
) -> None:
    """A CMYK file from a designer shows its colours, not their opposite."""
    path = tmp_path / "print.jpg"
    path.write_bytes(pictures.cmyk_jpeg(*inks))
    assert near(read_picture(path).rgb[30, 30], colour, tolerance=3)


@pytest.mark.parametrize("ending", ["png", "webp"])
@pytest.mark.parametrize(
    ("ink", "ground_is_dark"), [((10, 10, 10), False), ((250, 250, 250), True)]
)
def test_transparency_is_laid_on_a_ground_that_shows_the_ink(
    tmp_path: Path, ending: str, ink: tuple[int, int, int], ground_is_dark: bool
) -> None:
    """A white logo stands on night, a black one on paper."""
    rgba = np.zeros((100, 100, 4), np.uint8)
    rgba[30:70, 30:70] = (*ink, 255)
    picture = read_picture(pictures.write(tmp_path / f"logo.{ending}", rgba))
    assert picture.rgb.shape == (100, 100, 3)
    assert near(picture.rgb[50, 50], ink)
    assert (picture.rgb[5, 5].mean() < 60) == ground_is_dark


@pytest.mark.parametrize("ending", ["gif", "webp", "png"])
def test_first_frame_of_an_animation_is_used(tmp_path: Path, ending: str) -> None:
    """An animated picture stands still on its first frame."""
    frames = [pictures.halves(), pictures.halves()[:, ::-1].copy(), pictures.halves()]
    picture = read_picture(pictures.write_animation(tmp_path / f"moving.{ending}", frames))
    assert near(picture.rgb[100, 20], pictures.RED)


def test_grey_and_16_bit_pictures_become_8_bit_colour(tmp_path: Path) -> None:
    """A scan in 16-bit grey is as good as any."""
    import cv2

    cv2.imwrite(str(tmp_path / "scan.png"), np.full((100, 120), 32_896, np.uint16))
    assert near(read_picture(tmp_path / "scan.png").rgb[50, 60], (128, 128, 128), tolerance=1)


def test_large_picture_is_made_smaller(tmp_path: Path) -> None:
    """A camera's 24 megapixels are not carried through the whole run."""
    big = np.full((4000, 6000, 3), 90, np.uint8)
    picture = read_picture(pictures.write(tmp_path / "press.jpg", big))
    assert (picture.width, picture.height) == (KEPT_SIDE, KEPT_SIDE * 2 // 3)


@pytest.mark.parametrize(
    "content",
    [pictures.png_of_size(20_000, 20_000), pictures.jpeg_of_size(20_000, 20_000),
     pictures.webp_of_size(20_000, 20_000), pictures.gif_of_size(20_000, 20_000)],
    ids=["png", "jpeg", "webp", "gif"],
)  # fmt: skip
def test_huge_picture_is_refused_before_it_is_decoded(
    tmp_path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small file that would unfold to a gigabyte is turned away by its header."""
    monkeypatch.setattr("cv2.imdecode", lambda *_: pytest.fail("it was decoded"))
    (tmp_path / "bomb.jpg").write_bytes(content)
    with pytest.raises(MediaError, match=r"bomb\.jpg is 20000x20000 pixels; at most 12000"):
        read_picture(tmp_path / "bomb.jpg")


def test_huge_picture_of_16_bits_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    """Half the pixels of an 8-bit one are too many; the message says what to send."""
    png = bytearray(pictures.png_of_size(6000, 6000))
    png[24] = 16
    path = tmp_path / "deep.png"
    path.write_bytes(png)
    with pytest.raises(MediaError, match=r"deep\.png is 6000x6000 .* 16 bits .*8-bit version"):
        read_picture(path)


def test_tiny_picture_is_refused(tmp_path: Path) -> None:
    """A tracking pixel is a mistake, not a look."""
    pictures.write(tmp_path / "pixel.png", np.zeros((1, 1, 3), np.uint8))
    with pytest.raises(MediaError, match="1x1 pixels; at least 64x64"):
        read_picture(tmp_path / "pixel.png")


@pytest.mark.parametrize("content", [b"", b"hello, I am a picture", b"%PDF-1.7", b"\xff\xd8\xff"])
def test_what_is_no_picture_is_refused(tmp_path: Path, content: bytes) -> None:
    """A text file with a picture's name is a text file."""
    (tmp_path / "face.jpg").write_bytes(content)
    with pytest.raises(MediaError, match=r"face\.jpg is not a picture"):
        read_picture(tmp_path / "face.jpg")


@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "gif"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_truncated_picture_is_refused(tmp_path: Path, ending: str, share: float) -> None:
    """Half an upload does not become half a picture."""
    noise = np.random.default_rng(1).integers(0, 255, (120, 160, 3), np.uint8)
    path = pictures.write(tmp_path / f"cut.{ending}", noise)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(MediaError, match="cut"):
        read_picture(path)


def test_damaged_data_is_refused(tmp_path: Path) -> None:
    """A sound header over broken data names the file and the remedy."""
    path = pictures.write(tmp_path / "broken.png", pictures.halves())
    content = bytearray(path.read_bytes())
    start = content.index(b"IDAT") + 4
    content[start : start + 40] = bytes(40)
    path.write_bytes(content)
    with pytest.raises(MediaError, match=r"broken\.png .*save it again"):
        read_picture(path)


def test_still_is_written_as_jpeg(tmp_path: Path) -> None:
    """What was written can be read, and looks the same."""
    write_jpeg(pictures.halves(), tmp_path / "still.jpg", quality=92)
    assert near(read_picture(tmp_path / "still.jpg").rgb[100, 20], pictures.RED)


@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "gif"])
def test_flipped_bytes_give_a_picture_or_an_answer(tmp_path: Path, ending: str) -> None:
    """A damaged file is opened or refused with a message that names it; nothing else happens."""
    rng = np.random.default_rng(9)
    texture = rng.integers(0, 255, (80, 96, 3)).astype(np.uint8)
    whole = pictures.write(tmp_path / f"whole.{ending}", texture).read_bytes()
    for _ in range(60):
        content = bytearray(whole)
        for place in rng.integers(0, len(content), 5):
            content[place] ^= int(rng.integers(1, 256))
        (tmp_path / "damaged").write_bytes(content)
        try:
            assert read_picture(tmp_path / "damaged").rgb.ndim == 3
        except MediaError as error:
            assert "damaged" in str(error)
