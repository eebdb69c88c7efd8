"""Films as people have them, and what is none."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from backline.content.edit import film as films
from backline.content.edit import saving
from backline.content.edit.film import read_film
from backline.content.edit.saving import write_film as save
from backline.errors import MediaError
from tests.films import QUARTERS, frame_rgb, frames_of, number_of, write_film
from tests.sounds import tone, write_audio


def test_a_film_of_uneven_pace_gets_an_even_one(tmp_path: Path) -> None:
    """A frame that stands for half a second stands for fifteen frames."""
    path = tmp_path / "uneven.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for number, time in ((0, 0), (10, 10), (20, 25), (30, 26)):
            frame = av.VideoFrame.from_ndarray(frame_rgb(number, 320, 180))
            frame.pts = time
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    film = read_film(path)
    save(film, tmp_path / "even.mp4", "mp4", lambda _: None)
    numbers = [number_of(frame) for frame in frames_of(tmp_path / "even.mp4")]
    assert film.frame_rate == 30
    assert len(numbers) == 27
    assert np.abs(np.array(numbers) - ([0] * 10 + [10] * 15 + [20] + [30])).max() <= 1


@pytest.mark.parametrize("size", [(321, 181), (64, 64), (16, 16), (1280, 720)])
def test_any_size_becomes_an_even_one(tmp_path: Path, size: tuple[int, int]) -> None:
    """Odd sides lose their last row or column."""
    width, height = size
    path = tmp_path / "odd.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=30)
        stream.width, stream.height, stream.pix_fmt = width, height, "bgr0"
        for _ in range(3):
            frame = av.VideoFrame.from_ndarray(np.full((height, width, 3), 90, np.uint8))
            container.mux(stream.encode(frame.reformat(format="bgr0")))
        container.mux(stream.encode(None))
    film = read_film(path)
    assert (film.width, film.height) == (width & ~1, height & ~1)
    assert len(list(film.frames())) == 3


@pytest.mark.parametrize(
    ("matrix", "corners"),
    [
        ((0, 1, 0, -1, 0), (2, 0, 3, 1)),
        ((-1, 0, 0, 0, -1), (3, 2, 1, 0)),
        ((0, -1, 0, 1, 0), (1, 3, 0, 2)),
    ],
    ids=["held to the right", "upside down", "held to the left"],
)
def test_a_film_is_upright_however_the_camera_was_held(
    tmp_path: Path, matrix: tuple[int, ...], corners: tuple[int, ...]
) -> None:
    """Phones film lying down and note how to turn it (ISO/IEC 14496-12, 8.3.2)."""
    path = write_film(tmp_path / "turned.mp4", frames=3)
    data = bytearray(path.read_bytes())
    place = data.index(b"tkhd") + 44
    data[place : place + 20] = struct.pack(">iiiii", *(value * 65536 for value in matrix))
    path.write_bytes(data)
    film = read_film(path)
    is_turned = matrix[0] == 0
    assert (film.width, film.height) == ((180, 320) if is_turned else (320, 180))
    save(film, tmp_path / "upright.mp4", "mp4", lambda _: None)
    frame = frames_of(tmp_path / "upright.mp4")[0].astype(int)
    found = [frame[5, 5], frame[5, -6], frame[-6, 5], frame[-6, -6]]
    for pixel, corner in zip(found, corners, strict=True):
        assert np.abs(pixel - QUARTERS[corner]).max() < 30


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.mp4", b"", "empty file"),
        ("words.mp4", b"la la la\n" * 400, "not a film"),
        ("zeros.mp4", bytes(9000), "not a film"),
        ("list.mp4", b"#EXTM3U\n#EXTINF:9,\nfile:///etc/passwd\n", "not a film"),
        ("ffconcat.mp4", b"ffconcat version 1.0\nfile /etc/hostname\n", "not a film"),
    ],
)
def test_what_is_no_film_is_refused_by_name(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    """The message names the file and what to send; lists open no other files."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(MediaError, match=f"'{name}' is .*{message.split()[-1]}.*send a film"):
        read_film(path)


def test_a_song_is_no_film(tmp_path: Path) -> None:
    """It holds no moving picture."""
    path = write_audio(tmp_path / "song.m4a", tone(220, 2), codec="aac")
    with pytest.raises(MediaError, match=r"'song\.m4a' holds no moving picture"):
        read_film(path)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[: len(data) // 2],
        lambda data: data[:3000] + bytes(2000) + data[5000:],
        lambda data: bytes(byte ^ (0x10 if at % 997 == 5 else 0) for at, byte in enumerate(data)),
        lambda data: data.replace(b"stts", b"free"),
        lambda data: data.replace(b"mdat", b"free"),
        lambda data: data[:200],
    ],
)
def test_a_damaged_film_is_used_as_far_as_it_goes_or_refused(
    tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    """Frames, or words that name the file: nothing else."""
    for ending in ("mp4", "webm"):
        codec = "libvpx-vp9" if ending == "webm" else "libx264"
        path = write_film(tmp_path / f"whole.{ending}", frames=20, codec=codec)
        broken = tmp_path / f"broken.{ending}"
        broken.write_bytes(damage(path.read_bytes()))
        try:
            save(read_film(broken), tmp_path / "out.mp4", "mp4", lambda _: None)
        except MediaError as refusal:
            assert f"broken.{ending}" in str(refusal)
        else:
            assert 1 <= len(frames_of(tmp_path / "out.mp4")) <= 60


def test_a_film_that_lasts_too_long_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is counted are frames, whatever the header says."""
    monkeypatch.setattr(saving, "LONGEST_FILM_SECONDS", 1)
    film = read_film(write_film(tmp_path / "long.mp4", frames=45))
    with pytest.raises(MediaError, match=r"'long\.mp4' lasts longer than .*trim"):
        save(film, tmp_path / "out.mp4", "mp4", lambda _: None)


def test_a_frame_at_the_end_of_time_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A time stamp that would fill hours with one picture is no film that anybody made."""
    monkeypatch.setattr(films, "LONGEST_SOURCE_SECONDS", 1)
    film = read_film(write_film(tmp_path / "late.mp4", frames=45))
    with pytest.raises(MediaError, match=r"'late\.mp4' lasts longer than"):
        list(film.frames())


def test_a_picture_too_large_is_not_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its size is read before a frame is."""
    monkeypatch.setattr(films, "LARGEST_SIDE", 300)
    path = write_film(tmp_path / "wide.mp4", frames=2)
    with pytest.raises(MediaError, match=r"'wide\.mp4' .*send a film"):
        read_film(path)
