"""Putting it together: each frame drawn, captioned and encoded, the sound laid under it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from backline.content.media.ahead import drawn_ahead
from backline.content.media.audio import Audio, frames_of
from backline.content.media.frame import FRAME_RATE, Planes, Scene
from backline.content.media.video import AAC_FRAME_SAMPLES, VideoWriter

FADE_OUT_FRAMES = 12
"""The picture goes dark with the last of the sound. It does not fade in: the first frame is
what a feed shows as the cover."""
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
    sound: Audio,
    *,
    tags: Mapping[str, str],
    on_progress: Callable[[float], None],
) -> None:
    """Write the film to ``path``: as many frames as the sound lasts, 30 a second.

    ``sound`` is stereo at 48 kHz. ``on_progress`` is told the share that is
    done, 0 to 1, after every frame.
    """
    count = round(sound.duration_seconds * FRAME_RATE)
    pending = frames_of(sound, AAC_FRAME_SAMPLES)
    waiting = next(pending, None)
    frames = (_drawing(scene, overlay, index, count) for index in range(count))
    with (
        _encoder_owns_the_cores(),
        VideoWriter(path, tags=tags) as video,
        closing(drawn_ahead(frames)) as canvases,
    ):
        for index, canvas in enumerate(canvases):
            video.write_canvas(canvas)
            # Sound goes in beside the picture: players read both from one place of the file.
            while (
                waiting is not None
                and waiting.pts < (index + 1) * sound.sample_rate_hz / FRAME_RATE
            ):
                video.write_sound(waiting)
                waiting = next(pending, None)
            on_progress((index + 1) / count)


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
