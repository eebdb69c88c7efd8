"""Which line is sung when: the clip's own seconds, the places of words in a line."""

from __future__ import annotations

import pytest

from backline.content.caption import SungLine, lines_of_clip
from backline.content.caption.timing import has_word_times
from backline.content.lyrics import parse_lrc


def sung(text: str, start: float = 10.0, seconds: float = 15.0, **facts: bool) -> list[SungLine]:
    return lines_of_clip(parse_lrc(text), start, seconds, **facts)


def words(line: SungLine) -> list[tuple[float, str]]:
    """Return each word as it stands in the text, with when it is sung."""
    ends = [word.place for word in line.words[1:]] + [len(line.text)]
    return [
        (word.start_seconds, line.text[word.place : end])
        for word, end in zip(line.words, ends, strict=True)
    ]


def test_times_are_counted_from_the_clips_start() -> None:
    """A line at 12 s of the song is a line at 2 s of a clip that begins at 10."""
    (line,) = sung("[00:12.00]Hold on\n[00:14.50]")
    assert (line.start_seconds, line.end_seconds) == (2.0, 4.5)


def test_no_line_lasts_longer_than_the_clip() -> None:
    """What is sung past the end is cut off with it."""
    assert sung("[00:23.00]Still here")[-1].end_seconds == 15.0


def test_a_line_that_begins_a_breath_early_begins_with_the_clip() -> None:
    """There is no time before the first frame."""
    assert sung("[00:09.90]Hold on")[0].start_seconds == 0.0


def test_of_a_line_and_its_translation_the_first_is_shown() -> None:
    """Two lines under one stamp are one, as long as the second."""
    first, second = sung("[00:12.00]夜を走る\n[00:12.00]Driving at night\n[00:15.00]Next")
    assert (first.text, first.end_seconds, second.text) == ("夜を走る", 5.0, "Next")


def test_words_are_found_in_the_line() -> None:
    """Each stamped word knows the character at which it begins."""
    (line,) = sung("[00:12.00]<00:12.00>no <00:12.40>one <00:13.00>knows")
    assert words(line) == [(2.0, "no "), (2.4, "one "), (3.0, "knows")]


def test_syllables_are_found_within_a_word() -> None:
    """Stamps inside a word split it."""
    (line,) = sung("[00:12.00]<00:12.00>mor<00:12.40>ning")
    assert words(line) == [(2.0, "mor"), (2.4, "ning")]


def test_a_word_before_the_first_stamp_is_sung_with_the_line() -> None:
    """Some editors stamp only the second word and those after it."""
    (line,) = sung("[00:12.00]no <00:12.40>one <00:13.00>knows")
    assert words(line) == [(2.0, "no "), (2.4, "one "), (3.0, "knows")]


def test_the_same_word_twice_is_two_words() -> None:
    """The second "hold" is not the first."""
    (line,) = sung("[00:12.00]<00:12.00>hold <00:12.40>hold <00:13.00>on")
    assert words(line) == [(2.0, "hold "), (2.4, "hold "), (3.0, "on")]


def test_stamps_out_of_order_do_not_go_back() -> None:
    """A word is never sung before the one before it."""
    (line,) = sung("[00:12.00]<00:12.00>a <00:13.00>b <00:12.50>c")
    assert [start for start, _ in words(line)] == [2.0, 3.0, 3.0]


def test_capitals_go_where_the_look_writes_lower_case() -> None:
    """Places are those in the text as it is written."""
    (line,) = sung("[00:12.00]<00:12.00>HOLD <00:12.40>On", lower_case=True)
    assert words(line) == [(2.0, "hold "), (2.4, "on")]


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("[00:12.00]no one", False),
        ("[00:12.00]<00:12.00>no <00:12.40>one", True),
        ("[00:12.00]<00:12.00>no <00:12.40>one\n[00:13.00]knows\n[00:14.00]us", False),
    ],
)
def test_most_lines_decide_whether_words_have_times(text: str, known: bool) -> None:
    """One stamped line in a plain file does not make karaoke."""
    assert has_word_times(sung(text)) is known
