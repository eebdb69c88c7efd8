"""The voice: followed in a mix, silent over instruments, and known from its words."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from backline.content.media.audio import Audio
from backline.content.media.frame import FRAME_RATE
from backline.content.voice import hear_voice
from tests import voices

SECONDS = 12.0
SEEDS = range(6)


def of(samples: NDArray[np.float32]) -> Audio:
    return Audio(samples, voices.RATE_HZ)


@pytest.mark.parametrize("seed", SEEDS)
def test_mouth_follows_the_voice_in_a_mix_as_loud_as_the_voice(seed: int) -> None:
    """At 0 dB the opening correlates with the clean voice's own loudness by 0.8 and more."""
    voice, loudness = voices.sung(SECONDS, seed)
    heard = hear_voice(of(voices.mixed(voice, voices.backing(SECONDS, seed))))
    assert heard.sings
    assert np.corrcoef(heard.envelope, loudness)[0, 1] >= 0.8


@pytest.mark.parametrize("seed", SEEDS)
def test_nobody_is_heard_in_instruments_alone(seed: int) -> None:
    """Drums in the middle, chords at the sides: nobody sings."""
    assert not hear_voice(of(voices.backing(SECONDS, seed))).sings


@pytest.mark.parametrize("seed", SEEDS)
def test_mouth_stays_shut_in_an_instrumental_part(seed: int) -> None:
    """Where a song with a singer has a solo, the mouth is shut for 95 frames of 100."""
    voice, _ = voices.sung(SECONDS, seed)
    half = len(voice) // 2
    voice[half:] = 0
    heard = hear_voice(of(voices.mixed(voice, voices.backing(SECONDS, seed), loud=half)))
    solo = np.array(heard.envelope[round(SECONDS / 2 * FRAME_RATE) + FRAME_RATE // 2 :])
    assert (solo < 0.1).mean() >= 0.95


def test_words_with_times_say_when_to_be_silent() -> None:
    """Outside the lines the mouth is shut, whatever is heard."""
    voice, _ = voices.sung(SECONDS, 1)
    heard = hear_voice(of(voices.mixed(voice, voices.backing(SECONDS, 1))), [(2.0, 5.0)])
    opened = np.flatnonzero(np.array(heard.envelope) > 0.05) / FRAME_RATE
    assert opened.size
    assert opened.min() > 1.7
    assert opened.max() < 5.4


def test_mono_is_known_as_mono() -> None:
    """Without two channels the sound alone proves nobody's singing."""
    voice, _ = voices.sung(3.0, 2)
    heard = hear_voice(of(np.stack([voice, voice])))
    assert heard.is_mono
    assert not heard.sings


def test_silence_is_silent() -> None:
    """No sound, no voice, one value per frame all the same."""
    heard = hear_voice(of(np.zeros((2, voices.RATE_HZ * 2), np.float32)))
    assert heard.envelope == (0.0,) * (2 * FRAME_RATE)
    assert not heard.sings
