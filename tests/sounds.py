"""Music made for the tests, so that its truth is known: beats, choruses, peaks and words."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

Wave = NDArray[np.float32]

RATE_HZ = 44_100
MINOR_TRIAD, MAJOR_TRIAD = (0, 3, 7), (0, 4, 7)


def silence(seconds: float, rate_hz: int = RATE_HZ) -> Wave:
    return np.zeros(round(seconds * rate_hz), np.float32)


def tone(hertz: float, seconds: float, gain: float = 0.3, rate_hz: int = RATE_HZ) -> Wave:
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    return (gain * np.sin(2 * np.pi * hertz * t)).astype(np.float32)


def chord(notes: list[float], seconds: float, gain: float = 0.08) -> Wave:
    """A held chord of MIDI notes, each with five harmonics."""
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    wave = np.zeros(len(t))
    for note in notes:
        hertz = 440 * 2 ** ((note - 69) / 12)
        for harmonic in range(1, 6):
            wave += np.sin(2 * np.pi * hertz * harmonic * t) / harmonic**1.5
    edge = np.minimum(1, np.minimum(t, t[-1] - t) / 0.02)
    return (gain * wave * edge).astype(np.float32)


def hit(hertz: float, decay: float, noise: float, seed: int) -> Wave:
    """A drum: a falling tone and some noise."""
    t = np.arange(round(0.2 * RATE_HZ)) / RATE_HZ
    hiss = np.random.default_rng(seed).normal(size=len(t)) * noise
    return ((np.sin(2 * np.pi * hertz * t) + hiss) * np.exp(-decay * t)).astype(np.float32)


def place(onto: Wave, what: Wave, seconds: float, gain: float = 1.0) -> None:
    start = round(seconds * RATE_HZ)
    part = what[: max(0, len(onto) - start)]
    onto[start : start + len(part)] += gain * part


def click_track(bpm: float, seconds: float, first_seconds: float = 0.2) -> tuple[Wave, NDArray]:
    """Return clicks, every fourth with a thump under it, over faint noise; and their times."""
    track = silence(seconds)
    track += np.random.default_rng(5).normal(size=len(track)).astype(np.float32) * 0.001
    times = np.arange(first_seconds, seconds - 0.1, 60 / bpm)
    for index, time in enumerate(times):
        place(track, hit(1200, 90, 0.3, 1), time, 0.4)
        if index % 4 == 0:
            place(track, hit(70, 25, 0.0, 2), time, 0.7)
    return track, times


@cache
def song(seed: int, plan: str = "IVCVCBCO") -> tuple[Wave, list[float], float]:
    """Return a made-up song, the times of its choruses, and its tempo.

    Verses share their chords, choruses also their tune; every instance gets
    noise of its own, so that nothing repeats to the sample. The same song is
    handed to every test that asks for it: copy before changing it.
    """
    draw = np.random.default_rng(seed)
    bpm = float(draw.integers(88, 132))
    beat, root = 60 / bpm, int(draw.integers(45, 57))
    chords = {name: draw.choice([0, 3, 5, 7, 8, 10], 4, replace=False) for name in "IVCBO"}
    tunes = {name: draw.integers(0, 8, 32) for name in "VCB"}
    bars = {"I": 4, "V": 8, "C": 8, "B": 8, "O": 4}
    track = silence(sum(bars[name] for name in plan) * 4 * beat)
    choruses, bar = [], 0
    for name in plan:
        if name == "C":
            choruses.append(bar * 4 * beat)
        for inside in range(bars[name]):
            _play_bar(track, (bar + inside) * 4 * beat, beat, name, root, chords[name], inside)
            _play_tune(track, (bar + inside) * 4 * beat, beat, name, root, tunes, inside)
        bar += bars[name]
    track += draw.normal(size=len(track)).astype(np.float32) * 0.004
    return (0.9 * track / np.abs(track).max()).astype(np.float32), choruses, bpm


def _play_bar(
    track: Wave, at: float, beat: float, name: str, root: int, degrees: NDArray, inside: int
) -> None:
    degree = int(degrees[inside % 4])
    triad = [root + degree + step for step in (MINOR_TRIAD if degree in (0, 5, 7) else MAJOR_TRIAD)]
    loud = {"I": 0.6, "V": 0.7, "C": 1.2, "B": 0.8, "O": 0.5}[name]
    place(track, chord([*triad, root + degree - 12], 4 * beat * 0.98), at, loud)
    for count in range(4):
        kicks = count in (0, 2) or name == "C"
        place(track, hit(60, 20, 0.02, 3), at + count * beat, (0.8 if count == 0 else 0.5) * kicks)
        if name in "VC" and count in (1, 3):
            place(track, hit(190, 28, 0.8, 4), at + count * beat, 0.3 * loud)
        place(track, hit(5000, 120, 1.0, 6), at + count * beat, 0.05 * loud)


def _play_tune(
    track: Wave,
    at: float,
    beat: float,
    name: str,
    root: int,
    tunes: dict[str, NDArray],
    inside: int,
) -> None:
    scale = (0, 2, 3, 5, 7, 8, 10, 12)
    for step in range(4 if name in tunes else 0):
        note = root + 24 + scale[int(tunes[name][(inside * 4 + step) % 32])]
        place(track, chord([note], beat * 0.9), at + step * beat, 1.4 if name == "C" else 0.8)


def write_audio(
    path: Path,
    wave: NDArray,
    rate_hz: int = RATE_HZ,
    codec: str = "pcm_s16le",
    tags: dict[str, str] | None = None,
    options: dict[str, str] | None = None,
) -> Path:
    """Write mono (n,) or stereo (2, n) sound; the path's ending names the container.

    ``options`` are FFmpeg's, for the container.
    """
    channels = np.atleast_2d(wave).astype(np.float32)
    layout = "mono" if len(channels) == 1 else "stereo"
    with av.open(str(path), "w", options=options or {}) as container:
        container.metadata.update(tags or {})
        # FFmpeg's own Vorbis encoder is offered to those who know that it is young.
        young = {"strict": "experimental"}
        stream = container.add_stream(codec, rate=rate_hz, layout=layout, options=young)
        _encode(container, stream, channels, rate_hz, layout)
    return path


def _encode(container, stream, channels, rate_hz, layout) -> None:  # type: ignore[no-untyped-def]
    resampler = av.AudioResampler(stream.format.name, layout, rate_hz, stream.frame_size or 1024)
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(channels), "fltp", layout)
    frame.sample_rate = rate_hz
    for piece in [*resampler.resample(frame), *resampler.resample(None)]:
        container.mux(stream.encode(piece))
    container.mux(stream.encode(None))
