"""What is known of a song after hearing it once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from backline.content.song import listen
from backline.errors import MediaError
from tests.sounds import click_track, silence, tone, write_audio


def test_tags_name_the_song_before_its_file_does(tmp_path: Path) -> None:
    """Title and artist come from the tags."""
    tags = {"title": "Night Drive", "artist": "Paper Satellites"}
    path = write_audio(tmp_path / "track_07.mp3", tone(220, 2), codec="libmp3lame", tags=tags)
    song = listen(path)
    assert (song.title, song.artist, song.file_name) == (
        "Night Drive",
        "Paper Satellites",
        "track_07.mp3",
    )


def test_without_tags_the_file_names_the_song(tmp_path: Path) -> None:
    """A track number in front is dropped, underscores are spaces."""
    song = listen(write_audio(tmp_path / "03 - night_drive.wav", tone(220, 2)))
    assert (song.title, song.artist) == ("night drive", "")


def test_lyrics_inside_the_file_are_read_with_their_times(tmp_path: Path) -> None:
    """An .lrc text in the lyrics tag is as good as a file beside the song."""
    path = write_audio(
        tmp_path / "song.m4a",
        tone(220, 3),
        codec="aac",
        tags={"lyrics": "[00:01.00]Hello\n[00:02.00]you"},
    )
    assert [(line.start_seconds, line.text) for line in listen(path).lyrics] == [
        (1.0, "Hello"),
        (2.0, "you"),
    ]


def test_lyrics_that_are_handed_in_win(tmp_path: Path) -> None:
    """Who attaches words means them."""
    path = write_audio(
        tmp_path / "song.m4a", tone(220, 3), codec="aac", tags={"lyrics": "[00:01.00]inside"}
    )
    assert [line.text for line in listen(path, "[00:01.00]attached").lyrics] == ["attached"]


def test_sound_begins_and_ends_where_it_is_heard(tmp_path: Path) -> None:
    """Silence at both ends is measured to a twentieth of a second."""
    wave = np.concatenate([silence(3), click_track(120, 8, 0.0)[0] + tone(220, 8), silence(4)])
    song = listen(write_audio(tmp_path / "song.wav", wave))
    assert song.duration_from_frames_seconds == pytest.approx(15, abs=0.01)
    assert song.sounds_from_seconds == pytest.approx(3, abs=0.06)
    assert song.sounds_until_seconds == pytest.approx(11, abs=0.06)


def test_a_song_prints_what_matters(tmp_path: Path) -> None:
    """A log line, not a wall of numbers."""
    song = listen(write_audio(tmp_path / "pulse.wav", click_track(120, 20)[0]))
    assert repr(song) == f"Song('pulse', 20.0 s, {song.rhythm.tempo_bpm} bpm, 0 timed lines)"


def test_damaged_tags_do_not_spoil_a_song(tmp_path: Path) -> None:
    """A tag that claims to be larger than the file counts as none."""
    path = write_audio(tmp_path / "song.mp3", tone(220, 3), codec="libmp3lame")
    path.write_bytes(
        b"ID3\x04\x00\x00\x7f\x7f\x7f\x7fTIT2\x7f\x7f\x7f\x7f\x00\x00" + path.read_bytes()[45:]
    )
    try:
        song = listen(path)
    except MediaError as refusal:
        assert "song.mp3" in str(refusal)
    else:
        assert song.title == "song"
