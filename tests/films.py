"""Films made for the tests: a picture whose every frame says which it is, and a sound of known pitch."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from backline.content.media.audio import read_audio

QUARTERS = ((220, 40, 40), (40, 200, 40), (40, 60, 220), (230, 230, 230))
"""Colours of the quarters of every frame: top left, top right, bottom left, bottom right."""


def frame_rgb(number: int, width: int, height: int) -> NDArray[np.uint8]:
    """Four coloured quarters, and in the middle a grey square that grows lighter by two a frame."""
    rgb = np.empty((height, width, 3), np.uint8)
    rows, columns = (
        (slice(0, height // 2), slice(height // 2, None)),
        (
            slice(0, width // 2),
            slice(width // 2, None),
        ),
    )
    for index, colour in enumerate(QUARTERS):
        rgb[rows[index // 2], columns[index % 2]] = colour
    side = min(width, height) // 4
    top, left = (height - side) // 2, (width - side) // 2
    rgb[top : top + side, left : left + side] = 20 + 2 * number % 200
    return rgb


def write_film(
    path: Path,
    *,
    width: int = 320,
    height: int = 180,
    frames: int = 60,
    rate: int = 30,
    hertz: float | None = 440.0,
    codec: str = "libx264",
) -> Path:
    """Write a film of numbered frames over a tone; the path's ending names the container."""
    with av.open(str(path), "w") as container:
        picture = container.add_stream(codec, rate=rate)
        picture.width, picture.height, picture.pix_fmt = width, height, "yuv420p"
        picture.options = {"crf": "12"}
        tone = None
        if hertz is not None:
            sound_codec = "libopus" if path.suffix == ".webm" else "aac"
            tone = container.add_stream(sound_codec, rate=48_000, layout="stereo")
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(frame_rgb(number, width, height))
            frame.pts = number
            container.mux(picture.encode(frame))
        container.mux(picture.encode(None))
        if tone is not None and hertz is not None:
            _write_tone(container, tone, hertz, frames / rate)
    return path


def _write_tone(container, stream, hertz: float, seconds: float) -> None:  # type: ignore[no-untyped-def]
    t = np.arange(round(seconds * 48_000)) / 48_000
    wave = np.stack([0.3 * np.sin(2 * np.pi * hertz * t)] * 2).astype(np.float32)
    for start in range(0, wave.shape[1], 960):
        part = np.ascontiguousarray(wave[:, start : start + 960])
        frame = av.AudioFrame.from_ndarray(part, "fltp", "stereo")
        frame.sample_rate, frame.pts = 48_000, start
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def frames_of(path: Path) -> list[NDArray[np.uint8]]:
    """Decode all frames of a film to RGB."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def number_of(rgb: NDArray[np.uint8]) -> int:
    """Read from a frame's middle which frame of the film it was."""
    height, width = rgb.shape[:2]
    return round((float(rgb[height // 2, width // 2].mean()) - 20) / 2)


def pitch_of(path: Path) -> float:
    """Return the strongest pitch of a film's sound, Hz."""
    sound = read_audio(path, 48_000, mono=True).samples[0]
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    return float(spectrum.argmax() * 48_000 / len(sound))
