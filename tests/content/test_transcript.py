"""Words heard by a net: broken into lines, left out when unsure, and a plain word when the net is missing."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from backline.content import transcript
from backline.content.lyrics import LyricLine
from backline.content.media.audio import Audio
from backline.content.tasks import create_content
from backline.content.transcript import HeardWord, hear_words, is_sure, lines_of
from backline.errors import SetupError
from backline.testing import run_inline
from tests import voices
from tests.brightening import RENDERED
from tests.pictures import halves, write
from tests.sounds import click_track, write_audio


def said(text: str, start: float = 0.0, each: float = 0.4) -> list[HeardWord]:
    """Words one after another, without pauses."""
    return [
        HeardWord(start + number * each, start + (number + 1) * each, word)
        for number, word in enumerate(text.split())
    ]


def texts(lines: list[LyricLine]) -> list[str]:
    return [line.text for line in lines]


def test_a_pause_ends_a_line() -> None:
    """Singers breathe between lines."""
    words = said("drive until morning") + said("no one knows", start=3.0)
    first, second = lines_of(words)
    assert (first.text, second.text) == ("drive until morning", "no one knows")
    assert (first.start_seconds, first.end_seconds, second.start_seconds) == (0.0, 1.2, 3.0)


def test_no_line_is_longer_than_can_be_read() -> None:
    """Eight words at most, whatever the net thinks."""
    lines = lines_of(said("la " * 30))
    assert max(len(line.words) for line in lines) == transcript.LONGEST_LINE_WORDS


def test_punctuation_ends_a_line_that_is_long_enough() -> None:
    """A comma after one word does not."""
    lines = lines_of(said("oh, we have nowhere else to go. tonight"))
    assert texts(lines) == ["oh, we have nowhere else to go", "tonight"]


def test_words_keep_their_times() -> None:
    """Karaoke and lips need them."""
    (line,) = lines_of(said("hold on", start=2.0))
    assert [(word.start_seconds, word.text) for word in line.words] == [(2.0, "hold"), (2.4, "on")]


def test_noise_is_no_word() -> None:
    """Notes and dots that a net writes for music are left out."""
    assert lines_of(said("♪ … - ")) == []


@pytest.mark.parametrize(
    ("log_probability", "silence", "sure"),
    [(-0.3, 0.1, True), (-0.8, 0.62, True), (-0.97, 0.3, False), (-0.5, 0.88, False)],
)
def test_what_the_net_is_not_sure_of_is_left_out(
    log_probability: float, silence: float, sure: bool
) -> None:
    """An instrumental's "you" is not burned into a video."""
    assert is_sure(log_probability, silence) is sure


def without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    transcript._model.cache_clear()


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says what to install, and where."""
    without_the_extra(monkeypatch)
    with pytest.raises(SetupError, match=r"pip install 'backline\[asr\]'"):
        hear_words(Audio(np.zeros((1, 16_000), np.float32), transcript.RATE_HZ))


def test_a_video_is_made_without_words_where_the_extra_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The run completes, and its message says why nothing was heard."""
    without_the_extra(monkeypatch)
    write(tmp_path / "cover.jpg", halves())
    song = write_audio(tmp_path / "song.wav", click_track(120, 6)[0])
    made = run_inline(
        create_content,
        {"songs": ["file_s"], "images": ["file_p"], "clipSeconds": 5, "hearWords": True},
        files={"file_s": song, "file_p": tmp_path / "cover.jpg"},
        steps={"render": RENDERED},
        workdir=tmp_path,
    )
    assert "No words were heard: this worker can not hear words" in made.output["message"]
    assert made.output["audio"]["clipLyrics"] is None


def test_instruments_alone_say_nothing() -> None:
    """With the extra installed: a band without a singer has no words."""
    pytest.importorskip("faster_whisper", reason="the extra backline[asr] is not installed")
    transcript._model.cache_clear()
    band = voices.backing(8.0, 3).mean(axis=0)
    places = (np.arange(8 * transcript.RATE_HZ) * voices.RATE_HZ / transcript.RATE_HZ).astype(int)
    sound = band[places.clip(0, len(band) - 1)][None].astype(np.float32)
    assert hear_words(Audio(sound, transcript.RATE_HZ)) == []
