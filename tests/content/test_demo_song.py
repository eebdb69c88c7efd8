"""The bundled demo song is small, ours, and has a hook that is found."""

from __future__ import annotations

from pathlib import Path

import pytest

import backline.examples
from backline.content.clip import choose_clip
from backline.content.lyrics import lines_inside
from backline.content.song import Song, listen

DEMO = Path(backline.examples.__file__).parent / "demo"
CHORUSES_SECONDS = (25.71, 60.0)


@pytest.fixture(scope="module")
def demo() -> Song:
    return listen(DEMO / "night-drive.m4a")


def test_the_demo_song_is_small_and_named(demo: Song) -> None:
    """At most 1.2 MB, with title and artist in its tags."""
    assert (DEMO / "night-drive.m4a").stat().st_size <= 1_200_000
    assert (demo.title, demo.artist) == ("Night Drive", "Paper Satellites")
    assert 60 <= demo.duration_from_frames_seconds <= 90


def test_its_words_lie_inside_and_beside_it(demo: Song) -> None:
    """The .lrc file and the tag say the same."""
    assert (
        demo.lyrics
        == listen(DEMO / "night-drive.m4a", (DEMO / "night-drive.lrc").read_text()).lyrics
    )
    assert len(demo.lyrics) == 16


@pytest.mark.parametrize("with_words", [True, False], ids=["words", "sound alone"])
def test_its_chorus_is_chosen(demo: Song, with_words: bool) -> None:
    """With or without words, the clip begins with a chorus."""
    words = None if with_words else "no times here"
    song = demo if with_words else listen(DEMO / "night-drive.m4a", words)
    clip = choose_clip(song)
    assert min(abs(clip.start_seconds - chorus) for chorus in CHORUSES_SECONDS) < 0.2


def test_the_chosen_clip_sings_the_title_line(demo: Song) -> None:
    """The hook's words are those inside the clip."""
    clip = choose_clip(demo)
    lines = lines_inside(demo.lyrics, clip.start_seconds, clip.start_seconds + 15)
    assert lines[0].text == "Drive until the morning comes"
