"""The clip's sound: cut out of its song, and faded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from backline.content.media.audio import Audio, read_audio
from backline.content.media.frame import FRAME_RATE
from backline.content.media.sound import SOUND_RATE_HZ

FADE_IN_SECONDS = 0.03
"""Long enough not to click when a song is cut in mid-phrase, too short to be noticed."""
FADE_OUT_SECONDS = 0.8
_QUIETEST_DB = -30.0


def clip_frames(duration_seconds: float) -> int:
    """Return how many frames of video a clip lasts; at least one."""
    return max(1, round(duration_seconds * FRAME_RATE))


def cut_clip(path: Path, start_seconds: float, duration_seconds: float) -> Audio:
    """Cut a clip out of a song, faded: stereo, 48 kHz, a whole number of video frames long.

    Raises ``MediaError``.
    """
    clip = read_audio(
        path,
        SOUND_RATE_HZ,
        mono=False,
        start_seconds=start_seconds,
        duration_seconds=duration_seconds,
    )
    count = clip_frames(duration_seconds) * SOUND_RATE_HZ // FRAME_RATE
    missing = max(0, count - clip.samples.shape[1])
    samples = np.pad(clip.samples, ((0, 0), (0, missing)))[:, :count]
    return Audio((samples * _fades(count)).astype(np.float32), SOUND_RATE_HZ)


def energy_per_frame(audio: Audio) -> list[float]:
    """Return how loud each frame of video is: 0 at 30 dB under the loudest, 1 at the loudest."""
    per_frame = audio.sample_rate_hz // FRAME_RATE
    frames = audio.mono[: len(audio.mono) // per_frame * per_frame].reshape(-1, per_frame)
    rms = np.sqrt((frames.astype(np.float64) ** 2).mean(axis=1))
    relative_db = 20 * np.log10(np.maximum(rms, 1e-9) / max(float(rms.max()), 1e-6))
    return [round(float(value), 3) for value in np.clip(1 - relative_db / _QUIETEST_DB, 0, 1)]


def _fades(count: int) -> NDArray[np.float64]:
    """Equal-power fades: a quarter of a sine in, a quarter of a cosine out."""
    gain = np.ones(count)
    rise = min(count // 2, round(FADE_IN_SECONDS * SOUND_RATE_HZ))
    fall = min(count // 2, round(FADE_OUT_SECONDS * SOUND_RATE_HZ))
    gain[:rise] = np.sin(np.linspace(0, np.pi / 2, rise, endpoint=False))
    gain[count - fall :] *= np.cos(np.linspace(0, np.pi / 2, fall))
    return gain
