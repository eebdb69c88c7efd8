"""What a song's file says about itself: title, artist, lyrics, cover art."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tinytag import TinyTag, TinyTagException

from backline.content.synced_lyrics import read_synced_lyrics

_LONGEST_NAME = 200
"""Characters of a title or artist that are kept; longer ones are damage or mischief."""
_LONGEST_LYRICS = 100_000
_LYRICS_FIELDS = ("syncedlyrics", "lyrics", "unsyncedlyrics", "unsynced lyrics")
"""Names under which words are kept: by rule, or by the habit of some tagger."""
_TRACK_NUMBER = re.compile(r"^\d{1,3}\s*[-._)]\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """The tags that were found; empty text where there is none."""

    title: str = ""
    artist: str = ""
    date: str = ""
    """When the song came out, mostly YYYY or YYYY-MM-DD."""
    lyrics: str = ""
    """USLT, SYLT (as .lrc lines), ©lyr or Vorbis LYRICS; the timed one when there are several."""
    cover_art: bytes | None = None
    """A picture file, mostly jpg or png."""


def read_tags(path: Path) -> Tags:
    """Read a song's tags. Damaged tags count as none: they never spoil a song that plays."""
    try:
        found = TinyTag.get(path, image=True)
    # Tags are written by every program there is; parsers trip over them in every way there is.
    except (TinyTagException, ValueError, LookupError, OSError, ArithmeticError):
        return Tags()
    cover = found.images.any
    return Tags(
        title=_clean(found.title),
        artist=_clean(found.artist),
        date=_clean(found.year),
        lyrics=_timed_first([read_synced_lyrics(path), *_texts(found)]),
        cover_art=cover.data if cover is not None else None,
    )


def title_from_file_name(file_name: str) -> str:
    """Make a title of a file name: ``03 - night_drive.mp3`` is "night drive"."""
    stem = Path(file_name).stem
    return _clean(_TRACK_NUMBER.sub("", stem).replace("_", " ")) or _clean(stem) or "untitled"


def _clean(text: str | None) -> str:
    """Drop what can not be printed, fold white space, cut to a sane length."""
    printable = "".join(
        " " if unicodedata.category(char) in ("Cc", "Zl", "Zp", "Cs", "Co", "Cn") else char
        for char in text or ""
    )
    return " ".join(printable.split())[:_LONGEST_NAME]


def _texts(found: TinyTag) -> Iterator[str]:
    fields = {name.lower(): values for name, values in found.other.items()}
    for name in _LYRICS_FIELDS:
        yield from (text for text in fields.get(name, []) if isinstance(text, str))


def _timed_first(lyrics: list[str]) -> str:
    texts = [text[:_LONGEST_LYRICS] for text in lyrics if text]
    timed = [text for text in texts if re.search(r"^[ \t]*\[\d+:\d+", text, re.MULTILINE)]
    return next(iter(timed + texts), "")
