"""From a song and a picture to a video, with the task's own steps and a real film at the end."""

from __future__ import annotations

import json
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from backline.content.image import base_image
from backline.content.media.audio import read_audio
from backline.content.media.loudness import measure_loudness
from backline.content.media.picture import read_picture, write_jpeg
from backline.content.steps import captioning, glance, listening, picturing
from backline.content.tasks import create_content
from backline.errors import AbortRun, FetchError, MediaError, PayloadInvalid
from backline.testing import InlineRun, run_inline
from tests.sounds import click_track, tone, write_audio

WORDS = "[00:01.00]first words\n[00:03.00]second words\n[00:12.00]much later"
TAGS = {"title": "Night Drive", "artist": "Paper Satellites"}
ORDER: dict[str, Any] = {
    "accountId": "5b0e8a9c-0f43-4f0e-9b5e-3f6f9c2f7a11",
    "songs": ["file_song"],
    "images": ["file_picture"],
    "template": "artist-caption-bedroom",
    "clipSeconds": 5,
    "clipStart": 0.5,
    "lyrics": WORDS,
    "seed": 7,
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A song of 16 s, a picture, and things that are neither."""
    folder = tmp_path_factory.mktemp("given")
    wave = click_track(120, 16)[0] + tone(220, 16, 0.1)
    song = write_audio(folder / "night-drive.mp3", wave, codec="libmp3lame", tags=TAGS)
    truncated = folder / "truncated.mp3"
    truncated.write_bytes(song.read_bytes()[: song.stat().st_size // 2])
    rows, columns = np.mgrid[0:400, 0:300]
    picture = np.stack([rows % 256, columns % 256, (rows + columns) % 256], axis=2).astype(np.uint8)
    write_jpeg(picture, folder / "cover.jpg", 90)
    (folder / "words.mp3").write_text("la la la\n" * 40)
    (folder / "empty.mp3").touch()
    (folder / "mute.mp4").write_bytes(mute_video(folder / "made.mp4"))
    (folder / "words.lrc").write_text(WORDS)
    return {
        "file_song": song,
        "file_truncated": truncated,
        "file_picture": folder / "cover.jpg",
        "file_text": folder / "words.mp3",
        "file_empty": folder / "empty.mp3",
        "file_mute": folder / "mute.mp4",
        "file_lrc": folder / "words.lrc",
    }


@pytest.fixture(scope="module")
def made(files: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> InlineRun:
    """One video, made as asked."""
    folder = tmp_path_factory.mktemp("made")
    return run_inline(create_content, ORDER, files=files, workdir=folder)


def run(files: dict[str, Path], folder: Path, **changes: Any) -> InlineRun:
    payload = {key: value for key, value in (ORDER | changes).items() if value is not None}
    return run_inline(create_content, payload, files=files, workdir=folder)


def film_of(made: InlineRun) -> Path:
    return made.paths[made.output["video"]["fileId"]]


def test_the_output_says_what_was_made(made: InlineRun) -> None:
    """Every promised field, true to the order, the song and the stored files."""
    output = made.output
    assert output["status"] == "completed"
    assert output["accountId"] == ORDER["accountId"]
    assert output["template"] == "artist-caption-bedroom"
    assert output["lipsync"] is False
    assert output["seed"] == 7
    assert output["videoSourceUrl"] == output["video"]["signedUrl"]
    assert output["imageUrl"].endswith(".jpg")
    assert output["captionText"]
    assert output["audio"] == {
        "songTitle": "Night Drive",
        "songFilename": "night-drive.mp3",
        "startSeconds": 0.5,
        "durationSeconds": 5.0,
        "clipLyrics": "first words\nsecond words",
        "clipMood": output["audio"]["clipMood"],
    }


def test_the_stored_video_is_the_record(made: InlineRun) -> None:
    """Name, type and size are those of the file that was kept."""
    video = made.output["video"]
    assert (video["fileName"], video["mimeType"]) == ("night-drive.mp4", "video/mp4")
    assert video["sizeBytes"] == film_of(made).stat().st_size


def test_the_film_is_upright_full_hd_and_as_long_as_the_clip(made: InlineRun) -> None:
    """1080x1920, 150 frames, 5.000 s."""
    with av.open(str(film_of(made))) as container:
        picture = container.streams.video[0]
        assert (picture.width, picture.height, picture.frames) == (1080, 1920, 150)
        assert container.duration == 5_000_000
        assert container.metadata["title"] == "Night Drive"


def test_the_film_is_as_loud_as_its_neighbours(made: InlineRun) -> None:
    """-14 LUFS within 1, true peak at most -1 dBTP, measured on the decoded film."""
    heard = measure_loudness(read_audio(film_of(made), 48_000, mono=False))
    assert heard.integrated_lufs == pytest.approx(-14, abs=1)
    assert heard.true_peak_dbtp <= -1


def test_the_picture_moves(made: InlineRun) -> None:
    """The first frame and one two seconds later differ all over."""
    with av.open(str(film_of(made))) as container:
        frames = [frame.to_ndarray()[:1920] for frame in islice(container.decode(video=0), 61)]
    assert np.abs(frames[60].astype(int) - frames[0]).mean() > 1


def test_callers_can_follow(made: InlineRun) -> None:
    """Steps are named, progress only grows and ends at 1, the log tells of the clip."""
    steps, shares = made.metadata_history["currentStep"], made.metadata_history["progress"]
    assert steps[0] == "listening to the song"
    assert "rendering" in steps
    assert steps[-1] == "done"
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert any("the clip starts at 0.50 s" in line for line in made.logs)


def test_what_steps_keep_is_small(made: InlineRun) -> None:
    """A few kilobytes of JSON, no sound and no pictures."""
    assert list(made.steps) == ["listen", "picture", "caption", "render"]
    assert max(len(json.dumps(kept)) for kept in made.steps.values()) < 20_000


def test_the_same_order_makes_the_same_bytes(
    made: InlineRun, files: dict[str, Path], tmp_path: Path
) -> None:
    """Song, picture, options and seed decide everything."""
    again = run(files, tmp_path)
    assert film_of(again).read_bytes() == film_of(made).read_bytes()


SUNG = "[00:01.00]<00:01.00>First <00:01.60>words\n[00:03.00]<00:03.00>second <00:03.50>words"


def test_words_are_shown_as_they_are_sung(files: dict[str, Path], tmp_path: Path) -> None:
    """Karaoke: before the first line the film is free, then the caption's part of it changes word by word."""
    made = run(files, tmp_path, lyrics=SUNG, captionMode="karaoke", template="album-record-store")
    assert made.output["captionText"] == "First words\nsecond words"
    assert made.steps["caption"]["mode"] == "karaoke"
    with av.open(str(film_of(made))) as container:
        frames = [frame.to_ndarray()[280:420, 190:890] for frame in container.decode(video=0)]
    before, first, later = (frames[round((t - 0.5) * 30)].astype(int) for t in (0.6, 1.3, 1.9))
    assert (first > 200).mean() > (before > 200).mean() + 0.05
    assert (np.abs(later - first) > 30).mean() > 0.002


@pytest.mark.parametrize(
    ("wish", "mode", "reason"),
    [
        ({"captionMode": "karaoke"}, "lines", "no times of single words"),
        ({"captionMode": "lines", "lyrics": "no times at all"}, "still", "attach its lyrics"),
        ({"captionMode": "lines", "caption": "mine"}, "still", "leave caption out"),
    ],
)
def test_a_mode_that_can_not_be_had_is_told_of(
    wish: dict[str, str],
    mode: str,
    reason: str,
    made: InlineRun,
    files: dict[str, Path],
    tmp_path: Path,
) -> None:
    """The video is made with the next best, and the message says why."""
    done = {"picture": made.steps["picture"], "render": made.steps["render"]}
    if "lyrics" not in wish:
        done["listen"] = made.steps["listen"]
    order = ORDER | wish
    again = run_inline(create_content, order, files=files, steps=done, workdir=tmp_path)
    assert again.steps["caption"]["mode"] == mode
    assert reason in again.output["message"]


def test_a_finished_run_is_answered_from_its_record(made: InlineRun) -> None:
    """With all steps kept, no file is opened and nothing is made."""
    again = run_inline(create_content, ORDER, steps=made.steps)
    assert again.output == made.output
    assert again.saved == []


def test_a_resumed_run_only_does_what_is_left(
    made: InlineRun, files: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a crash in the render, nobody listens or draws the still again."""
    done = {name: made.steps[name] for name in ("listen", "picture", "caption")}

    def never(*_: object, **__: object) -> None:
        raise AssertionError("a finished step was done again")

    monkeypatch.setattr(listening, "listen", never)
    monkeypatch.setattr(picturing, "base_image", never)
    monkeypatch.setattr(captioning, "write_caption", never)
    again = run_inline(create_content, ORDER, files=files, steps=done, workdir=tmp_path)
    kinds = [stored.mime_type for stored in again.saved]
    assert kinds == ["video/mp4", "image/jpeg", "image/webp"]
    assert film_of(again).read_bytes() == film_of(made).read_bytes()


def test_the_still_is_made_as_the_glance_made_it(
    files: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a template prints is known at the glance: one that paints it in paints once."""
    asked = []

    def noting(*args: Any, **named: Any) -> Any:
        asked.append((args, named))
        return base_image(*args, **named)

    for step in (glance, picturing):
        monkeypatch.setattr(step, "base_image", noting)
    run(files, tmp_path, template="album-record-store", releaseDate="2026-11-28")
    first, second = asked
    assert first == second
    assert first[1] == {
        "title": TAGS["title"],
        "artist": TAGS["artist"],
        "date": "28 November 2026",
    }


def test_a_portrait_sings_when_the_words_have_times(files: dict[str, Path], tmp_path: Path) -> None:
    """With lipsync the output says so, and the same order without it gives another film."""
    with resources.as_file(resources.files("backline.examples") / "demo" / "singer.jpg") as path:
        portrait = {**files, "file_picture": path}
        singing = run(portrait, tmp_path / "one", lipsync=True)
        still = run(portrait, tmp_path / "other")
    assert singing.output["lipsync"] is True
    assert "left out" not in singing.output["message"]
    assert still.output["lipsync"] is False
    assert film_of(singing).read_bytes() != film_of(still).read_bytes()


@pytest.mark.parametrize(
    ("changes", "size"),
    [
        ({"aspectRatio": "4:5"}, (1080, 1350)),
        ({"aspectRatio": "1:1", "upscale": True}, (1440, 1440)),
    ],
)
def test_film_poster_and_preview_have_the_shape_that_was_asked_for(
    files: dict[str, Path], tmp_path: Path, changes: dict[str, Any], size: tuple[int, int]
) -> None:
    """The output says the size, the film and its poster have it, the preview moves for three seconds."""
    made = run(files, tmp_path, **changes)
    assert (made.output["width"], made.output["height"]) == size
    with av.open(str(film_of(made))) as container:
        picture = container.streams.video[0]
        assert (picture.width, picture.height, picture.frames) == (*size, 150)
    poster = read_picture(made.paths[made.output["poster"]["fileId"]])
    assert (poster.width, poster.height) == size
    preview = made.paths[made.output["preview"]["fileId"]]
    is_read, moving = cv2.imreadanimation(str(preview))
    assert is_read
    assert int(np.sum(moving.durations)) == pytest.approx(3000, abs=100)
    assert moving.frames[0].shape[1] == 270
    assert np.abs(moving.frames[0].astype(int) - moving.frames[-1]).mean() > 0.2
    assert preview.stat().st_size < 600_000


def test_what_is_not_there_yet_is_said(files: dict[str, Path], tmp_path: Path) -> None:
    """Lipsync and odd letters are declined in words, and the video is made all the same."""
    output = run(
        files,
        tmp_path,
        lipsync=True,
        caption="ok \U00013080",  # an Egyptian hieroglyph
        songs=["file_truncated"],
        lyrics=None,
        lyricsFile="file_lrc",
    ).output
    assert output["lipsync"] is False
    assert "Lipsync was left out: there is no face in the picture" in output["message"]
    assert "\U00013080" in output["message"]
    assert output["audio"]["clipLyrics"] == "first words\nsecond words"


def test_of_several_songs_the_first_that_plays_is_taken(
    files: dict[str, Path], tmp_path: Path
) -> None:
    """Those that do not are told of by name, and cover art stands in for a picture."""
    art = files["file_picture"].read_bytes()
    song = write_flac_with_cover(tmp_path / "with-art.flac", art)
    given = files | {"file_art": song}
    songs = ["file_text", "file_empty", "file_art"]
    made = run(given, tmp_path, songs=songs, images=[], lyrics=None, captionLength="none", seed=2)
    assert made.output["audio"]["songFilename"] == "with-art.flac"
    assert made.output["audio"]["clipLyrics"] is None
    assert made.output["captionText"] == ""
    assert any("cover art" in line for line in made.logs)


@pytest.mark.parametrize(
    ("song", "message"),
    [
        ("file_text", r"'words\.mp3' .*: attach a song as mp3"),
        ("file_empty", r"'empty\.mp3' is an empty file: attach a song"),
        ("file_mute", r"'mute\.mp4' holds no sound.*: attach a song"),
        ("file_picture", r"'cover\.jpg' .*: attach a song"),
    ],
)
def test_a_song_that_is_none_fails_by_name(
    files: dict[str, Path], tmp_path: Path, song: str, message: str
) -> None:
    """The message names the file and what would work; the run is not tried again."""
    with pytest.raises(MediaError, match=message) as refusal:
        run(files, tmp_path, songs=[song])
    assert refusal.value.permanent


@pytest.mark.parametrize("image", ["file_text", "file_empty", "file_song"])
def test_a_picture_that_is_none_fails_by_name(
    files: dict[str, Path], tmp_path: Path, image: str
) -> None:
    """The song plays, the picture does not open: its name is said."""
    with pytest.raises(MediaError, match=files[image].name):
        run(files, tmp_path, images=[image])


def test_without_any_picture_the_run_says_what_to_attach(
    files: dict[str, Path], tmp_path: Path
) -> None:
    """No image and no cover art."""
    with pytest.raises(MediaError, match=r"'night-drive\.mp3' holds no cover art; give a jpg"):
        run(files, tmp_path, images=[])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"template": "disco"}, r"template.*'disco'.*artist-caption-bedroom"),
        ({"clipSeconds": 4}, r"clipSeconds"),
        ({"clipSeconds": 61}, r"clipSeconds"),
        ({"clipStart": -1}, r"clipStart"),
        ({"clipStart": 15.5}, r"clipStart: 15\.5 s is past the end of 'night-drive\.mp3'"),
        ({"captionLength": "epic"}, r"captionLength"),
        ({"songs": []}, r"songs"),
        ({"songs": None}, r"songs"),
        ({"seed": -1}, r"seed"),
        ({"lipsync": "yes"}, r"lipsync"),
    ],
)
def test_a_wrong_order_names_the_field(
    files: dict[str, Path], tmp_path: Path, changes: dict[str, Any], field: str
) -> None:
    """Ranges and choices are checked before, or as soon as, the song is known."""
    with pytest.raises(PayloadInvalid, match=field):
        run(files, tmp_path, **changes)


def test_a_file_out_of_reach_ends_the_run(files: dict[str, Path], tmp_path: Path) -> None:
    """An id that nobody gave is not worth another attempt."""
    with pytest.raises(AbortRun, match="file_nowhere"):
        run(files, tmp_path, songs=["file_nowhere"])


@pytest.mark.parametrize("url", ["http://127.0.0.1/song.mp3", "http://169.254.169.254/song.mp3"])
def test_a_song_in_a_private_network_is_not_fetched(
    files: dict[str, Path], tmp_path: Path, url: str
) -> None:
    """The address is refused before anything is asked of it."""
    with pytest.raises(FetchError, match=r"song\.mp3"):
        run(files, tmp_path, songs=[url])


def mute_video(path: Path) -> bytes:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for index in range(10):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 90, np.uint8))
            frame.pts = index
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path.read_bytes()


def write_flac_with_cover(path: Path, art: bytes) -> Path:
    """A song with a picture block put in after its stream info."""
    data = write_audio(path, click_track(120, 8)[0], codec="flac").read_bytes()
    kind, words = b"image/jpeg", b""
    block = (3).to_bytes(4, "big") + len(kind).to_bytes(4, "big") + kind
    block += len(words).to_bytes(4, "big") + bytes(16) + len(art).to_bytes(4, "big") + art
    end_of_stream_info = 4 + 4 + 34
    header = bytes([6]) + len(block).to_bytes(3, "big")
    path.write_bytes(data[:end_of_stream_info] + header + block + data[end_of_stream_info:])
    return path
