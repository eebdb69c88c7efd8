"""Putting it together: each frame drawn, captioned and encoded, the sound laid under it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Protocol

import av
import cv2
import numpy as np

from backline.content.media.ahead import drawn_ahead
from backline.content.media.audio import Audio
from backline.content.media.frame import FRAME_RATE, Planes, Scene, new_planes
from backline.content.media.reshape import reshape
from backline.content.media.sound import SOUND_RATE_HZ, EncodedSound, encode_sound
from backline.content.media.video import VideoWriter
from backline.content.shape import AS_DRAWN, Shape

FADE_OUT_FRAMES = 12
"""The picture goes dark with the last of the sound. It does not fade in: the first frame is
what a feed shows as the cover."""
_FRAMES_BEFORE_SOUND = 30
"""How far the picture runs ahead while the sound is mastered; x264 holds back more than that
anyway before it gives out its first frame."""
_BLACK_Y, _NO_COLOUR = 16, 128


class Overlay(Protocol):
    """Something that is laid over the frames, such as a caption."""

    def draw(self, index: int, into: Planes) -> None:
        """Lay over a frame what belongs on frame ``index``."""
        ...


def compose(
    path: Path,
    scene: Scene,
    overlay: Overlay | None,
    clip: Audio,
    *,
    tags: Mapping[str, str],
    on_progress: Callable[[float], None],
    master: Callable[[Audio], EncodedSound] = encode_sound,
    shape: Shape = AS_DRAWN,
    watch: Callable[[int, Planes], None] | None = None,
) -> None:
    """Write the film to ``path``: as many frames as the clip lasts, 30 a second.

    ``clip`` is stereo at 48 kHz. ``master`` makes the film's sound of it, as
    long as the clip, while the first frames are drawn. ``watch`` sees every
    frame as it is filmed, and may not keep it. ``on_progress`` is told the
    share that is done, 0 to 1, after every frame.
    """
    count = round(clip.duration_seconds * FRAME_RATE)
    frames = _drawings(scene, overlay, count, shape)
    with (
        _encoder_owns_the_cores(),
        ThreadPoolExecutor(1, thread_name_prefix="master") as mixer,
        VideoWriter(path, width=shape.width, height=shape.height, tags=tags) as video,
        closing(drawn_ahead(frames, shape.width, shape.height)) as canvases,
    ):
        sound = _Sound(mixer.submit(master, clip))
        for index, canvas in enumerate(canvases):
            if watch is not None:
                watch(index, canvas.planes)
            video.write_canvas(canvas)
            if index >= min(_FRAMES_BEFORE_SOUND, count - 1):
                sound.write_until((index + 1) / FRAME_RATE, video)
            on_progress((index + 1) / count)


class _Sound:
    """The sound goes in beside the picture: players read both from one place of the file."""

    def __init__(self, mastered: Future[EncodedSound]) -> None:
        self._packets = _once_there(mastered)
        self._next: av.Packet | None = None

    def write_until(self, seconds: float, video: VideoWriter) -> None:
        """Write all that begins before a moment; the first call waits for the sound to be there."""
        packet = self._next or next(self._packets, None)
        while packet is not None and packet.pts < seconds * SOUND_RATE_HZ:
            video.write_sound(packet)
            packet = next(self._packets, None)
        self._next = packet


def _once_there(mastered: Future[EncodedSound]) -> Iterator[av.Packet]:
    yield from mastered.result().packets


def _drawings(
    scene: Scene, overlay: Overlay | None, count: int, shape: Shape
) -> Iterator[Callable[[Planes], None]]:
    """Yield what draws each frame; one frame's memory serves all that are cut or enlarged."""
    as_drawn = (_drawing(scene, overlay, index, count) for index in range(count))
    if shape.is_as_drawn:
        return as_drawn
    whole = new_planes()
    return (_reshaped(draw, whole, shape) for draw in as_drawn)


def _reshaped(
    draw: Callable[[Planes], None], whole: Planes, shape: Shape
) -> Callable[[Planes], None]:
    def draw_reshaped(into: Planes) -> None:
        draw(whole)
        reshape(whole, shape, into)

    return draw_reshaped


def _drawing(
    scene: Scene, overlay: Overlay | None, index: int, count: int
) -> Callable[[Planes], None]:
    light = min(1.0, (count - index) / (FADE_OUT_FRAMES + 1))

    def draw(into: Planes) -> None:
        scene.draw(index, into)
        if overlay is not None:
            overlay.draw(index, into)
        if light < 1:
            _dim(into, light)

    return draw


def _dim(frame: Planes, light: float) -> None:
    for plane, rest in ((frame.y, _BLACK_Y), (frame.cb, _NO_COLOUR), (frame.cr, _NO_COLOUR)):
        shades = np.round(rest + (np.arange(256) - rest) * light).clip(0, 255).astype(np.uint8)
        plane[:] = cv2.LUT(plane, shades)


@contextmanager
def _encoder_owns_the_cores() -> Iterator[None]:
    """Keep OpenCV to one thread: x264 fills every core, and two pools only wait for each other."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)
