"""The film itself: frames and sound go in, an mp4 that every phone plays comes out.

H.264 High in yuv420p with BT.709 tags, AAC at 48 kHz, the index in front so
that playing starts before the download ends. The bytes depend on what goes in
and on the machine, on no clock and no chance.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import cv2
import numpy as np

from backline.content.media.frame import FRAME_HEIGHT, FRAME_RATE, FRAME_WIDTH, Plane, Planes
from backline.content.media.sound import add_sound

PRESET = "veryfast"
"""The knee of the curve: superfast spends five times the bytes, faster twice the time."""
CRF = 19
_BT709 = 1
"""FFmpeg's number for BT.709 primaries, transfer and matrix; as a range, 1 is limited."""
_AVX_512 = 13
"""OpenCV's number for a processor with AVX-512 (CV_CPU_AVX_512F)."""


class FrameCanvas:
    """Memory for one frame that a scene can be drawn on and x264 reads from, without a copy between.

    x264 takes what it needs while it is being handed the frame, so one canvas
    serves many frames: fresh memory for each would cost more than drawing a caption.
    """

    def __init__(self, width: int = FRAME_WIDTH, height: int = FRAME_HEIGHT) -> None:
        self.frame = av.VideoFrame(width, height, "yuv420p")
        self.planes = Planes(*(_rows(plane) for plane in self.frame.planes))


class VideoWriter:
    """Writes one mp4. Use as a context manager; the file is whole when the block ends well."""

    def __init__(
        self,
        path: Path,
        *,
        width: int = FRAME_WIDTH,
        height: int = FRAME_HEIGHT,
        frame_rate: int = FRAME_RATE,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """``tags`` are the file's title, artist and comment."""
        self._container = av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"})
        self._container.flags |= av.container.Flags.bitexact.value
        self._container.metadata.update(tags or {})
        self._picture = add_picture(self._container, width, height, frame_rate)
        self._sound = add_sound(self._container)
        self._canvas = FrameCanvas(width, height)
        self._frames_written = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._container.mux(self._picture.encode(None))
        self._container.close()

    def write_frame(self, draw: Callable[[Planes], None]) -> None:
        """Append a frame: ``draw`` fills the encoder's own planes, all of them."""
        draw(self._canvas.planes)
        self.write_canvas(self._canvas)

    def write_canvas(self, canvas: FrameCanvas) -> None:
        """Append what was drawn on a canvas, which may be drawn on again at once."""
        canvas.frame.pts = self._frames_written
        self._frames_written += 1
        self.encode_frame(canvas.frame)

    def encode_frame(self, frame: av.VideoFrame) -> None:
        """Hand a stamped frame to the encoder."""
        self._container.mux(self._picture.encode(frame))

    def write_sound(self, packet: av.Packet) -> None:
        """Append a packet of an encoded sound."""
        packet.stream = self._sound
        self._container.mux(packet)


def add_picture(
    container: av.container.OutputContainer, width: int, height: int, frame_rate: int
) -> av.VideoStream:
    """Add the film's picture to a file that is being written: H.264 High, 8 bit, BT.709."""
    stream = container.add_stream("libx264", rate=frame_rate)
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    stream.options = _encoder_options()
    # PyAV's own choice makes x264 cut frames into slices, a third slower.
    stream.thread_type = "FRAME"
    context = stream.codec_context
    context.color_range = context.colorspace = _BT709
    context.color_primaries = context.color_trc = _BT709
    return stream


def _encoder_options() -> dict[str, str]:
    options = {"preset": PRESET, "crf": str(CRF), "profile": "high"}
    if cv2.checkHardwareSupport(_AVX_512):
        # x264's AVX-512 code reads memory that nobody wrote when it plans bits over frames to
        # come: one film in five came out with other bytes. AVX2 gives the same speed and no doubt.
        options["x264-params"] = "asm=AVX2"
    return options


def _rows(plane: av.VideoPlane) -> Plane:
    """The plane as an array over the frame's own memory, without the padding at each row's end."""
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]
