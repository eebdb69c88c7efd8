"""What a finished file is called: the song's title, as a name that every disk and browser takes."""

from __future__ import annotations

import re
import unicodedata

_LONGEST_NAME = 80


def file_name_of(title: str, ending: str) -> str:
    """Return a file name of a title: letters and digits of any script, words joined by hyphens."""
    words = re.findall(r"\w+", unicodedata.normalize("NFC", title.lower()))
    stem = "-".join(words)[:_LONGEST_NAME].strip("-_") or "video"
    return f"{stem}.{ending}"
