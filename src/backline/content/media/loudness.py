"""How loud a clip sounds, and how to make it as loud as the clips around it.

Loudness is ITU-R BS.1770 (EBU R 128): integrated LUFS, and true peak in dBTP,
the peak of the wave between the samples. Short-video services play near
-14 LUFS; a true peak above -1 dBTP may crackle after their own re-encoding.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import av
import msgspec
import numpy as np
from av.filter import Graph

from backline.content.media.audio import Audio, Samples, frames_of
from backline.content.media.sound import EncodedSound, encode_sound

TARGET_LUFS = -14.0
HIGHEST_TRUE_PEAK_DBTP = -1.0
SILENCE_LUFS = -55.0
"""Below this there is only noise, which stays as quiet as it is."""
LARGEST_GAIN_DB = 36.0
"""A demo recorded at -50 LUFS is brought up; more would bring up the recorder's hiss."""

_FIRST_CEILING_DBTP = -1.6
"""Leaves AAC room for the peaks that it moves, so that the first round is mostly the last."""
_GOOD_ENOUGH_LU = 0.5
_MOST_ROUNDS = 4
_LIMITER_RATE_HZ = 192_000
"""alimiter limits samples; at four times the rate, samples come within 0.2 dB of the true peak."""
_CHUNK_SAMPLES = 4800


class Loudness(msgspec.Struct, frozen=True):
    """What was measured; ``-inf`` for silence."""

    integrated_lufs: float
    true_peak_dbtp: float


def measure_loudness(audio: Audio) -> Loudness:
    """Measure a whole clip. Clips under 0.4 s are shorter than the gate and count as silent."""
    facts: dict[str, str] = {}
    for frame in _filtered(audio, [("ebur128", "metadata=1:peak=true")]):
        facts = frame.metadata or facts  # only whole tenths of a second carry figures
    if not facts:
        return Loudness(-math.inf, -math.inf)
    peaks = [
        float(value) for key, value in facts.items() if key.startswith("lavfi.r128.true_peaks_ch")
    ]
    integrated = float(facts["lavfi.r128.I"])
    # The gate's floor is -70 LUFS: nothing louder was heard.
    return Loudness(
        integrated if integrated > -70 else -math.inf, decibels(max(peaks, default=0.0))
    )


def normalise(audio: Audio) -> EncodedSound:
    """Bring a stereo clip to -14 LUFS by one gain, and hold what then peaks too high with a limiter.

    Lossy coding moves loudness and peaks, so it is the encoded sound that is
    listened to, and gain and ceiling are mended until it fits. The dynamics
    stay as they are but for the limited peaks; silence stays silence. Returns
    the last take, as long as the clip.
    """
    before = measure_loudness(audio)
    if before.integrated_lufs < SILENCE_LUFS:
        return encode_sound(audio)
    gain_db, ceiling_dbtp = TARGET_LUFS - before.integrated_lufs, _FIRST_CEILING_DBTP
    for _ in range(_MOST_ROUNDS):
        clip = _amplified(audio, before.true_peak_dbtp, min(gain_db, LARGEST_GAIN_DB), ceiling_dbtp)
        take = encode_sound(clip)
        heard = measure_loudness(take.heard())
        excess_db = heard.true_peak_dbtp - HIGHEST_TRUE_PEAK_DBTP
        missing_db = TARGET_LUFS - heard.integrated_lufs
        if excess_db <= 0 and (abs(missing_db) <= _GOOD_ENOUGH_LU or gain_db >= LARGEST_GAIN_DB):
            break
        ceiling_dbtp -= max(0.0, excess_db)
        gain_db += missing_db
    return take


def _amplified(audio: Audio, peak_dbtp: float, gain_db: float, ceiling_dbtp: float) -> Audio:
    louder = Audio(audio.samples * np.float32(10 ** (gain_db / 20)), audio.sample_rate_hz)
    return louder if peak_dbtp + gain_db <= ceiling_dbtp else _limit(louder, ceiling_dbtp)


def decibels(amplitude: float) -> float:
    """Turn an amplitude (1 is full scale) into dB; 0 gives ``-inf``."""
    return 20 * math.log10(amplitude) if amplitude > 0 else -math.inf


def _limit(audio: Audio, true_peak_dbtp: float) -> Audio:
    """Hold the true peak under a ceiling, looking 5 ms ahead."""
    ceiling = 10 ** ((true_peak_dbtp - 0.2) / 20)
    filters = [
        ("aresample", str(_LIMITER_RATE_HZ)),
        ("alimiter", f"limit={ceiling:.5f}:attack=5:release=60:level=false:latency=true"),
        ("aresample", str(audio.sample_rate_hz)),
        ("aformat", "sample_fmts=fltp"),
    ]
    pieces = [frame.to_ndarray() for frame in _filtered(audio, filters)]
    samples = np.concatenate(pieces, axis=1)
    return Audio(_as_long_as(samples, audio.samples.shape[1]), audio.sample_rate_hz)


def _as_long_as(samples: Samples, count: int) -> Samples:
    missing = max(0, count - samples.shape[1])
    return np.ascontiguousarray(np.pad(samples, ((0, 0), (0, missing)))[:, :count])


def _filtered(audio: Audio, filters: list[tuple[str, str]]) -> Iterator[av.AudioFrame]:
    """Push a clip through a chain of FFmpeg's filters, given as name and arguments."""
    layout = "mono" if len(audio.samples) == 1 else "stereo"
    graph = Graph()
    source = graph.add_abuffer(
        sample_rate=audio.sample_rate_hz, format="fltp", layout=layout, channels=len(audio.samples)
    )
    chain = [source, *(graph.add(name, arguments) for name, arguments in filters)]
    graph.link_nodes(*chain, graph.add("abuffersink")).configure()
    for frame in frames_of(audio, _CHUNK_SAMPLES):
        graph.push(frame)
        yield from _ready(graph)
    graph.push(None)
    yield from _ready(graph)


def _ready(graph: Graph) -> Iterator[av.AudioFrame]:
    while True:
        try:
            yield graph.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return
