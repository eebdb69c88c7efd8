"""A film as a value: its size, its pace, its frames when they are asked for, its sound.

An operation takes a film and returns another; nothing is decoded until the
last one is written, frame by frame. Frames come at an even pace whatever the
file's own timing, upright however the camera was held, in BT.709.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from backline.content.media.audio import SAFE_FORMATS, Audio, read_audio
from backline.content.media.frame import Planes
from backline.content.media.sound import SOUND_RATE_HZ
from backline.errors import MediaError

Frames = Callable[[], Iterator[Planes]]

REMEDY = "send a film as mp4, mov or webm"
SLOWEST_RATE, USUAL_RATE, FASTEST_RATE = 5, 30, 60
"""Frames a second: a header that says less or more is a slide show, or wrong."""
SMALLEST_SIDE, LARGEST_SIDE = 16, 4096
LONGEST_SOURCE_SECONDS = 30 * 60
_BT601, _BT709 = 5, 1
"""swscale's numbers; SD is taken for the one and HD for the other when the file does not say."""
_HD_ROWS = 720


@dataclass(frozen=True, kw_only=True, repr=False)
class Film:
    """Moving pictures with sound. Prints its shape."""

    name: str
    """Of its file, for messages."""
    width: int
    """Pixels, even; so is the height."""
    height: int
    frame_rate: int
    """Frames a second, evenly."""
    duration_seconds: float
    """As its header says; how long it really is, its frames tell."""
    frames: Frames
    sound: Audio | None
    """Stereo at 48 kHz; None for a silent film."""

    def __repr__(self) -> str:
        sound = "with sound" if self.sound else "silent"
        return (
            f"Film({self.name!r}, {self.width}x{self.height} at {self.frame_rate}/s, "
            f"{self.duration_seconds:.2f} s, {sound})"
        )


def read_film(path: Path) -> Film:
    """Open a film. Raises ``MediaError``, naming the file, for what is none or is beyond the limits."""
    with _open(path) as container:
        if not container.streams.video:
            raise MediaError(f"{path.name!r} holds no moving picture: {REMEDY}")
        stream = container.streams.video[0]
        first = next(_decoded(container), None)
        if first is None:
            raise MediaError(f"{path.name!r} has a picture that can not be decoded: {REMEDY}")
        rate = _rate(stream.average_rate)
        seconds = container.duration / av.time_base if container.duration else 0.0
        has_sound = bool(container.streams.audio)
    planes = _upright(path.name, first)
    height, width = planes.y.shape
    return Film(
        name=path.name,
        width=width,
        height=height,
        frame_rate=rate,
        duration_seconds=min(max(seconds, 1 / rate), LONGEST_SOURCE_SECONDS),
        frames=lambda: _even_frames(path, rate, (height, width)),
        sound=_sound(path) if has_sound else None,
    )


def _open(path: Path) -> av.container.InputContainer:
    if path.stat().st_size == 0:
        raise MediaError(f"{path.name!r} is an empty file: {REMEDY}")
    options = {"format_whitelist": SAFE_FORMATS, "protocol_whitelist": "file"}
    try:
        return av.open(str(path), metadata_errors="replace", options=options)
    except (av.FFmpegError, ValueError) as trouble:
        raise MediaError(f"{path.name!r} is not a film that can be read: {REMEDY}") from trouble


def _rate(said: Fraction | None) -> int:
    if not said or not SLOWEST_RATE <= said <= 4 * FASTEST_RATE:
        return USUAL_RATE
    return min(round(said), FASTEST_RATE)


def _decoded(container: av.container.InputContainer) -> Iterator[av.VideoFrame]:
    """Decode packet by packet: a broken one costs its own frames, not the film."""
    stream = container.streams.video[0]
    stream.thread_type = "AUTO"
    context = stream.codec_context
    if context is None or max(context.width, context.height) > LARGEST_SIDE:
        return
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
            if packet is None:
                return
            frames = stream.decode(packet)
        except (av.FFmpegError, ValueError):
            continue
        yield from frames


def _even_frames(path: Path, rate: int, shape: tuple[int, int]) -> Iterator[Planes]:
    """Yield frames at an even pace: each stands until the next one's time has come."""
    shown: Planes | None = None
    given, last_seconds, begins_seconds = 0, 0.0, None
    with _open(path) as container:
        for frame in _decoded(container):
            seconds = frame.time
            begins_seconds = seconds if begins_seconds is None else begins_seconds
            passed = None if seconds is None or begins_seconds is None else seconds - begins_seconds
            # Times that go back, or are missing, follow the frame before.
            now = last_seconds + 1 / rate if passed is None or passed < last_seconds else passed
            if now > LONGEST_SOURCE_SECONDS:
                raise _too_long(path.name)
            last_seconds = now
            while shown is not None and given < round(now * rate):
                yield shown
                given += 1
            planes = _upright(path.name, frame)
            shown = planes if planes.y.shape == shape or shown is None else shown
        if shown is not None:
            yield shown


def _too_long(name: str) -> MediaError:
    minutes = LONGEST_SOURCE_SECONDS // 60
    return MediaError(f"{name!r} lasts longer than {minutes} minutes: cut it and send a part")


def _upright(name: str, frame: av.VideoFrame) -> Planes:
    """Convert a frame to even planes in BT.709, turned as the camera was held."""
    if min(frame.width, frame.height) < SMALLEST_SIDE:
        raise MediaError(
            f"{name!r} is {frame.width}x{frame.height} pixels: send {SMALLEST_SIDE} a side or more"
        )
    said = int(frame.colorspace)
    known = said if said in (1, 4, 5, 6, 7) else _BT709 if frame.height >= _HD_ROWS else _BT601
    plain = frame.reformat(
        width=frame.width & ~1,
        height=frame.height & ~1,
        format="yuv420p",
        src_colorspace=known,
        dst_colorspace=_BT709,
        dst_color_range=1,
    )
    turns = round(frame.rotation / 90) % 4
    return Planes(*(np.ascontiguousarray(np.rot90(_rows(plane), turns)) for plane in plain.planes))


def _rows(plane: av.VideoPlane) -> np.ndarray:
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]


def _sound(path: Path) -> Audio | None:
    """Read the sound; a film whose sound can not be used is a silent one."""
    try:
        return read_audio(path, SOUND_RATE_HZ, mono=False)
    except MediaError:
        return None
