"""What listening finds in a song's sound alone: its length, its pulse, the strength of bands and notes.

It hangs on the sound and on how we listen, on nothing that anybody orders, so
it is the same for every video of a song and is kept (``kept_analysis.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib import import_module
from pathlib import Path

import numpy as np

from backline.content.harmony import pitch_classes
from backline.content.media.audio import read_audio
from backline.content.rhythm import Rhythm, find_rhythm
from backline.content.spectrum import RATE_HZ, Array, log_mel

_SILENCE_BELOW_PEAK_DB = 45.0
"""A moment this far under the song's loudest is silence at its ends, or a fade's last breath."""
_FAINTEST_RMS = 10 ** (-75 / 20)
_LISTENERS = ("analysis", "harmony", "media.audio", "rhythm", "spectrum")
"""The modules that decide what is found."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Analysis:
    """What was found in a song's sound."""

    duration_from_frames_seconds: float
    sounds_from_seconds: float
    """Where the silence at the beginning ends."""
    sounds_until_seconds: float
    rhythm: Rhythm
    mel: Array
    """Strength of 40 bands in dB, float32 (frames, 40), 43 frames a second."""
    notes: Array
    """Strength of the twelve pitch classes, float32 (frames, 12), 5.4 frames a second."""

    def __repr__(self) -> str:
        return f"Analysis({self.duration_from_frames_seconds:.1f} s, {self.rhythm.tempo_bpm} bpm)"


def analyse(path: Path) -> Analysis:
    """Decode a song and hear it: about a second for one of four minutes.

    Raises ``MediaError`` naming the file when it holds no usable sound.
    """
    audio = read_audio(path, RATE_HZ, mono=True)
    mono = audio.samples[0]
    mel = log_mel(mono)
    first, last = _sounding(mono)
    return Analysis(
        duration_from_frames_seconds=audio.duration_seconds,
        sounds_from_seconds=first,
        sounds_until_seconds=last,
        rhythm=find_rhythm(mel),
        mel=mel,
        notes=pitch_classes(mono),
    )


@cache
def analysis_version() -> str:
    """Return what names this way of listening: a hash of the code that does it, and of NumPy's version.

    A change of that code is a new version by itself; nobody has to remember a number.
    """
    digest = sha256(np.__version__.encode())
    for name in _LISTENERS:
        origin = import_module(f"backline.content.{name}").__file__
        digest.update(Path(origin or "").read_bytes() if origin else b"")
    return digest.hexdigest()[:16]


def _sounding(mono: Array) -> tuple[float, float]:
    """Where sound begins and ends, in seconds; all of a song that is silent throughout."""
    hop = RATE_HZ // 20
    padded = np.pad(mono, (0, -len(mono) % hop)).reshape(-1, hop)
    rms = np.sqrt(np.einsum("ij,ij->i", padded, padded) / hop)
    loudest = float(rms.max())
    heard = np.flatnonzero(rms > loudest * 10 ** (-_SILENCE_BELOW_PEAK_DB / 20))
    if loudest < _FAINTEST_RMS:
        return 0.0, len(mono) / RATE_HZ
    return float(heard[0] * hop / RATE_HZ), float(min((heard[-1] + 1) * hop, len(mono)) / RATE_HZ)
