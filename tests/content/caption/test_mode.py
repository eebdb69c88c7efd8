"""What a song allows: asked for more than it knows, it gives the next best and says why."""

from __future__ import annotations

import pytest

from backline.content.caption import SungLine, SungWord, choose_mode
from backline.content.order import CaptionMode

PLAIN = [SungLine(text="hold on", start_seconds=1.0, end_seconds=3.0)]
BY_WORD = [
    SungLine(
        text="hold on",
        start_seconds=1.0,
        end_seconds=3.0,
        words=[SungWord(place=0, start_seconds=1.0), SungWord(place=5, start_seconds=1.5)],
    )
]


@pytest.mark.parametrize(
    ("wanted", "lines"), [("still", []), ("still", BY_WORD), ("lines", PLAIN), ("karaoke", BY_WORD)]
)
def test_what_can_be_done_is_done(wanted: CaptionMode, lines: list[SungLine]) -> None:
    """No reason is given where none is needed."""
    assert choose_mode(wanted, lines, is_caption_given=False) == (wanted, "")


@pytest.mark.parametrize(
    ("wanted", "lines", "given", "mode", "reason"),
    [
        ("lines", [], False, "still", "attach its lyrics as .lrc"),
        ("karaoke", [], False, "still", "attach its lyrics as .lrc"),
        ("karaoke", PLAIN, False, "lines", "enhanced .lrc"),
        ("lines", PLAIN, True, "still", "leave caption out"),
        ("karaoke", BY_WORD, True, "still", "leave caption out"),
    ],
)
def test_what_can_not_be_done_becomes_the_next_best_and_says_so(
    wanted: CaptionMode, lines: list[SungLine], given: bool, mode: CaptionMode, reason: str
) -> None:
    """One sentence with the reason and a way out."""
    chosen = choose_mode(wanted, lines, is_caption_given=given)
    assert chosen.mode == mode
    assert reason in chosen.left_out
