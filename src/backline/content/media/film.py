"""A film that somebody else made, as a scene: cut to the frame's shape, at our rate, over again when it is short.

It is decoded as it is drawn, frame by frame; only its first moments are kept,
for the soft change from its end back to its beginning.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import av
import cv2
import numpy as np

from backline.content.media.colour import to_rgb
from backline.content.media.face import find_faces
from backline.content.media.frame import (
    FRAME_HEIGHT,
    FRAME_RATE,
    FRAME_WIDTH,
    Area,
    Plane,
    Planes,
    new_planes,
)
from backline.errors import MediaError

LONGEST_SECONDS = 90.0
LARGEST_SIDE = 4096
SHORTEST_FRAMES = 15
FADE_FRAMES = 15
"""How long the end of a film and its next beginning lie over each other."""
_HAIR, _AIR = 0.30, 0.10
"""Around a face, in its own height: heads move in films."""


class Film:
    """A film as a scene. Frames are quick in order; going back decodes from the start."""

    def __init__(self, path: Path) -> None:
        """Raises ``MediaError`` naming the file when it holds no film that can be used."""
        self._path = path
        self.frame_count = _count(path)
        """At 30 frames a second."""
        self._fade = min(FADE_FRAMES, self.frame_count // 4)
        self._ticks = _ticks(path)
        self._place, self._now = -1, new_planes()

    @cached_property
    def faces(self) -> tuple[Area, ...]:
        """The parts of the frame where faces are at the beginning, with room to move."""
        found = find_faces(to_rgb(self._at(0)))
        return tuple(_area(face.box) for face in found)

    @cached_property
    def _opening(self) -> list[Planes]:
        """The first moments, which the end fades into."""
        ticks = _ticks(self._path)
        return [_copied(next(ticks)) for _ in range(self._fade)]

    def draw(self, index: int, into: Planes) -> None:
        """Draw frame ``index`` of the clip over all of ``into``."""
        turn = self.frame_count - self._fade
        place = index % turn
        if index < turn or place >= self._fade:
            _copy(self._at(place), into)
            return
        share = (place + 1) / (self._fade + 1)
        ending = self._at(turn + place)
        for old, new, plane in zip(ending, self._opening[place], into, strict=True):
            cv2.addWeighted(old, 1 - share, new, share, 0, dst=plane)

    def _at(self, place: int) -> Planes:
        if place < self._place:
            self._ticks, self._place = _ticks(self._path), -1
        while self._place < place:
            # A file that is cut short between counting and drawing stands still at its end.
            self._now = next(self._ticks, self._now)
            self._place += 1
        return self._now


def _count(path: Path) -> int:
    """Decode all of a film once: what can not be drawn is known before anything is."""
    count = sum(1 for _ in _shown(path))
    if count < SHORTEST_FRAMES:
        raise MediaError(f"{path.name!r} holds {count} frames of film: it is damaged or too short")
    return count


def _ticks(path: Path) -> Iterator[Planes]:
    """Yield the film as it is seen at each thirtieth of a second, cut to the frame."""
    return map(_framed, _shown(path))


def _shown(path: Path) -> Iterator[av.VideoFrame]:
    """Yield the frame that is seen at each thirtieth of a second."""
    tick = 0
    shown: av.VideoFrame | None = None
    for frame in _frames(path):
        seconds = frame.time or 0.0
        while shown is not None and (tick + 0.5) / FRAME_RATE < seconds:
            yield shown
            tick += 1
            if tick > LONGEST_SECONDS * FRAME_RATE:
                raise MediaError(f"{path.name!r} is longer than {LONGEST_SECONDS:g} seconds")
        shown = frame
    if shown is not None:
        yield shown


def _frames(path: Path) -> Iterator[av.VideoFrame]:
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise MediaError(f"{path.name!r} holds no film")
            stream = container.streams.video[0]
            if max(stream.width, stream.height) > LARGEST_SIDE:
                raise MediaError(
                    f"{path.name!r} is {stream.width}x{stream.height}; {LARGEST_SIDE} a side at most"
                )
            stream.thread_type = "AUTO"
            yield from container.decode(stream)
    except (av.error.FFmpegError, ValueError) as damage:
        raise MediaError(f"{path.name!r} is no film that can be played: {damage}") from None


def _framed(frame: av.VideoFrame) -> Planes:
    """Return a frame's planes, covering 1080x1920 around its middle."""
    factor = max(FRAME_WIDTH / frame.width, FRAME_HEIGHT / frame.height)
    width = max(FRAME_WIDTH, 2 * math.ceil(frame.width * factor / 2))
    height = max(FRAME_HEIGHT, 2 * math.ceil(frame.height * factor / 2))
    fitted = frame.reformat(width, height, "yuv420p", dst_colorspace="ITU709")
    left, top = (width - FRAME_WIDTH) // 4 * 2, (height - FRAME_HEIGHT) // 4 * 2
    cut = []
    for plane, shrink in zip(fitted.planes, (1, 2, 2), strict=True):
        rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
        cut.append(
            rows[
                top // shrink : (top + FRAME_HEIGHT) // shrink,
                left // shrink : (left + FRAME_WIDTH) // shrink,
            ]
        )
    return Planes(*cut)


def _area(box: tuple[float, float, float, float]) -> Area:
    left, top, right, bottom = box
    tall = bottom - top
    return Area(
        round(left - _AIR * tall),
        round(top - _HAIR * tall),
        round(right + _AIR * tall),
        round(bottom + _AIR * tall),
    )


def _copy(source: Planes, into: Planes) -> None:
    for plane, target in zip(source, into, strict=True):
        target[:] = plane


def _copied(planes: Planes) -> Planes:
    copies: list[Plane] = [plane.copy() for plane in planes]
    return Planes(*copies)
