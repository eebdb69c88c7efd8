"""Loudness: clips come out at -14 LUFS with room above the peaks, measured on what is decoded."""

from __future__ import annotations

import numpy as np
import pytest

from backline.content.media.audio import Audio
from backline.content.media.loudness import measure_loudness, normalise
from tests.sounds import song, tone

RATE_HZ = 48_000


def stereo(wave: np.ndarray) -> Audio:
    return Audio(np.stack([wave, wave]).astype(np.float32), RATE_HZ)


def music(gain: float) -> Audio:
    """Five seconds of a made-up song's chorus, at a gain."""
    wave, choruses, _ = song(3)
    start = round(choruses[0] * 44_100)
    return stereo(gain * wave[start : start + 5 * RATE_HZ])


def test_a_sine_at_minus_20_dbfs_measures_as_the_standard_says() -> None:
    """EBU Tech 3341: 1 kHz at -23 dBFS in both channels is -23 LUFS."""
    measured = measure_loudness(stereo(tone(1000, 5, 10 ** (-23 / 20), RATE_HZ)))
    assert measured.integrated_lufs == pytest.approx(-23, abs=0.1)
    assert measured.true_peak_dbtp == pytest.approx(-23, abs=0.1)


def test_true_peak_sees_what_lies_between_the_samples() -> None:
    """A quarter-rate sine sampled 45 degrees off its crest peaks 3 dB above its samples."""
    t = np.arange(2 * RATE_HZ)
    wave = 0.5 * np.sin(np.pi / 2 * t + np.pi / 4) * np.hanning(len(t))
    measured = measure_loudness(stereo(wave))
    assert np.abs(wave).max() == pytest.approx(0.354, abs=0.001)
    assert measured.true_peak_dbtp == pytest.approx(-6.0, abs=0.3)


@pytest.mark.parametrize("gain", [0.05, 0.5, 4.0], ids=["quiet", "usual", "clipped master"])
def test_music_is_heard_at_minus_14_lufs_below_minus_1_dbtp(gain: float) -> None:
    """Whatever the master's level, the decoded AAC is within 1 LU and under the ceiling."""
    heard = measure_loudness(normalise(music(gain)).heard())
    assert heard.integrated_lufs == pytest.approx(-14, abs=1)
    assert heard.true_peak_dbtp <= -1


def test_silence_stays_silence() -> None:
    """Nothing is made louder than nothing."""
    silent = stereo(np.zeros(3 * RATE_HZ))
    assert not normalise(silent).heard().samples.any()


def test_faint_hiss_is_not_blown_up() -> None:
    """Noise at -75 dBFS keeps its level."""
    hiss = np.random.default_rng(1).normal(size=3 * RATE_HZ) * 10 ** (-75 / 20)
    assert normalise(stereo(hiss)).heard().samples.max() < 0.001


def test_the_limiter_does_not_shift_the_sound() -> None:
    """A peak that had to be limited stays where it was, to the sample."""
    wave = tone(440, 3, 0.1, RATE_HZ)
    wave[60_000] = 1.0
    finished = normalise(stereo(wave)).heard()
    assert abs(int(np.argmax(np.abs(finished.samples[0]))) - 60_000) <= 2
    assert finished.samples.shape == (2, len(wave))
