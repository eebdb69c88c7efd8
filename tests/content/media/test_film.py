"""Other people's films as scenes: any size, any rate, over again, and never trusted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from backline.content.media.film import FADE_FRAMES, Film
from backline.content.media.frame import FRAME_HEIGHT, FRAME_WIDTH, new_planes
from backline.errors import MediaError
from tests.brightening import write_film
from tests.sounds import tone, write_audio


def light(film: Film, index: int) -> float:
    """Return how bright a frame is at its left edge."""
    planes = new_planes()
    film.draw(index, planes)
    return float(planes.y[:, :200].mean())


@pytest.mark.parametrize("size", [(180, 320), (320, 180), (200, 200), (66, 482)])
def test_any_shape_covers_the_frame(tmp_path: Path, size: tuple[int, int]) -> None:
    """Every row and column is filled, and the middle stays in the middle."""
    film = Film(write_film(tmp_path / "a.mp4", 1.0, size=size, first=120, last=120))
    planes = new_planes()
    film.draw(3, planes)
    assert planes.y[:, :10].mean() > 100
    assert planes.y[:, -10:].mean() > 100
    assert planes.y[:10].mean() > 100
    assert planes.y[-10:].mean() > 100
    assert planes.y[:, FRAME_WIDTH // 2 - 3 : FRAME_WIDTH // 2 + 3].mean() < 60
    assert planes.y.shape == (FRAME_HEIGHT, FRAME_WIDTH)


@pytest.mark.parametrize("rate", [12, 24, 25, 30, 50, 60])
def test_any_rate_is_shown_in_its_own_time(tmp_path: Path, rate: int) -> None:
    """Half way through its seconds a film is half way through its light."""
    film = Film(write_film(tmp_path / "a.mp4", 2.0, rate=rate, first=40, last=200))
    assert film.frame_count == pytest.approx(60, abs=3)
    assert light(film, 30) == pytest.approx(120, abs=10)


def test_a_short_film_begins_again_without_a_jump(tmp_path: Path) -> None:
    """Over the join no frame differs from the next by more than a fade's step."""
    film = Film(write_film(tmp_path / "a.mp4", 2.0, first=40, last=200))
    turn = film.frame_count - FADE_FRAMES
    around = [light(film, index) for index in range(turn - 3, turn + FADE_FRAMES + 3)]
    assert max(abs(np.diff(around))) < 14
    assert light(film, 2 * turn + 20) == pytest.approx(light(film, 20), abs=3)


def test_frames_come_in_any_order(tmp_path: Path) -> None:
    """Going back gives the same frame again."""
    film = Film(write_film(tmp_path / "a.mp4", 1.0))
    first = light(film, 20)
    light(film, 3)
    assert light(film, 20) == first


def test_a_film_without_people_has_no_faces(tmp_path: Path) -> None:
    """Captions stand where the template wants them."""
    assert Film(write_film(tmp_path / "a.mp4", 1.0)).faces == ()


def test_what_is_no_film_is_refused(tmp_path: Path) -> None:
    """Text, sound, a stump, a few frames and a giant are named and refused."""
    whole = write_film(tmp_path / "whole.mp4").read_bytes()
    (tmp_path / "text.mp4").write_text("hello")
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "stump.mp4").write_bytes(whole[: len(whole) // 3])
    sound = write_audio(tmp_path / "sound.wav", tone(220, 1.0, 0.1))
    few = write_film(tmp_path / "few.mp4", 0.3)
    wide = write_film(tmp_path / "wide.mp4", 0.1, size=(4098, 16))
    for path in (*(tmp_path / f"{n}.mp4" for n in ("text", "empty", "stump")), sound, few, wide):
        with pytest.raises(MediaError, match=path.stem):
            Film(path)


def test_a_damaged_film_is_drawn_or_refused(tmp_path: Path) -> None:
    """Flipped bytes never do worse than a refusal."""
    whole = bytearray(write_film(tmp_path / "whole.mp4").read_bytes())
    rng = np.random.default_rng(1)
    for number in range(12):
        damaged = bytearray(whole)
        for place in rng.integers(0, len(whole), 30):
            damaged[place] ^= 1 << int(rng.integers(8))
        path = tmp_path / f"{number}.mp4"
        path.write_bytes(damaged)
        try:
            assert 0 <= light(Film(path), 10) <= 255
        except MediaError:
            continue


def test_a_film_that_is_too_long_is_refused(tmp_path: Path) -> None:
    """Nobody asked for more than a minute."""
    path = write_film(tmp_path / "long.mp4", 92.0, size=(16, 16), rate=2)
    with pytest.raises(MediaError, match="longer than 90"):
        Film(path)
