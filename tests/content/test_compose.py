"""The finished film, opened again and measured."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from backline.content.compose import compose
from backline.content.media.audio import Audio, read_audio
from backline.content.media.frame import FRAME_HEIGHT, FRAME_RATE, FRAME_WIDTH, Planes
from backline.content.media.video import VideoWriter


class Gradient:
    """A grey ramp that moves down, and flashes white where it is told to."""

    def __init__(self, flashes: tuple[int, ...] = ()) -> None:
        rows = np.arange(FRAME_HEIGHT)[:, None] // 12 + 20
        self._ramp = np.broadcast_to(rows, (FRAME_HEIGHT, FRAME_WIDTH)).astype(np.uint8)
        self._flashes = flashes

    def draw(self, index: int, into: Planes) -> None:
        into.y[:] = 235 if index in self._flashes else np.roll(self._ramp, index * 3, axis=0)
        into.cb[:], into.cr[:] = 128, 128


class Patch:
    """A white square in the middle, for a caption."""

    def draw(self, index: int, into: Planes) -> None:
        into.y[900:1000, 500:600] = 235


def sound(seconds: float, clicks: tuple[float, ...] = ()) -> Audio:
    """Silence at 48 kHz with single-frame bursts."""
    samples = np.zeros((2, round(seconds * 48_000)), np.float32)
    for moment in clicks:
        start = round(moment * 48_000)
        samples[:, start : start + 1600] = np.sin(np.arange(1600) * 0.3)
    return Audio(samples, 48_000)


def film(path: Path, seconds: float, **parts: object) -> Path:
    scene = parts.get("scene", Gradient())
    audio = parts.get("sound", sound(seconds))
    tags = {"title": "Night Drive", "artist": "Paper Satellites"}
    compose(path, scene, parts.get("overlay"), audio, tags=tags, on_progress=lambda _: None)  # type: ignore[arg-type]
    return path


@pytest.fixture(scope="module")
def fifteen_seconds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film(tmp_path_factory.mktemp("film") / "film.mp4", 15.0)


def test_fifteen_seconds_are_450_frames(fifteen_seconds: Path) -> None:
    """Picture and sound both last 15.000 s and start at 0."""
    with av.open(str(fifteen_seconds)) as container:
        picture, audio = container.streams.video[0], container.streams.audio[0]
        assert picture.frames == 450
        assert picture.average_rate == FRAME_RATE
        assert float(picture.duration * picture.time_base) == 15.0
        assert float(audio.duration * audio.time_base) == pytest.approx(15.0, abs=0.001)
        assert (picture.start_time, audio.start_time) == (0, 0)
        assert container.duration == 15_000_000


def test_phones_get_what_they_play(fifteen_seconds: Path) -> None:
    """H.264 High in yuv420p with BT.709 tags, AAC in stereo at 48 kHz, upright full HD."""
    with av.open(str(fifteen_seconds)) as container:
        picture, audio = container.streams.video[0], container.streams.audio[0]
        context = picture.codec_context
        assert (context.name, context.profile, context.pix_fmt) == ("h264", "High", "yuv420p")
        assert (context.width, context.height) == (1080, 1920)
        tags = (context.colorspace, context.color_primaries, context.color_trc, context.color_range)
        assert [int(tag) for tag in tags] == [1, 1, 1, 1]
        sound_context = audio.codec_context
        assert (sound_context.name, sound_context.sample_rate) == ("aac", 48_000)
        assert sound_context.layout.name == "stereo"
        assert container.metadata["title"] == "Night Drive"
        assert container.metadata["artist"] == "Paper Satellites"


def test_the_index_lies_in_front(fifteen_seconds: Path) -> None:
    """A player may start before the end has arrived."""
    data = fifteen_seconds.read_bytes()
    assert 0 < data.find(b"moov") < data.find(b"mdat")


def test_the_same_film_has_the_same_bytes(tmp_path: Path) -> None:
    """No clock and no chance in the file."""
    first, second = (film(tmp_path / name, 2.0) for name in ("a.mp4", "b.mp4"))
    assert first.read_bytes() == second.read_bytes()


def test_a_click_is_heard_when_the_flash_is_seen(tmp_path: Path) -> None:
    """Sound and picture agree to a frame, after 1 s and after 4."""
    path = film(
        tmp_path / "sync.mp4", 5.0, scene=Gradient(flashes=(30, 120)), sound=sound(5.0, (1.0, 4.0))
    )
    seen = [time for time, frame in shown(path) if frame.mean() > 225]
    heard = read_audio(path, 48_000, mono=True).mono
    loud = np.abs(heard).reshape(-1)[: 5 * 48_000].reshape(-1, 480).max(axis=1) > 0.3
    clicks = np.flatnonzero(loud & ~np.roll(loud, 1)) / 100
    assert seen == pytest.approx([1.0, 4.0])
    assert list(clicks) == pytest.approx([1.0, 4.0], abs=1 / FRAME_RATE)


def test_the_caption_lies_over_every_frame_and_the_picture_ends_dark(tmp_path: Path) -> None:
    """The overlay is there from the first frame on; the last ones fade to black."""
    path = film(tmp_path / "caption.mp4", 1.0, overlay=Patch())
    frames = [frame for _, frame in shown(path)]
    assert all(frame[950, 550] > 225 for frame in frames[:17])
    assert frames[0][100:800].mean() > 40
    assert frames[-1].max() < 40


def test_progress_is_told_after_every_frame(tmp_path: Path) -> None:
    """Shares grow evenly to 1."""
    told: list[float] = []
    compose(tmp_path / "a.mp4", Gradient(), None, sound(1.0), tags={}, on_progress=told.append)
    assert told == [(index + 1) / 30 for index in range(30)]


def test_planes_are_written_where_the_encoder_reads(tmp_path: Path) -> None:
    """A width whose rows are padded keeps its columns straight."""
    path = tmp_path / "narrow.mp4"
    columns = np.arange(90, dtype=np.uint8) * 2 + 20

    def draw(into: Planes) -> None:
        into.y[:], into.cb[:], into.cr[:] = columns, 128, 128

    with VideoWriter(path, width=90, height=160) as video:
        for _ in range(3):
            video.write_frame(draw)
    _, frame = next(shown(path))
    assert np.abs(frame.astype(int) - columns).max() <= 6


def shown(path: Path):  # type: ignore[no-untyped-def]
    """Yield the time and the brightness plane of each frame."""
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            yield frame.time, frame.to_ndarray()[: frame.height, : frame.width]
