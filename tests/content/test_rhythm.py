"""Tempo, beats and downbeats on clicks whose times are known."""

from __future__ import annotations

import numpy as np
import pytest

from backline.content.media.audio import Audio
from backline.content.rhythm import Rhythm, find_rhythm
from backline.content.spectrum import log_mel
from tests.sounds import RATE_HZ, click_track, silence


def rhythm_of(wave: np.ndarray) -> Rhythm:
    assert Audio(wave[None], RATE_HZ).sample_rate_hz == 2 * 22_050
    return find_rhythm(log_mel(wave[::2]))


@pytest.mark.parametrize("bpm", [62, 75, 84, 96, 105, 118, 127, 139, 148])
def test_tempo_and_beats_of_a_click_track(bpm: int) -> None:
    """Within 1 % of the tempo, every click found to 25 ms."""
    wave, times = click_track(bpm, 20)
    rhythm = rhythm_of(wave)
    assert rhythm.tempo_bpm == pytest.approx(bpm, rel=0.01)
    beats = np.array(rhythm.beat_seconds)
    errors = [np.abs(beats - time).min() for time in times]
    assert max(errors) < 0.025


@pytest.mark.parametrize("bpm", [165, 174, 186])
def test_fast_music_is_counted_whole_or_in_halves(bpm: int) -> None:
    """Drum and bass may be tapped at half its tempo, never at anything else."""
    tempo = rhythm_of(click_track(bpm, 20)[0]).tempo_bpm
    assert tempo is not None
    assert min(abs(tempo / bpm - 1), abs(2 * tempo / bpm - 1)) < 0.01


def test_the_thump_is_the_downbeat() -> None:
    """Of four clicks, the one with the bass under it is the one."""
    wave, times = click_track(110, 20, first_seconds=0.2 + 2 * 60 / 110)
    rhythm = rhythm_of(wave)
    ones = [time for index, time in enumerate(rhythm.beat_seconds) if rhythm.is_downbeat(index)]
    assert all(np.abs(times[::4] - one).min() < 0.03 for one in ones)


@pytest.mark.parametrize("seconds", [1.0, 30.0])
def test_silence_has_no_pulse(seconds: float) -> None:
    """Nothing is counted where nothing sounds."""
    rhythm = rhythm_of(silence(seconds))
    assert rhythm.tempo_bpm is None
    assert rhythm.beat_seconds == []


def test_beats_stop_where_the_music_stops() -> None:
    """Ten seconds of silence after the last click get no beats."""
    wave, times = click_track(120, 12)
    rhythm = rhythm_of(np.concatenate([wave, silence(10)]))
    assert rhythm.beat_seconds[-1] < times[-1] + 0.6


def test_strength_runs_from_none_to_one() -> None:
    """Beats are weighed against the song's own hard ones."""
    strengths = rhythm_of(click_track(100, 20)[0]).beat_strength
    assert min(strengths) >= 0
    assert max(strengths) == 1
