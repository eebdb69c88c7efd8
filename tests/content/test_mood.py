"""A mood is named when the sound is clear, and only then."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from backline.content.mood import find_mood
from backline.content.song import listen
from tests.sounds import (
    MAJOR_TRIAD,
    MINOR_TRIAD,
    chord,
    click_track,
    hit,
    place,
    silence,
    write_audio,
)


def piece(bpm: float, triad: tuple[int, ...], *, bright: bool) -> np.ndarray:
    """Sixteen seconds of one cadence over clicks, with or without cymbals."""
    wave = 0.5 * click_track(bpm, 16, 0.0)[0] if bright else silence(16)
    for index in range(int(16 * bpm / 240)):
        degree = (0, 5, 7, 0)[index % 4]
        steps = MAJOR_TRIAD if degree == 7 else triad  # the fifth is major in both
        notes = [48 + degree + step for step in steps]
        place(wave, chord(notes, 240 / bpm), index * 240 / bpm, 3.0 if not bright else 1.0)
    for index in range(int(16 * bpm / 60)):
        place(wave, hit(60, 25, 0.0, 3), index * 60 / bpm, 0.5)
        if bright:
            place(wave, hit(6000, 30, 1.0, index), (index + 0.5) * 60 / bpm, 0.3)
    return wave


@pytest.mark.parametrize(
    ("bpm", "triad", "bright", "name"),
    [
        (140, MAJOR_TRIAD, True, "upbeat"),
        (140, MINOR_TRIAD, True, "driving"),
        (68, MAJOR_TRIAD, False, "calm"),
        (68, MINOR_TRIAD, False, "melancholy"),
    ],
)
def test_the_four_corners_have_names(
    tmp_path: Path, bpm: float, triad: tuple[int, ...], bright: bool, name: str
) -> None:
    """Fast and bright or slow and dull, major or minor."""
    song = listen(write_audio(tmp_path / "piece.wav", piece(bpm, triad, bright=bright)))
    mood = find_mood(song, 0, 15)
    assert mood.name == name, mood


@pytest.mark.parametrize("wave", [silence(20), click_track(110, 20)[0]], ids=["silence", "clicks"])
def test_nothing_is_said_without_evidence(tmp_path: Path, wave: np.ndarray) -> None:
    """Silence and mere clicks have no mood."""
    song = listen(write_audio(tmp_path / "plain.wav", wave))
    assert find_mood(song, 0, 15).name is None
