"""Timed lyrics, as they come from many hands."""

from __future__ import annotations

import pytest

from backline.content.lyrics import decode_lyrics, lines_inside, parse_lrc, repeated_lines


def starts(text: str) -> list[tuple[float, str]]:
    return [(line.start_seconds, line.text) for line in parse_lrc(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[00:12.50]Hello", [(12.5, "Hello")]),
        ("[00:12:50]Hello", [(12.5, "Hello")]),
        ("[00:12]Hello", [(12.0, "Hello")]),
        ("[01:02.345]Hello", [(62.345, "Hello")]),
        ("[00:01.5]Hello", [(1.5, "Hello")]),
        ("[120:00.00]Late", [(7200.0, "Late")]),
        ("[00:20.00][00:10.00]Twice", [(10.0, "Twice"), (20.0, "Twice")]),
        ("[00:10.00] [00:20.00] Spaced ", [(10.0, "Spaced"), (20.0, "Spaced")]),
        ("\ufeff[00:01.00]Marked\r\n[00:02.00]Ended\r\n", [(1.0, "Marked"), (2.0, "Ended")]),
        ("[ti:Song]\n[ar:Us]\n[00:01.00]Line", [(1.0, "Line")]),
        ("[offset:+500]\n[00:02.00]Earlier", [(1.5, "Earlier")]),
        ("[offset:-500]\n[00:02.00]Later", [(2.5, "Later")]),
        ("[offset:9000]\n[00:02.00]Never below zero", [(0.0, "Never below zero")]),
        ("[00:02.00]b\n[00:01.00]a", [(1.0, "a"), (2.0, "b")]),
        ("[00:01.00]<00:01.00>no <00:01.40>one", [(1.0, "no one")]),
        ("[00:01.00]\n[00:02.00]   ", []),
        ("[00:01.00]夜を走る 🌙", [(1.0, "夜を走る 🌙")]),
        ("just words\nno times", []),
        ("[99:99:99:99]odd", []),
        ("", []),
    ],
)
def test_every_way_of_writing_times_is_read(text: str, expected: list[tuple[float, str]]) -> None:
    """A table of .lrc dialects and what they mean."""
    assert starts(text) == expected


def test_words_have_times_of_their_own() -> None:
    """Enhanced .lrc stamps each word, shifted with the rest."""
    line = parse_lrc("[offset:100]\n[00:01.00]<00:01.00>no <00:01.40>one <00:02.00>")[0]
    assert [(word.start_seconds, word.text) for word in line.words] == [(0.9, "no"), (1.3, "one")]


def test_a_line_ends_where_the_next_stamp_stands() -> None:
    """An empty stamp ends a line; without one it lasts eight seconds."""
    first, second = parse_lrc("[00:01.00]a\n[00:03.00]\n[00:10.00]b")
    assert (first.end_seconds, second.end_seconds) == (3.0, 18.0)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_any_encoding_is_read(encoding: str) -> None:
    """An accent survives the encodings that editors write."""
    assert starts(decode_lyrics("[00:01.00]Café déjà".encode(encoding))) == [(1.0, "Café déjà")]


def test_broken_bytes_are_read_as_far_as_they_go() -> None:
    """Half a UTF-16 character does not stop the reader."""
    assert isinstance(decode_lyrics(b"\xff\xfe[\x000"), str)


def test_only_lines_that_begin_inside_the_clip_count() -> None:
    """A line sung before the clip, or as it ends, is left out."""
    lines = parse_lrc("[00:09.00]before\n[00:10.00]first\n[00:20.00]last\n[00:24.90]too late")
    assert [line.text for line in lines_inside(lines, 10.0, 25.0)] == ["first", "last"]


def test_repeats_are_found_whatever_the_punctuation() -> None:
    """A comma or a capital does not hide the hook."""
    lines = parse_lrc("[00:01.00]Drive on, drive on\n[00:02.00]alone\n[00:03.00]drive on drive on!")
    assert repeated_lines(lines) == [True, False, True]
