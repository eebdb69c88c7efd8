"""Notes and keys of chords that were written down beforehand."""

from __future__ import annotations

import numpy as np
import pytest

from backline.content.harmony import NOTES, find_key, pitch_classes
from tests.sounds import MAJOR_TRIAD, MINOR_TRIAD, chord, silence


def cadence(tonic: int, *, is_major: bool, cents: float = 0.0) -> np.ndarray:
    """Tonic, fourth, fifth, tonic, at 22.05 kHz."""
    own = MAJOR_TRIAD if is_major else MINOR_TRIAD
    plan = [(0, own), (5, own), (7, MAJOR_TRIAD), (0, own)]
    root = 48 + tonic + cents / 100
    return np.concatenate(
        [chord([root + degree + step for step in triad], 1.5) for degree, triad in plan]
    )[::2]


@pytest.mark.parametrize("is_major", [True, False], ids=["major", "minor"])
@pytest.mark.parametrize("tonic", range(12))
def test_the_key_of_a_cadence_is_found(tonic: int, is_major: bool) -> None:
    """All twenty-four keys, a little out of tune."""
    key = find_key(pitch_classes(cadence(tonic, is_major=is_major, cents=18)))
    assert (key.tonic, key.is_major) == (NOTES[tonic], is_major)


def test_major_and_minor_lie_on_both_sides_of_the_margin() -> None:
    """The lean is what the mood is read from."""
    assert find_key(pitch_classes(cadence(0, is_major=True))).major_margin > 0.1
    assert find_key(pitch_classes(cadence(0, is_major=False))).major_margin < -0.1


def test_a_single_note_fills_its_own_class() -> None:
    """An A is an A, overtones and all."""
    profile = pitch_classes(chord([57], 3)[::2]).mean(axis=0)
    assert NOTES[int(profile.argmax())] == "A"


def test_silence_has_no_lean() -> None:
    """No notes, no fit, no margin."""
    key = find_key(pitch_classes(silence(3)[::2]))
    assert (key.fit, key.major_margin) == (0.0, 0.0)
