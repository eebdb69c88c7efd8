"""Frames are drawn ahead of the encoder, in order, in a few canvases only."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing

import pytest

from backline.content.media.ahead import FRAMES_AHEAD, drawn_ahead
from backline.content.media.frame import Planes


def painting(shade: int) -> Callable[[Planes], None]:
    def draw(into: Planes) -> None:
        into.y[:] = shade

    return draw


def test_frames_come_in_order() -> None:
    """Each canvas holds its own drawing when its turn comes."""
    with closing(drawn_ahead(map(painting, range(20)))) as canvases:
        assert [int(canvas.planes.y[700, 300]) for canvas in canvases] == list(range(20))


def test_a_few_canvases_serve_all_frames() -> None:
    """A minute of film needs no more memory than a second."""
    with closing(drawn_ahead(map(painting, range(20)))) as canvases:
        assert len({id(canvas) for canvas in canvases}) <= FRAMES_AHEAD


def test_drawing_goes_on_while_a_frame_is_used() -> None:
    """The next frame is drawn before it is asked for."""
    begun = threading.Event()

    def second(into: Planes) -> None:
        begun.set()

    drawings = [painting(1), second]
    with closing(drawn_ahead(drawings)) as canvases:
        next(canvases)
        assert begun.wait(20)


def test_a_failing_drawing_is_raised_in_its_turn() -> None:
    """What came before it is whole, and nothing hangs."""

    def fail(into: Planes) -> None:
        raise ValueError("out of paint")

    seen = []
    with (
        pytest.raises(ValueError, match="out of paint"),
        closing(drawn_ahead([painting(7), fail, painting(8)])) as canvases,
    ):
        for canvas in canvases:
            seen.append(int(canvas.planes.y[0, 0]))
    assert seen == [7]


def test_stopping_early_leaves_no_thread() -> None:
    """Who closes the iterator gets the painter's thread back."""
    with closing(drawn_ahead(map(painting, range(500)))) as canvases:
        next(canvases)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("draw")]
