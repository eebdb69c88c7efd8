"""Writes an edited film: H.264 and AAC in mp4 or mov, VP9 and Opus in webm."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np

from backline.content.edit.film import Film
from backline.content.media.audio import frames_of
from backline.content.media.frame import Planes
from backline.content.media.sound import SOUND_BITS_PER_SECOND, SOUND_RATE_HZ
from backline.content.media.video import FrameCanvas, add_picture
from backline.errors import MediaError
from backline.wire.editing import LONGEST_FILM_SECONDS, OutputFormat

MIME_TYPES: dict[OutputFormat, str] = {
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "webm": "video/webm",
}
_SOUND_FRAME_SAMPLES = 960
"""20 ms: a frame of Opus; AAC takes any length."""
_BT709 = 1
"""FFmpeg's number for BT.709 primaries, transfer and matrix; as a range, 1 is limited."""
_VP9 = {"deadline": "realtime", "cpu-used": "7", "crf": "30", "b": "0", "row-mt": "1"}


def write_film(
    film: Film, path: Path, output_format: OutputFormat, on_progress: Callable[[float], None]
) -> float:
    """Write a film and return how many seconds it lasts; sound beyond its last frame is left out.

    Raises ``MediaError`` for one without frames or longer than five minutes.
    """
    options = {} if output_format == "webm" else {"movflags": "+faststart"}
    with av.open(str(path), "w", format=output_format, options=options) as container:
        container.flags |= av.container.Flags.bitexact.value
        picture = _picture(container, film, output_format)
        sound = None if film.sound is None else _sound(container, output_format)
        waiting = iter(()) if film.sound is None else frames_of(film.sound, _SOUND_FRAME_SAMPLES)
        canvas, count = FrameCanvas(film.width, film.height), 0
        for planes in _bounded(film):
            _copy(planes, canvas.planes)
            canvas.frame.pts = count
            container.mux(picture.encode(canvas.frame))
            count += 1
            if sound is not None:
                _write_until(container, sound, waiting, count * SOUND_RATE_HZ // film.frame_rate)
            on_progress(min(1.0, count / film.frame_rate / film.duration_seconds))
        if not count:
            raise MediaError(f"{film.name!r} has no frames left: keep a longer part")
        for stream in (picture, sound):
            container.mux(stream.encode(None) if stream is not None else [])
    return count / film.frame_rate


def _bounded(film: Film) -> Iterator[Planes]:
    most = LONGEST_FILM_SECONDS * film.frame_rate
    for number, planes in enumerate(film.frames()):
        if number >= most:
            raise MediaError(
                f"{film.name!r} lasts longer than {LONGEST_FILM_SECONDS // 60} minutes: "
                "choose a part of it with trim"
            )
        yield planes


def _picture(
    container: av.container.OutputContainer, film: Film, output_format: OutputFormat
) -> av.VideoStream:
    if output_format != "webm":
        return add_picture(container, film.width, film.height, film.frame_rate)
    stream = container.add_stream("libvpx-vp9", rate=film.frame_rate)
    stream.width, stream.height, stream.pix_fmt = film.width, film.height, "yuv420p"
    stream.options = dict(_VP9)
    context = stream.codec_context
    context.color_range = context.colorspace = _BT709
    context.color_primaries = context.color_trc = _BT709
    return stream


def _sound(container: av.container.OutputContainer, output_format: OutputFormat) -> av.AudioStream:
    codec = "libopus" if output_format == "webm" else "aac"
    stream = container.add_stream(codec, rate=SOUND_RATE_HZ, layout="stereo")
    stream.bit_rate = SOUND_BITS_PER_SECOND
    return stream


def _write_until(
    container: av.container.OutputContainer,
    stream: av.AudioStream,
    waiting: Iterator[av.AudioFrame],
    until_samples: int,
) -> None:
    """Write the sound that is heard before a moment, so that both streams lie side by side."""
    while True:
        frame = next(waiting, None)
        if frame is None:
            return
        container.mux(stream.encode(frame))
        if frame.pts + frame.samples >= until_samples:
            return


def _copy(planes: Planes, into: Planes) -> None:
    for plane, target in zip(planes, into, strict=True):
        np.copyto(target, plane)
