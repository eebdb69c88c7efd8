"""Draws the next frames of a film while the encoder is busy with the last one.

Drawing and encoding take turns otherwise, and each leaves a core idle while it
waits for the other. One thread draws, in order, so a scene that keeps a pose
from frame to frame is none the wiser, and the film is the same to the byte.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from backline.content.media.frame import FRAME_HEIGHT, FRAME_WIDTH, Planes
from backline.content.media.video import FrameCanvas

FRAMES_AHEAD = 4
"""Enough to ride out a frame that is slow to encode; each is 3 MB."""


def drawn_ahead(
    drawings: Iterable[Callable[[Planes], None]],
    width: int = FRAME_WIDTH,
    height: int = FRAME_HEIGHT,
) -> Generator[FrameCanvas, None, None]:
    """Yield each drawing on a canvas, which is drawn on again as soon as the next one is asked for.

    What a drawing raises is raised here, in its turn. Close the iterator to
    stop early.
    """
    free = deque(FrameCanvas(width, height) for _ in range(FRAMES_AHEAD))
    pending: deque[Future[FrameCanvas]] = deque()
    rest = iter(drawings)
    with ThreadPoolExecutor(1, thread_name_prefix="draw") as painter:
        try:
            while _begin_more(painter, rest, free, pending):
                canvas = pending.popleft().result()
                yield canvas
                free.append(canvas)
        finally:
            painter.shutdown(cancel_futures=True)


def _begin_more(
    painter: ThreadPoolExecutor,
    rest: Iterator[Callable[[Planes], None]],
    free: deque[FrameCanvas],
    pending: deque[Future[FrameCanvas]],
) -> bool:
    """Give every free canvas to the painter; tell whether any frame is to come."""
    while free and (drawing := next(rest, None)) is not None:
        pending.append(painter.submit(_drawn, drawing, free.popleft()))
    return bool(pending)


def _drawn(drawing: Callable[[Planes], None], canvas: FrameCanvas) -> FrameCanvas:
    drawing(canvas.planes)
    return canvas
