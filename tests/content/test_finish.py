"""The clip's sound: cut to whole frames, faded, and told to the scene as energy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from backline.content.finish import clip_frames, cut_clip, energy_per_frame
from backline.content.media.audio import Audio
from backline.content.media.loudness import normalise
from tests.sounds import tone, write_audio


@pytest.mark.parametrize(("seconds", "frames"), [(15.0, 450), (5.0, 150), (9.99, 300), (0.01, 1)])
def test_a_clip_lasts_a_whole_number_of_frames(seconds: float, frames: int) -> None:
    """Thirty frames a second, at least one."""
    assert clip_frames(seconds) == frames


def test_the_sound_is_as_long_as_the_picture_and_faded(tmp_path: Path) -> None:
    """Stereo at 48 kHz, 1600 samples a frame, silent at both edges."""
    path = write_audio(tmp_path / "song.wav", tone(440, 8))
    sound = cut_clip(path, 1.0, 5.01)
    assert sound.samples.shape == (2, 150 * 1600)
    assert np.abs(sound.samples[:, 0]).max() < 0.001
    assert np.abs(sound.samples[:, -1]).max() < 0.001
    middle = np.abs(sound.samples[:, 48_000:96_000]).max()
    assert np.abs(sound.samples[:, 2400:4800]).max() == pytest.approx(middle, rel=0.02)


def test_a_clip_past_the_end_is_filled_with_silence(tmp_path: Path) -> None:
    """Rounding to frames never runs out of song."""
    path = write_audio(tmp_path / "song.wav", tone(440, 3))
    assert cut_clip(path, 0.0, 3.02).samples.shape == (2, 91 * 1600)


def test_the_finished_sound_is_as_long_as_the_clip(tmp_path: Path) -> None:
    """Encoded and decoded again, to the sample."""
    path = write_audio(tmp_path / "song.wav", tone(440, 3))
    assert normalise(cut_clip(path, 0.0, 2.0)).heard().samples.shape == (2, 60 * 1600)


def test_energy_follows_the_sound() -> None:
    """Quiet frames are low, the loudest is 1, silence is 0."""
    wave = np.concatenate(
        [np.zeros(16_000), tone(440, 1 / 3, 0.05, 48_000), tone(440, 1 / 3, 0.5, 48_000)]
    )
    energy = energy_per_frame(Audio(wave[None].astype(np.float32), 48_000))
    assert len(energy) == 30
    assert energy[:9] == [0.0] * 9
    assert energy[15] == pytest.approx(1 / 3, abs=0.02)
    assert max(energy) == 1.0
