"""Sound, as numbers: reading any song that people have into one array.

Songs come as mp3, m4a, flac, ogg, opus, wav, or as the sound of a video; cut
short, without a duration, with cover art posing as video. ``read_audio`` counts
what it decodes and believes no header. Positions are seconds of decoded sound,
so a position found in one reading is the same place in the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, groupby
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from backline.errors import MediaError

Samples = NDArray[np.float32]
"""float32, shape (channels, n), full scale at -1 and 1."""

LONGEST_SONG_SECONDS = 30 * 60
SHORTEST_SONG_SECONDS = 1.0
_SOUND_RATES_HZ = range(4_000, 400_001)
"""Rates outside this range are a broken header: 1 Hz would swell into hours of sound."""

_SAMPLES_AT_ONCE = 65_536

_WILDEST = 8.0
"""Full scale is 1; floats beyond this are damage, not music."""
SAFE_FORMATS = "aac,aiff,asf,avi,caf,flac,matroska,webm,mov,mp4,mp3,ogg,wav,w64,wv"
"""Containers that hold their own sound. Left out on purpose: playlists (hls, concat, dash)
make FFmpeg open other files and addresses that a caller names."""

REMEDY = "attach a song as mp3, m4a, flac, ogg, opus or wav"


@dataclass(frozen=True, slots=True, repr=False)
class Audio:
    """A stretch of sound. Prints its shape, not its samples."""

    samples: Samples
    sample_rate_hz: int

    def __post_init__(self) -> None:
        if self.samples.ndim != 2 or self.samples.dtype != np.float32:
            raise ValueError(
                f"samples are {self.samples.dtype} {self.samples.shape}, not float32 (channels, n)"
            )

    def __repr__(self) -> str:
        channels = self.samples.shape[0]
        return f"Audio({channels} x {self.duration_seconds:.3f} s at {self.sample_rate_hz} Hz)"

    @property
    def duration_seconds(self) -> float:
        return float(self.samples.shape[1] / self.sample_rate_hz)

    @property
    def mono(self) -> NDArray[np.float32]:
        """The mean of the channels, shape (n,)."""
        mean: NDArray[np.float32] = self.samples.mean(axis=0)
        return mean


def read_audio(
    path: Path,
    sample_rate_hz: int,
    *,
    mono: bool,
    start_seconds: float = 0.0,
    duration_seconds: float | None = None,
) -> Audio:
    """Decode a file's first sound stream, whole or from ``start_seconds`` for ``duration_seconds``.

    Returns one channel, or two when ``mono`` is off. What can not be decoded
    is skipped, so a song that was cut off yields the part that is there.
    Raises ``MediaError`` for a file without sound, with less than a second of
    it, or with more than half an hour, whatever its header says.
    """
    longest = LONGEST_SONG_SECONDS if duration_seconds is None else duration_seconds
    parts: list[Samples] = []
    count, wanted = 0, round(longest * sample_rate_hz)
    for part in _sound(path, sample_rate_hz, mono=mono, skip_seconds=start_seconds):
        parts.append(part)
        count += part.shape[1]
        if count > wanted:
            break
    _check_length(path, count / sample_rate_hz, is_whole=duration_seconds is None)
    samples = np.concatenate(parts, axis=1)[:, :wanted]
    return Audio(np.ascontiguousarray(samples), sample_rate_hz)


def _check_length(path: Path, seconds: float, *, is_whole: bool) -> None:
    if seconds < SHORTEST_SONG_SECONDS and is_whole:
        found = f"only {seconds:.2f} s of sound" if seconds else "no sound that can be decoded"
        raise MediaError(f"{path.name!r} holds {found}: {REMEDY}, at least one second long")
    if seconds > LONGEST_SONG_SECONDS:
        minutes = LONGEST_SONG_SECONDS // 60
        raise MediaError(
            f"{path.name!r} is longer than {minutes} minutes: cut the song out and attach that"
        )
    if seconds == 0:
        raise MediaError(f"{path.name!r} ends before the clip begins: choose an earlier clipStart")


def _sound(path: Path, rate_hz: int, *, mono: bool, skip_seconds: float) -> Iterator[Samples]:
    """Yield the resampled sound from ``skip_seconds`` on, piece by piece."""
    try:
        with _open(path) as container:
            stream = _sound_stream(path, container)
            frames = _from(_frames(container, stream), skip_seconds)
            for _, alike in groupby(frames, key=_shape):
                yield from _resampled(alike, "mono" if mono else "stereo", rate_hz)
    except (av.FFmpegError, ValueError) as trouble:
        raise MediaError(
            f"{path.name!r} does not decode as sound ({trouble}): {REMEDY}"
        ) from trouble


def _open(path: Path) -> av.container.InputContainer:
    if path.stat().st_size == 0:
        raise MediaError(f"{path.name!r} is an empty file: {REMEDY}")
    options = {"format_whitelist": SAFE_FORMATS, "protocol_whitelist": "file"}
    try:
        return av.open(str(path), metadata_errors="replace", options=options)
    except (av.FFmpegError, ValueError) as trouble:
        raise MediaError(f"{path.name!r} is not a song that can be read: {REMEDY}") from trouble


def _sound_stream(path: Path, container: av.container.InputContainer) -> av.AudioStream:
    if not container.streams.audio:
        raise MediaError(f"{path.name!r} holds no sound, only picture or data: {REMEDY}")
    stream = container.streams.audio[0]
    if stream.codec_context is None or stream.codec_context.sample_rate not in _SOUND_RATES_HZ:
        raise MediaError(f"{path.name!r} has a sound stream that can not be decoded: {REMEDY}")
    stream.thread_type = "AUTO"
    return stream


def _frames(
    container: av.container.InputContainer, stream: av.AudioStream
) -> Iterator[av.AudioFrame]:
    """Decode packet by packet: a broken packet costs its own sound, not the song."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except av.FFmpegError:
            return
        if packet is None:
            return
        try:
            yield from stream.decode(packet)
        except av.FFmpegError:
            continue


def _from(frames: Iterator[av.AudioFrame], skip_seconds: float) -> Iterator[av.AudioFrame]:
    """Drop what lies before ``skip_seconds``, to the sample, by counting (see the module's words)."""
    passed_seconds = 0.0
    for frame in frames:
        begins_seconds = passed_seconds
        passed_seconds += frame.samples / frame.sample_rate
        if passed_seconds <= skip_seconds:
            continue
        surplus = round((skip_seconds - begins_seconds) * frame.sample_rate)
        yield _without_start(frame, surplus) if surplus > 0 else frame


def _without_start(frame: av.AudioFrame, surplus: int) -> av.AudioFrame:
    channels = frame.layout.nb_channels if not frame.format.is_planar else 1
    rest = np.ascontiguousarray(frame.to_ndarray()[:, surplus * channels :])
    shorter = av.AudioFrame.from_ndarray(rest, format=frame.format.name, layout=frame.layout.name)
    shorter.sample_rate = frame.sample_rate
    return shorter


def _shape(frame: av.AudioFrame) -> tuple[str, str, int]:
    return frame.format.name, frame.layout.name, frame.sample_rate


def _resampled(frames: Iterable[av.AudioFrame], layout: str, rate_hz: int) -> Iterator[Samples]:
    """Resample frames of one shape; a damaged song may change its shape on the way."""
    resampler = av.AudioResampler("fltp", layout, rate_hz)
    for frame in chain(_longer(frames), [None]):
        for piece in resampler.resample(frame):
            yield _finite(piece)


def _longer(frames: Iterable[av.AudioFrame]) -> Iterator[av.AudioFrame]:
    """Join frames of one shape: a song has ten thousand, and each costs more to hand on than to decode."""
    row = av.AudioFifo()
    for frame in frames:
        frame.pts = None
        row.write(frame)
        if row.samples >= _SAMPLES_AT_ONCE:
            yield row.read()
    if row.samples:
        yield row.read()


def _finite(frame: av.AudioFrame) -> Samples:
    """Broken float files hold NaN and infinities, which one sum would spread over the song."""
    samples: Samples = frame.to_ndarray()
    if samples.min(initial=0.0) >= -_WILDEST and samples.max(initial=0.0) <= _WILDEST:
        return samples
    samples = np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)
    return samples.clip(-_WILDEST, _WILDEST)


def frames_of(audio: Audio, samples_per_frame: int) -> Iterator[av.AudioFrame]:
    """Cut a clip into FFmpeg's frames, stamped with their place in samples; the last may be shorter."""
    layout = "mono" if len(audio.samples) == 1 else "stereo"
    for start in range(0, audio.samples.shape[1], samples_per_frame):
        part = np.ascontiguousarray(audio.samples[:, start : start + samples_per_frame])
        frame = av.AudioFrame.from_ndarray(part, format="fltp", layout=layout)
        frame.sample_rate = audio.sample_rate_hz
        frame.pts = start
        yield frame
