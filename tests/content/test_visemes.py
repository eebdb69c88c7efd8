"""Mouths for written words: shut, round, wide, in the words' own time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backline.content.caption import SungLine, lines_of_clip
from backline.content.lyrics import parse_lrc
from backline.content.media.frame import FRAME_RATE
from backline.content.visemes import Mouth, mouth_of, shapes_of


def lines(text: str) -> list[SungLine]:
    return lines_of_clip(parse_lrc(text), 0.0, 10.0)


def at(mouth: Mouth, seconds: float) -> tuple[float, float]:
    """Return opening and rounding at a moment."""
    index = round(seconds * FRAME_RATE)
    return float(mouth.opening[index]), float(mouth.rounding[index])


@pytest.mark.parametrize("word", ["mama", "baby", "Papa!", "m’m"])
def test_lips_meet_for_m_b_and_p(word: str) -> None:
    """A word that begins with one begins shut."""
    assert shapes_of(word)[0].opening == 0


@pytest.mark.parametrize(
    ("word", "sign"), [("you", 1), ("moon", 1), ("go", 1), ("see", -1), ("leave", -1), ("hey", -1)]
)
def test_vowels_are_round_or_wide(word: str, sign: int) -> None:
    """The strongest vowel of a word says which."""
    vowels = [shape.rounding for shape in shapes_of(word) if shape.is_vowel]
    assert np.sign(max(vowels, key=abs)) == sign


def test_a_silent_e_is_not_sung() -> None:
    """Drive has one vowel, café two."""
    assert sum(shape.is_vowel for shape in shapes_of("drive")) == 1
    assert sum(shape.is_vowel for shape in shapes_of("café")) == 2


@pytest.mark.parametrize("word", ["夜", "قلب", "…", "", "🔥", "123"])
def test_other_scripts_leave_the_mouth_to_the_voice(word: str) -> None:
    """No letters, no shapes."""
    assert shapes_of(word) == []


def test_the_mouth_is_shut_when_the_m_is_sung() -> None:
    """ "Hum" opens, and shuts at its end; what nobody sings words to stays the voice's."""
    mouth = mouth_of(lines("[00:01.00]<00:01.00>hum <00:02.00>ah\n[00:03.00]"), 150)
    assert at(mouth, 0.5) == pytest.approx((1.0, 0.0), abs=0.01)
    assert at(mouth, 1.5)[0] > 0.6
    assert at(mouth, 1.98)[0] < 0.35
    assert at(mouth, 2.5)[0] > 0.9


def test_long_notes_are_held_on_the_vowel() -> None:
    """However long a word is held, its consonants are short."""
    mouth = mouth_of(lines("[00:01.00]<00:01.00>moon <00:03.00>ah\n[00:04.00]"), 150)
    assert all(at(mouth, seconds)[1] > 0.9 for seconds in (1.3, 1.8, 2.3, 2.8))


def test_words_without_times_do_nothing() -> None:
    """A plain line leaves the mouth to the voice."""
    mouth = mouth_of(lines("[00:01.00]moon and spoon\n[00:03.00]"), 90)
    assert mouth.opening == pytest.approx(np.ones(90))
    assert mouth.rounding == pytest.approx(np.zeros(90))


@given(text=st.text(max_size=40), seconds=st.floats(0.0, 9.9))
def test_any_word_gives_a_mouth_that_can_be_drawn(text: str, seconds: float) -> None:
    """Within 0 and 1, and -1 and 1, for as many frames as there are."""
    stamp = f"00:{seconds:05.2f}"
    mouth = mouth_of(lines(f"[{stamp}]<{stamp}>{text} <{stamp}>x <00:09.95>y"), 200)
    assert mouth.opening.shape == mouth.rounding.shape == (200,)
    assert -1e-9 <= mouth.opening.min() <= mouth.opening.max() <= 1 + 1e-9
    assert -1 - 1e-9 <= mouth.rounding.min() <= mouth.rounding.max() <= 1 + 1e-9
