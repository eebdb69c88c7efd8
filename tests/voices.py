"""Singing made for the tests: syllables of known loudness, and a band whose middle is free for them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from backline.content.media.frame import FRAME_RATE
from tests import sounds

RATE_HZ = 48_000
Wave = NDArray[np.float32]
HARMONICS = (1.0, 0.8, 0.9, 0.5, 0.4, 0.3, 0.15, 0.1)


def sung(seconds: float, seed: int) -> tuple[Wave, NDArray[np.float64]]:
    """Return a voice (n,) of syllables with vibrato, and its loudness per frame of video."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    loudness, pitch = _syllables(len(time), rng)
    pitch = np.convolve(pitch, np.ones(1200) / 1200, "same")
    phase = 2 * np.pi * np.cumsum(pitch * (1 + 0.012 * np.sin(2 * np.pi * 5.5 * time))) / RATE_HZ
    wave = sum(gain * np.sin((n + 1) * phase) for n, gain in enumerate(HARMONICS))
    per_frame = RATE_HZ // FRAME_RATE
    frames = loudness[: len(time) // per_frame * per_frame].reshape(-1, per_frame)
    return np.asarray(0.1 * wave * loudness, np.float32), frames.mean(axis=1)


def _syllables(count: int, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
    loudness, pitch, at = np.zeros(count), np.full(count, 220.0), 0.3
    while at < count / RATE_HZ - 0.4:
        length = float(rng.uniform(0.18, 0.6))
        part = slice(round(at * RATE_HZ), min(count, round((at + length) * RATE_HZ)))
        arch = np.sin(np.pi * np.linspace(0, 1, part.stop - part.start)) ** 0.5
        loudness[part] = arch * rng.uniform(0.5, 1.0)
        pitch[part] = 220 * 2 ** (rng.choice([0, 2, 3, 5, 7]) / 12)
        at += length + float(rng.uniform(0.03, 0.12))
        at += float(rng.uniform(0.5, 1.2)) if rng.random() < 0.15 else 0.0
    return loudness, pitch


def backing(seconds: float, seed: int) -> Wave:
    """Return a band (2, n): two players of chords and tunes, one at each side, and drums in the middle."""
    one, other = (_played(seconds, seed + more) for more in (0, 100))
    drums = np.zeros_like(one)
    for beat in np.arange(0, seconds - 0.3, 0.5):
        sounds.place(drums, sounds.hit(60, 20, 0.02, 3), beat * RATE_HZ / sounds.RATE_HZ, 0.8)
        sounds.place(
            drums, sounds.hit(190, 28, 0.8, 4), (beat + 0.25) * RATE_HZ / sounds.RATE_HZ, 0.4
        )
    left, right = 0.9 * one + 0.25 * other, 0.25 * one + 0.9 * other
    return np.asarray(np.stack([left, right]) + 0.4 * drums, np.float32)


def _played(seconds: float, seed: int) -> Wave:
    song, _, _ = sounds.song(seed, plan="VC")
    at = np.arange(round(seconds * RATE_HZ)) * sounds.RATE_HZ / RATE_HZ
    return np.interp(at, np.arange(len(song)), song).astype(np.float32)


def mixed(voice: Wave, band: Wave, loud: int | None = None) -> Wave:
    """Return voice and band at 0 dB, the voice in the middle; ``loud`` samples of it decide its level."""
    part = voice[:loud]
    gain = np.sqrt((band**2).mean() / (part**2).mean())
    return np.asarray(band + gain * voice, np.float32)
