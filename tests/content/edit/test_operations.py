"""What operations do to a film, looked at in the film that comes out."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from backline.content.edit.film import Film, read_film
from backline.content.edit.operations import crop, mux_audio, overlay_text, resize, trim
from backline.content.edit.saving import write_film as save
from backline.content.media.audio import Audio, read_audio
from backline.errors import MediaError
from backline.wire.editing import Crop, OutputFormat, OverlayText, Resize, Trim
from tests.films import QUARTERS, frames_of, number_of, pitch_of, write_film


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of 320x180 at 30 frames a second, over an A."""
    return write_film(tmp_path_factory.mktemp("film") / "source.mp4")


@pytest.fixture(scope="module")
def film(source: Path) -> Film:
    return read_film(source)


def made(film: Film, folder: Path, output_format: OutputFormat = "mp4") -> Path:
    path = folder / f"made.{output_format}"
    save(film, path, output_format, lambda _: None)
    return path


def is_colour(pixel: np.ndarray, wanted: tuple[int, int, int]) -> bool:
    return bool(np.abs(pixel.astype(int) - wanted).max() < 30)


def test_a_film_knows_its_shape(film: Film) -> None:
    """Size, pace, length and sound are those of the file."""
    assert repr(film) == "Film('source.mp4', 320x180 at 30/s, 2.00 s, with sound)"


def test_trim_keeps_the_part_that_was_meant(film: Film, tmp_path: Path) -> None:
    """From half a second on for one second: frames 15 to 44, and the sound under them."""
    path = made(trim(film, Trim(start=0.5, duration=1.0)), tmp_path)
    frames = frames_of(path)
    assert len(frames) == 30
    assert abs(number_of(frames[0]) - 15) <= 1
    assert abs(number_of(frames[-1]) - 44) <= 1
    assert read_audio(path, 48_000, mono=True).duration_seconds == pytest.approx(1.0, abs=0.05)


def test_trim_past_the_end_keeps_what_there_is(film: Film, tmp_path: Path) -> None:
    """One second is left of ten that were wanted."""
    frames = frames_of(made(trim(film, Trim(start=1.0, duration=10.0)), tmp_path))
    assert len(frames) == 30
    assert abs(number_of(frames[0]) - 30) <= 1


def test_trim_behind_the_end_is_refused_by_name(film: Film, tmp_path: Path) -> None:
    """The message says where the film ends, and what to do."""
    with pytest.raises(MediaError, match=r"'source\.mp4' ends before 7 s: choose an earlier start"):
        made(trim(film, Trim(start=7.0, duration=1.0)), tmp_path)


@pytest.mark.parametrize(
    ("wish", "size"),
    [
        (Crop(aspect="9:16"), (100, 180)),
        (Crop(aspect="1:1"), (180, 180)),
        (Crop(aspect="4:1"), (320, 80)),
        (Crop(aspect="16:9"), (320, 180)),
        (Crop(width=200, height=100), (200, 100)),
        (Crop(height=90), (320, 90)),
        (Crop(width=101, height=51), (100, 50)),
    ],
)
def test_crop_keeps_the_middle(
    film: Film, tmp_path: Path, wish: Crop, size: tuple[int, int]
) -> None:
    """The four colours still meet in the middle, whatever was cut off."""
    path = made(crop(trim(film, Trim(duration=0.2)), wish), tmp_path)
    frame = frames_of(path)[0]
    assert frame.shape[1::-1] == size
    height, width = frame.shape[:2]
    corners = [(4, 4), (4, width - 5), (height - 5, 4), (height - 5, width - 5)]
    for (row, column), colour in zip(corners, QUARTERS, strict=True):
        assert is_colour(frame[row, column], colour), (wish, frame[row, column], colour)


def test_an_upright_film_is_cropped_to_an_upright_one(tmp_path: Path) -> None:
    """What is narrow already loses height, not what it has not got."""
    tall = read_film(write_film(tmp_path / "tall.mp4", width=100, height=400, frames=3))
    assert crop(tall, Crop(aspect="9:16")).height == 178


def test_sides_that_the_film_has_not_are_refused(film: Film) -> None:
    """The message names the film and its size."""
    with pytest.raises(MediaError, match=r"'source\.mp4' is 320x180 pixels, less than 400x180"):
        crop(film, Crop(width=400))


@pytest.mark.parametrize(
    ("wish", "size"),
    [
        (Resize(width=160, height=90), (160, 90)),
        (Resize(width=640), (640, 360)),
        (Resize(height=90), (160, 90)),
        (Resize(width=200, height=200), (200, 200)),
        (Resize(width=161, height=91), (160, 90)),
    ],
)
def test_resize_scales_the_whole_picture(
    film: Film, tmp_path: Path, wish: Resize, size: tuple[int, int]
) -> None:
    """All four quarters are still there, in their places."""
    frame = frames_of(made(resize(trim(film, Trim(duration=0.2)), wish), tmp_path))[0]
    assert frame.shape[1::-1] == size
    assert is_colour(frame[5, 5], QUARTERS[0])
    assert is_colour(frame[-6, -6], QUARTERS[3])


def test_a_size_beyond_the_limits_is_refused(film: Film) -> None:
    """A side that follows the other may come out too large, too."""
    tall = crop(film, Crop(width=16, height=180))
    with pytest.raises(MediaError, match="between 16 and 3840"):
        resize(tall, Resize(width=3000))


@pytest.mark.parametrize(
    ("position", "rows"), [("top", (0.0, 0.45)), ("center", (0.3, 0.7)), ("bottom", (0.55, 1.0))]
)
def test_text_stands_where_it_is_wanted(
    film: Film, tmp_path: Path, position: str, rows: tuple[float, float]
) -> None:
    """Only there the picture differs from the one without, and there it holds both colours."""
    part = resize(trim(film, Trim(duration=0.1)), Resize(width=640))
    wish = OverlayText(
        content="don't stop", color="yellow", stroke_color="#0000ff", position=position
    )
    plain = frames_of(made(part, tmp_path))[0].astype(int)
    written = frames_of(made(overlay_text(part, wish), tmp_path))[0].astype(int)
    changed = np.abs(written - plain).max(axis=2) > 60
    found = np.flatnonzero(changed.any(axis=1)) / len(plain)
    assert len(found) and rows[0] <= found.min() and found.max() <= rows[1]
    columns = np.flatnonzero(changed.any(axis=0)) / plain.shape[1]
    assert columns.min() + columns.max() == pytest.approx(1, abs=0.05), "it is centred"
    ink = written[changed]
    assert (np.abs(ink - (250, 215, 60)).max(axis=1) < 50).sum() > 50
    assert (np.abs(ink - (0, 0, 255)).max(axis=1) < 70).sum() > 50


@pytest.mark.parametrize(
    "content",
    ["word " * 300, "unbreakable" * 60, "夜を走る 🌙", "شارع الليل", "\u202e\u0000\n\n  x  ", "🜚"],
)
@pytest.mark.parametrize("side", [64, 720])
def test_any_text_fits_any_film(tmp_path: Path, content: str, side: int) -> None:
    """Long, odd or in any script: it is drawn inside the frame, or left out."""
    source = write_film(tmp_path / "s.mp4", width=side, height=side, frames=2, hertz=None)
    film = overlay_text(read_film(source), OverlayText(content=content, max_font_size=60))
    assert len(frames_of(made(film, tmp_path))) == 2


def test_text_of_nothing_changes_nothing(film: Film) -> None:
    """Spaces can not be drawn."""
    assert overlay_text(film, OverlayText(content="  \n ")) is film


def other_sound(seconds: float) -> Audio:
    t = np.arange(round(seconds * 48_000)) / 48_000
    return Audio(np.stack([0.5 * np.sin(2 * np.pi * 1000 * t)] * 2).astype(np.float32), 48_000)


def test_other_music_takes_the_place_of_the_own(film: Film, tmp_path: Path) -> None:
    """The A is gone, and the sound ends with the picture."""
    path = made(mux_audio(film, other_sound(9), replaces=True), tmp_path)
    assert pitch_of(path) == pytest.approx(1000, abs=3)
    with av.open(str(path)) as container:
        assert container.duration / 1e6 == pytest.approx(2.0, abs=0.05)


def test_both_sounds_are_heard_together(film: Film, tmp_path: Path) -> None:
    """And nothing clips."""
    both = mux_audio(film, other_sound(1), replaces=False)
    sound = read_audio(made(both, tmp_path), 48_000, mono=False).samples[0]
    spectrum = np.abs(np.fft.rfft(sound[4800:43_200] * np.hanning(38_400)))
    loud = sorted(np.argsort(-spectrum)[:6] * 48_000 / 38_400)
    assert any(abs(hertz - 440) < 4 for hertz in loud)
    assert any(abs(hertz - 1000) < 4 for hertz in loud)
    assert np.abs(sound).max() <= 1.01


def test_a_silent_film_is_given_a_sound(tmp_path: Path) -> None:
    """Without one of its own there is nothing to mix with."""
    silent = read_film(write_film(tmp_path / "silent.mp4", hertz=None))
    assert silent.sound is None
    path = made(mux_audio(silent, other_sound(2), replaces=False), tmp_path)
    assert pitch_of(path) == pytest.approx(1000, abs=3)


@pytest.mark.parametrize(
    ("output_format", "codecs"),
    [("mp4", ("h264", "aac")), ("mov", ("h264", "aac")), ("webm", ("vp9", "opus"))],
)
def test_each_format_holds_what_its_players_expect(
    film: Film, tmp_path: Path, output_format: OutputFormat, codecs: tuple[str, str]
) -> None:
    """Codecs, colours and length, whatever the container."""
    path = made(trim(film, Trim(duration=1.0)), tmp_path, output_format)
    with av.open(str(path)) as container:
        picture, sound = container.streams.video[0], container.streams.audio[0]
        assert picture.codec_context.codec.canonical_name == codecs[0]
        assert sound.codec_context.codec.canonical_name == codecs[1]
        assert picture.codec_context.colorspace == 1
        assert container.duration / 1e6 == pytest.approx(1.0, abs=0.06)
    assert is_colour(frames_of(path)[3][5, 5], QUARTERS[0])


def test_operations_follow_each_other(film: Film, tmp_path: Path) -> None:
    """Cut, crop, enlarge: each works on what the one before made."""
    part = crop(trim(film, Trim(start=1.0, duration=0.5)), Crop(aspect="9:16"))
    frames = frames_of(made(resize(part, Resize(width=360, height=640)), tmp_path))
    assert (len(frames), frames[0].shape) == (15, (640, 360, 3))
    assert abs(number_of(frames[0]) - 30) <= 1


def test_the_film_that_came_in_is_left_alone(film: Film, source: Path, tmp_path: Path) -> None:
    """Operations make new films; the first can be written after them."""
    before = source.read_bytes()
    made(overlay_text(film, OverlayText(content="once")), tmp_path)
    frame = frames_of(made(film, tmp_path))[0]
    assert is_colour(frame[150, 40], QUARTERS[2])
    assert source.read_bytes() == before
