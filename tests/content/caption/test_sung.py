"""Captions that follow the singer: there in time, gone in time, the sung word lit, nobody's face covered."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from backline.content.caption import TimedCaption, draw_sung_lines, lines_of_clip
from backline.content.caption.sung import FADE_FRAMES, LEAD_SECONDS
from backline.content.lyrics import parse_lrc
from backline.content.media.frame import FRAME_RATE, Area, new_planes
from backline.content.media.safe_area import safe_area
from backline.content.templates import template_ids

BEDROOM = "artist-caption-bedroom"
LRC = """
[00:01.00]<00:01.00>drive <00:01.50>until <00:02.00>morning
[00:03.00]<00:03.00>no <00:03.50>one <00:04.00>knows where we are going tonight, nobody asked us
[00:06.00]
[00:08.00]<00:08.00>hold <00:08.50>on
[00:09.00]
"""


def drawn(
    by_word: bool = False, template_id: str = BEDROOM, faces: tuple[Area, ...] = ()
) -> TimedCaption:
    lines = lines_of_clip(parse_lrc(LRC), 0.0, 10.0)
    caption = draw_sung_lines(lines, template_id, faces, by_word=by_word)
    assert caption is not None
    return caption


def luma(caption: TimedCaption, seconds: float) -> NDArray[np.uint8]:
    """Draw the frame at a moment, on grey."""
    planes = new_planes()
    planes.y[:] = 120
    caption.draw(round(seconds * FRAME_RATE), planes)
    return planes.y


def is_shown(caption: TimedCaption, seconds: float) -> bool:
    return bool((luma(caption, seconds) != 120).any())


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.5, False), (1.0, True), (2.5, True), (4.0, True), (6.5, False), (8.2, True), (9.5, False)],
)
def test_a_line_is_there_while_it_is_sung(seconds: float, shown: bool) -> None:
    """Before, between and after the lines the picture is free."""
    assert is_shown(drawn(), seconds) is shown


def test_a_line_comes_and_goes_gently() -> None:
    """Over its first and last frames it gains and loses strength, step by step."""
    caption = drawn()
    first, until = caption.lines[0].first_frame, caption.lines[0].until_frame
    inks = [
        int(luma(caption, index / FRAME_RATE).max()) for index in range(first, first + FADE_FRAMES)
    ]
    outs = [
        int(luma(caption, index / FRAME_RATE).max()) for index in range(until - FADE_FRAMES, until)
    ]
    assert inks == sorted(inks)
    assert outs == sorted(outs, reverse=True)
    assert inks[0] < inks[-1] - 40


def test_a_line_is_there_before_its_first_word() -> None:
    """The eye is led by an eighth of a second."""
    assert drawn().lines[0].first_frame == round((1.0 - LEAD_SECONDS) * FRAME_RATE)


def test_one_line_is_gone_before_the_next_comes() -> None:
    """Two lines never lie on each other."""
    one, other, _ = drawn().lines
    assert one.until_frame <= other.first_frame


def test_all_lines_have_one_size_and_one_edge() -> None:
    """Nothing jumps: a short line is as large as the long one, and stands on the same base."""
    one, other, third = drawn().lines
    assert one.whole.area.bottom == other.whole.area.bottom == third.whole.area.bottom
    short, long = (line.whole.area.height for line in (third, other))
    assert one.whole.area.height == short < long


def test_the_word_that_is_sung_is_lit() -> None:
    """Pink where the singer is; white behind, dim ahead."""
    caption = drawn(by_word=True)
    planes = new_planes()
    planes.y[:] = 60
    caption.draw(round(1.8 * FRAME_RATE), planes)
    drive, until, morning = caption.lines[0].words
    ink = [
        planes.cr[word.lit.area.top // 2 : word.lit.area.bottom // 2,
                  word.lit.area.left // 2 : word.lit.area.right // 2].max()
        for word in (drive, until, morning)
    ]  # fmt: skip
    light = [
        np.quantile(planes.y[word.lit.area.top : word.lit.area.bottom, word.lit.area.left : word.lit.area.right], 0.9)
        for word in (drive, until, morning)
    ]  # fmt: skip
    assert ink[1] > ink[0] + 15
    assert ink[1] > ink[2] + 15
    assert light[0] > light[2] + 40


def test_words_lie_exactly_on_their_line() -> None:
    """When all is sung the line looks as it does without word times."""
    by_word, plain = drawn(by_word=True), drawn()
    line = by_word.lines[0]
    sung = line._replace(words=tuple(w._replace(until_frame=0, first_frame=0) for w in line.words))
    moment = 1.8
    whole = luma(TimedCaption((sung,)), moment).astype(int)
    assert np.abs(whole - luma(plain, moment)).max() < 40
    assert np.abs(whole - luma(plain, moment)).mean() < 0.05


@pytest.mark.parametrize("template_id", template_ids())
@pytest.mark.parametrize(
    "faces",
    [(), (Area(300, 600, 780, 1100),), (Area(200, 850, 900, 1300),)],
    ids=["none", "middle", "low"],
)
def test_lines_stay_in_the_safe_area_and_off_faces(
    template_id: str, faces: tuple[Area, ...]
) -> None:
    """Whatever is read lies where no app and no face is."""
    caption, area = drawn(by_word=True, template_id=template_id, faces=faces), safe_area()
    for moment in (1.8, 4.5, 8.3):
        rows, columns = np.nonzero(np.abs(luma(caption, moment).astype(int) - 120) > 70)
        assert area.left <= columns.min() < columns.max() < area.right
        assert area.top <= rows.min() < rows.max() < area.bottom
        for face in faces:
            inside = (face.left <= columns) & (columns < face.right)
            assert not (inside & (face.top <= rows) & (rows < face.bottom)).any()


def test_arabic_lights_up_from_the_right() -> None:
    """The first word sung is the rightmost one."""
    lines = lines_of_clip(parse_lrc("[00:01.00]<00:01.00>أغنية <00:02.00>جديدة"), 0.0, 5.0)
    caption = draw_sung_lines(lines, BEDROOM, by_word=True)
    assert caption is not None
    first, second = caption.lines[0].words
    assert first.lit.area.left >= second.lit.area.right - 4


def test_nothing_to_sing_is_no_caption() -> None:
    """Lines of which no font knows a letter draw nothing."""
    lines = lines_of_clip(parse_lrc("[00:01.00]\U00012000"), 0.0, 5.0)
    assert draw_sung_lines(lines, BEDROOM) is None
    assert draw_sung_lines([], BEDROOM) is None
