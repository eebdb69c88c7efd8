"""A mouth that shall move gets a part of the song in which somebody sings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from backline.content.clip import Clip, ClipCandidate, another_clip, choose_clip
from backline.content.song import Song, listen
from backline.content.sung import sung_first
from tests.sounds import click_track, write_audio
from tests.voices import RATE_HZ, backing, sung

CANDIDATES = [
    ClipCandidate(start_seconds=0.0, score=3.0),
    ClipCandidate(start_seconds=8.0, score=2.0),
    ClipCandidate(start_seconds=16.0, score=1.0),
]
CLIP = Clip(start_seconds=0.0, duration_seconds=6.0, candidates=CANDIDATES)


def starts(clip: Clip) -> list[float]:
    return [candidate.start_seconds for candidate in clip.candidates]


def song_with(folder: Path, wave: np.ndarray, rate_hz: int, words: str) -> tuple[Song, Path]:
    path = write_audio(folder / "song.wav", wave, rate_hz)
    return listen(path, words), path


def test_timed_words_say_where_is_sung(tmp_path: Path) -> None:
    """The best candidate is an instrumental: the next one has words."""
    words = "[00:08.00]first\n[00:11.00]second\n[00:13.50]\n[00:20.00]late\n[00:21.00]"
    song, path = song_with(tmp_path, click_track(120, 24)[0], 44_100, words)
    clip = sung_first(CLIP, song, path)
    assert starts(clip) == [8.0, 0.0, 16.0]
    assert clip.start_seconds == 8.0
    assert [candidate.sung_share for candidate in clip.candidates] == [0.917, 0.0, 0.167]


def test_among_sung_parts_the_score_decides(tmp_path: Path) -> None:
    """Words everywhere: nothing changes but what is known."""
    words = "\n".join(f"[00:{second:02d}.00]line" for second in range(0, 24, 3))
    song, path = song_with(tmp_path, click_track(120, 24)[0], 44_100, words)
    assert starts(sung_first(CLIP, song, path)) == [0.0, 8.0, 16.0]


def test_without_words_the_voice_is_listened_for(tmp_path: Path) -> None:
    """A voice enters at eight seconds in a band that plays all the time."""
    singing, _ = sung(24, 3)
    singing[: 8 * RATE_HZ] = 0
    singing[15 * RATE_HZ :] = 0
    wave = 0.3 * (backing(24, 5)[:, : len(singing)] + 2 * singing)
    song, path = song_with(tmp_path, wave, RATE_HZ, "no times")
    clip = sung_first(CLIP, song, path)
    assert starts(clip)[0] == 8.0, clip


def test_of_a_mono_song_nothing_is_known(tmp_path: Path) -> None:
    """There is no middle to listen to: the ranking stays."""
    song, path = song_with(tmp_path, click_track(120, 24)[0], 44_100, "")
    clip = sung_first(CLIP, song, path)
    assert starts(clip) == [0.0, 8.0, 16.0]
    assert {candidate.sung_share for candidate in clip.candidates} == {None}


def test_a_clip_that_was_given_is_left_alone(tmp_path: Path) -> None:
    """Who says where to begin has no candidates."""
    song, path = song_with(tmp_path, click_track(120, 24)[0], 44_100, "")
    given = choose_clip(song, 6.0, 3.0)
    assert sung_first(given, song, path) == given


@pytest.mark.parametrize(("number", "start"), [(0, 0.0), (1, 8.0), (2, 16.0), (3, 0.0), (29, 16.0)])
def test_the_videos_of_a_batch_take_turns(number: int, start: float) -> None:
    """The first gets the best part, the fourth the best again."""
    clip = another_clip(CLIP, number)
    assert clip.start_seconds == start
    assert clip.candidates == CANDIDATES
