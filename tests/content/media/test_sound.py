"""The film's sound is encoded once, and heard as players will."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from backline.content.media.audio import Audio, read_audio
from backline.content.media.sound import encode_sound, write_sound
from backline.content.media.video import VideoWriter
from tests.sounds import song


@pytest.fixture(scope="module")
def clip() -> Audio:
    """Two seconds and 100 samples: no whole number of AAC's frames."""
    wave, _, _ = song(3)
    samples = wave[200_000 : 200_000 + 96_100].astype(np.float32)
    return Audio(np.stack([samples, 0.5 * samples]), 48_000)


def test_what_is_heard_is_what_players_decode(clip: Audio, tmp_path: Path) -> None:
    """The same samples as from a file, as long as the clip, and not shifted."""
    heard = encode_sound(clip).heard()
    write_sound(clip, tmp_path / "clip.m4a")
    played = read_audio(tmp_path / "clip.m4a", 48_000, mono=False)
    assert heard.samples.shape == clip.samples.shape
    assert np.array_equal(heard.samples, played.samples[:, : clip.samples.shape[1]])
    assert np.corrcoef(heard.samples[0], clip.samples[0])[0, 1] > 0.99


def test_the_same_packets_make_the_same_film_again(clip: Audio, tmp_path: Path) -> None:
    """Writing a sound to a film changes nothing in it."""
    sound, films = encode_sound(clip), []
    for name in ("first.mp4", "second.mp4"):
        with VideoWriter(tmp_path / name, width=64, height=64) as video:
            for _ in range(60):
                video.write_frame(lambda into: [plane.fill(128) for plane in into])
            for packet in sound.packets:
                video.write_sound(packet)
        films.append((tmp_path / name).read_bytes())
    assert films[0] == films[1]
    played = read_audio(tmp_path / "second.mp4", 48_000, mono=False)
    assert np.array_equal(played.samples[:, :96_100], sound.heard().samples)
