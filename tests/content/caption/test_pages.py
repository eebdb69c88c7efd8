"""Long captions beside a face: page by page, every word, at a readable pace."""

from __future__ import annotations

import numpy as np
import pytest

from backline.content.caption import TimedCaption, draw_readable, write_caption
from backline.content.caption.pages import pages_of
from backline.content.caption.words import CaptionRequest
from backline.content.media.frame import FRAME_RATE, Area, new_planes
from backline.content.media.overlay import Overlay
from backline.content.templates import template_ids

FACE = (Area(300, 410, 780, 1000),)
BEDROOM = "artist-caption-bedroom"


def long_caption(template_id: str, seed: int = 1) -> str:
    return write_caption(
        CaptionRequest(template_id=template_id, length="long", song_title="Night Drive", seed=seed)
    )


def test_pages_hold_every_word_in_order() -> None:
    """Nothing is lost and nothing is said twice."""
    words = long_caption(BEDROOM).split()
    for count in range(2, 7):
        assert " ".join(pages_of(words, count)).split() == words


def test_pages_end_with_sentences_where_they_can() -> None:
    """A break moves a little to come after a full stop."""
    words = ["one", "two", "three", "four.", "five", "six", "seven", "eight", "nine"]
    assert pages_of(words, 2) == ["one two three four.", "five six seven eight nine"]


def test_pages_are_about_even() -> None:
    """None is twice as long as another."""
    lengths = [len(page) for page in pages_of(["word"] * 60, 4)]
    assert max(lengths) < 1.3 * min(lengths)


@pytest.mark.parametrize("template_id", template_ids())
@pytest.mark.parametrize("seed", range(3))
def test_a_long_caption_beside_a_face_is_not_cut(template_id: str, seed: int) -> None:
    """Eighty words in fifteen seconds are shown to the last, one page after another, off the face."""
    caption = draw_readable(long_caption(template_id, seed), template_id, FACE, 15.0)
    if isinstance(caption, Overlay):
        assert not caption.is_cut
        return
    assert isinstance(caption, TimedCaption)
    assert not any(line.whole.is_cut for line in caption.lines)
    assert all(line.until_frame - line.first_frame > FRAME_RATE for line in caption.lines)
    for line in caption.lines:
        planes = new_planes()
        planes.y[:] = 120
        caption.draw((line.first_frame + line.until_frame) // 2, planes)
        shown = planes.y[FACE[0].top : FACE[0].bottom, FACE[0].left : FACE[0].right].astype(int)
        assert np.abs(shown - 120).max() < 60


def test_the_first_page_is_on_the_first_frame() -> None:
    """The cover of a feed has a caption."""
    caption = draw_readable(long_caption(BEDROOM), BEDROOM, FACE, 15.0)
    assert isinstance(caption, TimedCaption)
    planes = new_planes()
    caption.draw(0, planes)
    assert planes.y.max() > 200


@pytest.mark.parametrize("text", ["hi", "don’t look back", "", "夜明けまで"])
def test_what_fits_stands_still(text: str) -> None:
    """A short caption is one page for the whole clip."""
    assert not isinstance(draw_readable(text, BEDROOM, FACE, 15.0), TimedCaption)


@pytest.mark.parametrize("text", ["word " * 400, "a" * 3000, "夜" * 900])
def test_what_nobody_could_read_in_time_is_cut(text: str) -> None:
    """A novel, and an endless word, end in an ellipsis."""
    caption = draw_readable(text, BEDROOM, FACE, 15.0)
    assert isinstance(caption, Overlay)
    assert caption.is_cut
