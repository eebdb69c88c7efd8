"""The words of a song and when they are sung, from the .lrc files that players use.

One line of an .lrc is one or more stamps and the words sung then::

    [00:42.10][01:26.50]Drive until the morning
    [00:45.00]<00:45.00>no <00:45.40>one <00:45.90>knows

Files come from many hands: with a byte order mark, in any encoding, with a
colon before the hundredths, with an offset that shifts them all.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

import msgspec

LONGEST_LINE_SECONDS = 8.0
"""How long a line lasts when nothing follows it soon."""
_STAMP = re.compile(r"\s*\[(\d{1,3}):(\d{1,2})(?:[.:](\d{1,3}))?\]")
_WORD_STAMP = re.compile(r"<(\d{1,3}):(\d{1,2})(?:[.:](\d{1,3}))?>")
_OFFSET = re.compile(r"^[ \t]*\[offset:[ \t]*([+-]?\d{1,7})[ \t]*\]", re.IGNORECASE | re.MULTILINE)
_EDGE_SECONDS = 0.25
"""A line that starts this little before the clip is heard whole; this near its end, not at all."""

MOST_LINES = 2_000
"""Lines that are read; half an hour of song, the longest there is, holds a thousand."""
_LONGEST_LINE = 2_000
"""Characters of a line that are read, its word stamps included."""
_MOST_STAMPS = 200
"""Stamps in front of one line that are read."""


class LyricWord(msgspec.Struct, frozen=True, kw_only=True):
    """A word, or a syllable, and when it begins."""

    start_seconds: float
    text: str


class LyricLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line as it is sung."""

    start_seconds: float
    end_seconds: float
    """When the next line begins, or 8 s later, whichever is first."""
    text: str
    words: list[LyricWord] = []
    """Word by word where the file tells, else empty."""


def parse_lrc(text: str) -> list[LyricLine]:
    """Read timed lyrics, in order of singing. Text without any stamp gives an empty list.

    A positive ``[offset:ms]`` makes the lines come earlier, as players have it.
    A stamp without words ends the line before it. The first 2,000 lines are
    read, and the first 2,000 characters of each.
    """
    shift_seconds = _offset_seconds(text)
    stamped: list[tuple[float, str]] = []
    for line in text.splitlines():
        stamps, rest = _leading_stamps(line)
        stamped += [(max(0.0, stamp - shift_seconds), rest[:_LONGEST_LINE]) for stamp in stamps]
        if len(stamped) >= MOST_LINES:
            break
    stamped = sorted(stamped[:MOST_LINES], key=lambda entry: entry[0])
    ends = [start for start, _ in stamped[1:]] + [float("inf")] * bool(stamped)
    lines = [
        _line(start, end, rest, shift_seconds)
        for (start, rest), end in zip(stamped, ends, strict=True)
    ]
    return [line for line in lines if line.text]


def decode_lyrics(data: bytes) -> str:
    """Turn a lyrics file into text: by its byte order mark, as UTF-8, else as Windows-1252."""
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"", "utf-8-sig")):
        if data.startswith(mark):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError:
                continue
    return data.decode("cp1252", errors="replace")


def lines_inside(
    lines: list[LyricLine], start_seconds: float, end_seconds: float
) -> list[LyricLine]:
    """Return the lines that begin inside a clip."""
    earliest, latest = start_seconds - _EDGE_SECONDS, end_seconds - _EDGE_SECONDS
    return [line for line in lines if earliest <= line.start_seconds < latest]


def shifted(line: LyricLine, seconds: float) -> LyricLine:
    """Return a line that is sung so much later."""
    return LyricLine(
        start_seconds=round(line.start_seconds + seconds, 3),
        end_seconds=round(line.end_seconds + seconds, 3),
        text=line.text,
        words=[
            LyricWord(start_seconds=round(word.start_seconds + seconds, 3), text=word.text)
            for word in line.words
        ],
    )


def repeated_lines(lines: list[LyricLine]) -> list[bool]:
    """Tell for each line whether its words are sung more than once: what repeats is the hook."""
    folded = [_folded(line.text) for line in lines]
    times = Counter(folded)
    return [bool(words) and times[words] > 1 for words in folded]


def _offset_seconds(text: str) -> float:
    found = _OFFSET.search(text)
    return int(found[1]) / 1000 if found else 0.0


def _leading_stamps(line: str) -> tuple[list[float], str]:
    stamps: list[float] = []
    place = 0
    line = line.lstrip("\ufeff")
    while len(stamps) < _MOST_STAMPS and (found := _STAMP.match(line, place)):
        stamps.append(_seconds(found))
        place = found.end()
    return stamps, line[place:]


def _line(start: float, end: float, rest: str, shift_seconds: float) -> LyricLine:
    return LyricLine(
        start_seconds=round(start, 3),
        end_seconds=round(min(end, start + LONGEST_LINE_SECONDS), 3),
        text=_clean(_WORD_STAMP.sub("", rest)),
        words=_words(rest, shift_seconds),
    )


def _words(rest: str, shift_seconds: float) -> list[LyricWord]:
    stamps = list(_WORD_STAMP.finditer(rest))
    ends = [found.start() for found in stamps[1:]] + [len(rest)] * bool(stamps)
    words = [
        LyricWord(
            start_seconds=round(max(0.0, _seconds(found) - shift_seconds), 3),
            text=_clean(rest[found.end() : end]),
        )
        for found, end in zip(stamps, ends, strict=True)
    ]
    return [word for word in words if word.text]


def _seconds(stamp: re.Match[str]) -> float:
    return int(stamp[1]) * 60 + int(stamp[2]) + float(f"0.{stamp[3] or 0}")


def _clean(text: str) -> str:
    """Drop control characters and surplus spaces."""
    visible = "".join(" " if unicodedata.category(char) == "Cc" else char for char in text)
    return " ".join(visible.split())


def _folded(text: str) -> str:
    """The words alone, so that a comma or a capital does not hide a repeat."""
    return " ".join(re.findall(r"\w+", text.casefold()))
