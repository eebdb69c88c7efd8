"""What is kept of a film beside it: one frame as its poster, and three seconds that move as its preview."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2
import numpy as np

from backline.content.media.colour import to_rgb
from backline.content.media.frame import FRAME_RATE, Planes
from backline.content.media.picture import Rgb, write_jpeg
from backline.content.media.preview import write_preview
from backline.content.motion import Beat

POSTER_QUALITY = 90
PREVIEW_SECONDS, PREVIEW_RATE = 3.0, 10
"""Ten frames a second: small, and quick enough to show that it moves."""
PREVIEW_WIDTH = 270
_EARLIEST_SECONDS, _LATEST_SECONDS = 0.5, 4.0


def poster_index(beats: Sequence[Beat], count: int) -> int:
    """Return the frame that stands for a film of ``count`` frames: an early downbeat, when its light is up."""
    early = [
        beat.seconds
        for beat in beats
        if beat.is_downbeat and _EARLIEST_SECONDS <= beat.seconds <= _LATEST_SECONDS
    ]
    return min(count - 1, round((early[0] if early else 1.0) * FRAME_RATE) + 1)


class Keepsakes:
    """Watches a film being made and writes poster and preview while the rest of it is encoded.

    Use as a context manager: the files are there when the block ends well.
    """

    def __init__(self, poster: Path, preview: Path, index: int, count: int) -> None:
        """``index`` is the poster's frame, with which the preview begins if the film is long enough."""
        self._poster, self._preview, self._index = poster, preview, index
        length = round(PREVIEW_SECONDS * FRAME_RATE)
        start = max(0, min(index, count - length))
        self._wanted = range(start, min(count, start + length), FRAME_RATE // PREVIEW_RATE)
        self._frames: list[Rgb] = []
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="keepsakes")
        self._pending: list[Future[None]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._writer.shutdown(cancel_futures=kind is not None)
        if kind is None:
            for done in self._pending:
                done.result()

    def see(self, index: int, frame: Planes) -> None:
        """Look at a finished frame; those that are wanted are copied."""
        if index == self._index:
            rgb = to_rgb(frame)
            self._pending.append(self._writer.submit(write_jpeg, rgb, self._poster, POSTER_QUALITY))
        if index in self._wanted:
            self._frames.append(_small(frame))
            if index == self._wanted[-1]:
                self._pending.append(
                    self._writer.submit(write_preview, self._frames, self._preview, PREVIEW_RATE)
                )


def _small(frame: Planes) -> Rgb:
    """Return a frame 270 pixels wide."""
    height, width = frame.y.shape
    rows = round(height * PREVIEW_WIDTH / width / 4) * 4
    size = (PREVIEW_WIDTH & ~1, rows)
    half = (size[0] // 2, size[1] // 2)
    y, cb, cr = (
        np.asarray(cv2.resize(plane, to, interpolation=cv2.INTER_AREA), np.uint8)
        for plane, to in zip(frame, (size, half, half), strict=True)
    )
    return to_rgb(Planes(y, cb, cr))
