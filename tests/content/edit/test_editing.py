"""The task as callers know it: a film, a list of operations, another film."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from backline.content.tasks import edit_content
from backline.errors import FetchError, MediaError, PayloadInvalid
from backline.testing import InlineRun, run_inline
from tests.films import frames_of, pitch_of, write_film
from tests.sounds import tone, write_audio

TRIM = {"type": "trim", "start": 0.5, "duration": 1.0}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("given")
    (folder / "words.mp4").write_text("la la la\n" * 400)
    return {
        "file_film": write_film(folder / "night.mp4", width=640, height=360),
        "file_song": write_audio(folder / "song.mp3", tone(1000, 5), codec="libmp3lame"),
        "file_words": folder / "words.mp4",
    }


def run(files: dict[str, Path], folder: Path, *operations: Any, **more: Any) -> InlineRun:
    payload = {"accountId": "alice", "videoUrl": "file_film", "operations": list(operations)}
    return run_inline(edit_content, payload | more, files=files, workdir=folder)


def film_of(made: InlineRun) -> Path:
    return made.paths[made.output["video"]["fileId"]]


def test_operations_make_another_film(files: dict[str, Path], tmp_path: Path) -> None:
    """All five in one order; the output says what came of it."""
    made = run(
        files,
        tmp_path,
        TRIM,
        {"type": "crop", "aspect": "9:16"},
        {"type": "resize", "width": 270, "height": 480},
        {"type": "overlay_text", "content": "don't stop"},
        {"type": "mux_audio", "audio_url": "file_song"},
    )
    output = made.output
    assert output["status"] == "completed"
    assert output["accountId"] == "alice"
    assert (output["width"], output["height"], output["durationSeconds"]) == (270, 480, 1.0)
    assert (output["mimeType"], output["url"]) == ("video/mp4", output["video"]["signedUrl"])
    assert output["sizeBytes"] == film_of(made).stat().st_size
    assert output["video"]["fileName"] == "night-edited.mp4"
    frames = frames_of(film_of(made))
    assert (len(frames), frames[0].shape) == (30, (480, 270, 3))
    assert pitch_of(film_of(made)) == pytest.approx(1000, abs=3)
    shares = made.metadata_history["progress"]
    assert shares == sorted(shares) and shares[-1] == 1.0


def test_a_template_makes_it_upright(files: dict[str, Path], tmp_path: Path) -> None:
    """Without operations of one's own: the shape of a phone's screen."""
    made = run(files, tmp_path, template="artist-caption-bedroom", outputFormat="webm")
    assert frames_of(film_of(made))[0].shape == (1920, 1080, 3)
    assert made.output["mimeType"] == "video/webm"


@pytest.mark.parametrize(
    ("operations", "message"),
    [
        ([], "operations: say what"),
        ([{"type": "explode"}], "explode"),
        ([{"start": 1}], "type"),
        ([{"type": "trim", "start": -1, "duration": 1}], "start"),
        ([{"type": "trim", "duration": 0}], "duration"),
        ([{"type": "trim", "duration": 1e9}], "duration"),
        ([{"type": "crop", "aspect": "0:1"}], "aspect"),
        ([{"type": "crop", "aspect": "wide"}], "aspect"),
        ([{"type": "resize", "width": 100_000, "height": 2}], "width"),
        ([{"type": "resize", "width": 100, "height": 100, "depth": 3}], "depth"),
        ([{"type": "overlay_text", "content": ""}], "content"),
        ([{"type": "overlay_text", "content": "x", "color": "url(x)"}], "color"),
        ([{"type": "overlay_text", "content": "x", "position": "left"}], "left"),
        ([TRIM] * 21, "operations"),
    ],
)
def test_what_can_not_be_done_is_refused_with_its_field(
    files: dict[str, Path], tmp_path: Path, operations: list[Any], message: str
) -> None:
    """Before any file is opened."""
    with pytest.raises(PayloadInvalid, match=message):
        run(files, tmp_path, *operations)


def test_what_is_no_film_fails_by_name(files: dict[str, Path], tmp_path: Path) -> None:
    """And so does what is no sound."""
    with pytest.raises(MediaError, match=r"words\.mp4"):
        run(files, tmp_path, TRIM, videoUrl="file_words")
    with pytest.raises(MediaError, match=r"words\.mp4"):
        run(files, tmp_path, {"type": "mux_audio", "audio_url": "file_words"})


def test_private_addresses_are_not_fetched(files: dict[str, Path], tmp_path: Path) -> None:
    """Neither for the film nor for its sound."""
    with pytest.raises(FetchError, match=r"film\.mp4"):
        run(files, tmp_path, TRIM, videoUrl="http://127.0.0.1/film.mp4")
    with pytest.raises(FetchError, match=r"song\.mp3"):
        run(files, tmp_path, {"type": "mux_audio", "audio_url": "http://10.0.0.1/song.mp3"})


def test_a_finished_edit_is_answered_from_its_record(
    files: dict[str, Path], tmp_path: Path
) -> None:
    """With its step kept nothing is done again."""
    made = run(files, tmp_path, TRIM)
    payload = {"accountId": "alice", "videoUrl": "file_film", "operations": [TRIM]}
    again = run_inline(edit_content, payload, steps=made.steps)
    assert again.output == made.output
    assert again.saved == []
