"""The clip is the hook: found on songs that were put together from known parts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from backline.content.clip import LEAD_IN_SECONDS, Clip, choose_clip
from backline.content.lyrics import parse_lrc
from backline.content.song import Song, listen
from tests.sounds import click_track, silence, song, tone, write_audio


def heard(folder: Path, wave: np.ndarray) -> Song:
    return listen(write_audio(folder / "song.wav", wave))


def nearest(times: list[float], moment: float) -> float:
    return min(abs(time - moment) for time in times)


@pytest.mark.parametrize("seed", [0, 3, 7])
def test_the_clip_begins_with_a_chorus_on_a_downbeat(tmp_path: Path, seed: int) -> None:
    """Intro, verses, choruses, bridge, outro: the first pick is a chorus, to two seconds."""
    wave, choruses, bpm = song(seed)
    clip = choose_clip(heard(tmp_path, wave))
    assert nearest(choruses, clip.start_seconds) < 2
    downbeats = list(np.arange(0, len(wave) / 44_100, 4 * 60 / bpm))
    assert nearest(downbeats, clip.start_seconds + LEAD_IN_SECONDS) < 0.05
    assert clip.duration_seconds == 15


def test_three_candidates_are_ranked_and_apart(tmp_path: Path) -> None:
    """The runners-up are kept with their scores, at least half a clip from each other."""
    clip = choose_clip(heard(tmp_path, song(3)[0]))
    scores = [candidate.score for candidate in clip.candidates]
    starts = sorted(candidate.start_seconds for candidate in clip.candidates)
    assert len(scores) == 3
    assert scores == sorted(scores, reverse=True)
    assert min(np.diff(starts)) >= 7.4
    assert clip.start_seconds == clip.candidates[0].start_seconds


def test_words_that_repeat_outweigh_the_sound(tmp_path: Path) -> None:
    """When the lyrics say that the verse is the hook, the clip goes there."""
    wave, choruses, bpm = song(0)
    bar = 4 * 60 / bpm
    hook, other = 4 * bar, choruses[1]
    lines = [
        (hook, "same old"),
        (hook + 3, "same old"),
        (hook + 6, "same old"),
        (other, "only once"),
    ]
    text = "\n".join(f"[{int(at // 60):02d}:{at % 60:05.2f}]{words}" for at, words in lines)
    clip = choose_clip(replace(heard(tmp_path, wave), lyrics=parse_lrc(text)))
    assert clip.start_seconds == pytest.approx(hook - LEAD_IN_SECONDS, abs=0.1)


def test_a_given_start_is_taken_as_it_is(tmp_path: Path) -> None:
    """A caller who knows where to begin is believed; no candidates are made up."""
    clip = choose_clip(heard(tmp_path, click_track(120, 30)[0]), 10.0, 7.25)
    assert clip == Clip(start_seconds=7.25, duration_seconds=10.0, candidates=[])


def test_a_given_start_near_the_end_plays_what_is_left(tmp_path: Path) -> None:
    """Four seconds before the end there are four seconds."""
    clip = choose_clip(heard(tmp_path, click_track(120, 30)[0]), 15.0, 26.0)
    assert clip.duration_seconds == pytest.approx(4, abs=0.01)


def test_a_song_shorter_than_the_clip_is_played_whole(tmp_path: Path) -> None:
    """Nine seconds stay nine seconds."""
    clip = choose_clip(heard(tmp_path, tone(220, 9)))
    assert (clip.start_seconds, clip.duration_seconds) == (0.0, pytest.approx(9, abs=0.01))


def test_silence_at_the_ends_is_skipped(tmp_path: Path) -> None:
    """Ten seconds of sound between two silences are what is played."""
    wave = np.concatenate([silence(6), tone(220, 10), silence(8)])
    clip = choose_clip(heard(tmp_path, wave))
    assert clip.start_seconds == pytest.approx(6, abs=0.1)
    assert clip.duration_seconds == pytest.approx(10, abs=0.15)


def test_the_clip_of_a_long_song_keeps_out_of_its_silent_end(tmp_path: Path) -> None:
    """A hidden track's silence is never in the clip."""
    wave = np.concatenate([silence(5), click_track(120, 25)[0], silence(30)])
    clip = choose_clip(heard(tmp_path, wave))
    assert clip.start_seconds > 4.9
    assert clip.start_seconds + clip.duration_seconds < 30.2


@pytest.mark.parametrize("wave", [silence(20), tone(110, 20)], ids=["silence", "drone"])
def test_a_song_without_beats_still_gets_a_clip(tmp_path: Path, wave: np.ndarray) -> None:
    """Nothing to hold on to is no reason to fail."""
    clip = choose_clip(heard(tmp_path, wave))
    assert clip.duration_seconds == 15
    assert 0 <= clip.start_seconds <= 5


def test_a_blip_in_silence_is_played_with_silence_around_it(tmp_path: Path) -> None:
    """Two seconds of sound are too short for a video: what lies around comes along."""
    wave = np.concatenate([silence(4), tone(330, 2), silence(14)])
    clip = choose_clip(heard(tmp_path, wave))
    assert clip.duration_seconds == pytest.approx(15, abs=0.1)
    assert clip.start_seconds <= 4
