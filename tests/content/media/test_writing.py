"""Text in any script: which pieces hold together, which way they run, where lines may break."""

from __future__ import annotations

import pytest

from backline.content.media.bidi import bidi_levels, visual_order
from backline.content.media.graphemes import clusters
from backline.content.media.lines import Paragraph, words_of
from backline.content.media.shaping import Piece, pieces_of, shape_line

WEIGHT = 600


def seen(text: str) -> str:
    """Return text as it is seen from left to right, brackets mirrored where they are drawn mirrored."""
    runs = [(level, char) for char, level in zip(text, bidi_levels(text), strict=True)]
    mirror = str.maketrans("()[]", ")(][")
    return "".join(c.translate(mirror) if level % 2 else c for level, c in visual_order(runs))


def width(pieces: list[Piece]) -> float:
    return shape_line(list(pieces)).width


def broken(text: str, limit: float) -> list[str]:
    paragraph = Paragraph(pieces_of(text, WEIGHT)[0], width)
    return ["".join(piece.text for piece in line) for line in paragraph.lines(limit)]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("e\u0301a", 2),
        ("👩‍👩‍👧‍👦", 1),
        ("🇩🇪🇫🇷", 2),
        ("👍🏽!", 2),
        ("❤️‍🔥", 1),
        ("1️⃣", 1),
        ("क्षि", 1),
        ("กำ", 1),
    ],
)
def test_clusters_hold_what_belongs_together(text: str, count: int) -> None:
    """Accents, families, flags, skin tones and conjuncts are one piece each."""
    assert len(clusters(text)) == count
    assert "".join(clusters(text)) == text


@pytest.mark.parametrize(
    ("text", "visual"),
    [
        ("abc", "abc"),
        ("אבג", "גבא"),
        ("שיר חדש (live)", "(live) שדח ריש"),
        ("שיר (חי) now", "now (יח) ריש"),
        ("song (חי) now", "song (יח) now"),
        ("אבג 2026 דה", "הד 2026 גבא"),
        ("a [אב] b", "a [בא] b"),
    ],
)
def test_brackets_and_numbers_stand_right_in_mixed_text(text: str, visual: str) -> None:
    """ "(live)" keeps its two brackets on its two sides, whichever way the sentence runs."""
    assert seen(text) == visual


def test_lines_are_even() -> None:
    """No line holds one forgotten word."""
    lines = broken("one two three four five six seven eight nine ten", 12)
    widths = [width(pieces_of(line, WEIGHT)[0]) for line in lines]
    assert len(lines) > 1
    assert min(widths) > 0.7 * max(widths)


def test_japanese_never_begins_a_line_with_a_full_stop() -> None:
    """Kinsoku: punctuation stays with the character before it."""
    text = "夜明けまで君を待っていた。電話は、鳴らなかった。「それでも」いい。"
    for limit in range(4, 16):
        lines = broken(text, float(limit))
        assert "".join(lines) == text
        assert not any(line[0] in "。、」" for line in lines)
        assert not any(line[-1] == "「" for line in lines)


@pytest.mark.parametrize("text", ["a" * 90, "เพลงนี้เขียนตอนตีสามและฉันยังไม่ได้นอน" * 3, "👩‍👩‍👧‍👦" * 40])
def test_what_has_no_spaces_is_broken_rather_than_overflow(text: str) -> None:
    """An endless word stays inside the frame, and no cluster is torn."""
    lines = broken(text, 9.0)
    assert "".join(lines) == text
    assert all(width(pieces_of(line, WEIGHT)[0]) <= 9.0 for line in lines)
    assert [c for line in lines for c in clusters(line)] == clusters(text)


def test_words_are_not_broken_at_apostrophes() -> None:
    """ "don't" is one word, "rock-and-roll" three parts."""
    assert len(words_of(pieces_of("don't", WEIGHT)[0])) == 1
    assert len(words_of(pieces_of("rock-and-roll", WEIGHT)[0])) == 3


def test_letters_are_kerned() -> None:
    """AVA stands closer than its letters alone would."""
    alone = sum(width(pieces_of(letter, WEIGHT)[0]) for letter in "AVA")
    assert width(pieces_of("AVA", WEIGHT)[0]) < alone - 0.02


def test_arabic_letters_join() -> None:
    """The same letter takes another form between neighbours."""
    middle = shape_line(pieces_of("ههه", WEIGHT)[0]).glyphs
    assert len({glyph.number for glyph in middle}) == 3
