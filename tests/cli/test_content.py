"""The main job by hand: one video, made once through a running server, and what it left."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from backline.cli.app import run
from tests.live import Terminal
from tests.pictures import halves, write
from tests.sounds import click_track, write_audio

WORDS = "[00:00.50]one two three four\n[00:02.50]five six seven eight\n"


@dataclass(frozen=True)
class Made:
    """A video made by one command in a folder with a song, its words and a picture."""

    folder: Path
    ended: subprocess.CompletedProcess[str]
    run: dict[str, Any]


@pytest.fixture(scope="session")
def made(live: Terminal, tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("made")
    write_audio(folder / "my song.wav", click_track(120, 5.0)[0])
    (folder / "my song.lrc").write_text("\ufeff" + WORDS, encoding="utf-8")
    write(folder / "cover.jpg", halves())
    line = ["content", "create", "my song.wav", "--image", "cover.jpg", "--json", "-o", "out.mp4"]
    more = ["--template", "album-record-store", "--caption", "hi [red]there", "--seed", "7"]
    ended = live.run(*line, *more, cwd=folder)
    assert ended.returncode == 0, ended.stderr
    return Made(folder, ended, json.loads(ended.stdout))


def test_the_video_lies_where_it_was_wanted(made: Made) -> None:
    """The file is the whole mp4 that the run tells of, and no draft lies beside it."""
    video = made.folder / "out.mp4"
    assert video.stat().st_size == made.run["output"]["video"]["sizeBytes"]
    assert video.read_bytes()[4:8] == b"ftyp"
    names = sorted(path.name for path in made.folder.iterdir())
    assert names == ["cover.jpg", "my song.lrc", "my song.wav", "out.mp4"]


def test_what_was_chosen_reaches_the_run(made: Made) -> None:
    """Template, caption and seed are those of the command line."""
    payload = made.run["payload"]
    assert (payload["template"], payload["seed"]) == ("album-record-store", 7)
    assert made.run["output"]["captionText"] == "hi [red]there"


def test_words_beside_the_song_are_picked_up(made: Made) -> None:
    """An .lrc of the song's name gives the lines that are sung in the clip."""
    assert made.run["output"]["audio"]["clipLyrics"].startswith("one two three four")


def test_progress_is_told_meanwhile(made: Made) -> None:
    """The steps that the run names appear on stderr, the last line at 100 %."""
    assert "listening to the song" in made.ended.stderr
    assert made.ended.stderr.splitlines()[-1] == "100%  completed"


def test_a_song_that_is_none_is_refused(
    live: Terminal, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Text under a song's name gives one sentence, exit code 1 and no file."""
    song = tmp_path / "song.mp3"
    song.write_text("this is not music")
    wanted = tmp_path / "out.mp4"
    line = ["content", "create", str(song), "-o", str(wanted), "--data", str(live.data_dir)]
    assert run(line) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    assert not wanted.exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--template", "no-such-look"], "no-such-look"),
        (["--artist", "00000000-0000-4000-8000-000000000000"], "0000"),
        (["--image", "file_00000000000000000000000000"], "file_0000"),
        (["--image", "http://127.0.0.1:1/cover.jpg"], "127.0.0.1"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_what_can_not_be_is_refused(
    made: Made, live: Terminal, capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    """A template, artist or picture out of reach is named, exit code 1, and nothing is made."""
    song = made.run["payload"]["songs"][0]
    wanted = live.data_dir / "refused.mp4"
    line = ["content", "create", song, *words, "-o", str(wanted), "--data", str(live.data_dir)]
    assert run(line) == 1
    assert told in capsys.readouterr().err
    assert not wanted.exists()


def test_templates_are_listed(live: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    """Ids and looks, for people and for programs."""
    data = ["--data", str(live.data_dir)]
    assert run(["content", "templates", "--json", *data]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert "artist-caption-bedroom" in [each["id"] for each in listed]
    assert run(["content", "templates", *data]) == 0
    assert "artist-caption-bedroom" in capsys.readouterr().out


def test_without_a_server_one_is_started(
    terminal: Terminal, made: Made, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The command alone is enough: it says so, works, and stops what it started."""
    folder = tmp_path_factory.mktemp("alone")
    shutil.copy(made.folder / "cover.jpg", folder / "song.mp3")
    ended = terminal.run("content", "create", "song.mp3", cwd=folder)
    assert "starting one for this command" in ended.stderr
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert terminal.run("runs", "list").returncode == 1
