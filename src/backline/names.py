"""Names that are safe to keep: file names without traps, and slugs to say them shortly."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

MAX_FILE_NAME_BYTES = 200
"""In UTF-8. Common file systems end at 255; the rest is room for what others add."""
MAX_SLUG_CHARACTERS = 80

_RESERVED = re.compile(r'[/\\:*?"<>|#]')
_WORDS = re.compile(r"[^\w]+|_+")


def safe_file_name(name: str, fallback: str = "file") -> str:
    """Return the last part of a path as a plain file name in any script.

    Path parts, control and invisible formatting characters (which can turn
    ``gpj.exe`` around), and characters that some file system or URL can not hold
    are taken out; white space becomes single blanks; leading and trailing dots go. At most
    200 bytes, with the ending kept. What leaves nothing gives ``fallback``.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    visible = "".join(" " if c.isspace() else c for c in last if c.isspace() or _is_visible(c))
    cleaned = " ".join(_RESERVED.sub(" ", visible).split()).strip(". ")
    return _shorten(cleaned) or fallback


def slug_of(name: str) -> str:
    """Return the words of a name, lower-case, joined by hyphens: ``Night Drive.mp3`` → ``night-drive``.

    The ending is left out, letters of every script are kept. A name without
    letters or digits gives the empty slug.
    """
    stem = PurePosixPath(name).stem if "." in name.strip(".") else name
    words = _WORDS.sub("-", unicodedata.normalize("NFC", stem).casefold())
    return words.strip("-")[:MAX_SLUG_CHARACTERS].strip("-")


def _is_visible(character: str) -> bool:
    # Cc control, Cf formatting (direction marks), Cs lone surrogates, Co private, Cn unassigned;
    # the zero-width joiner is formatting too, but emoji and Indic scripts are written with it.
    return character in "\u200c\u200d" or not unicodedata.category(character).startswith("C")


def _shorten(name: str) -> str:
    if len(name.encode()) <= MAX_FILE_NAME_BYTES:
        return name
    ending = PurePosixPath(name).suffix
    if len(ending.encode()) > 16:
        ending = ""
    room = MAX_FILE_NAME_BYTES - len(ending.encode())
    stem = name[: len(name) - len(ending)].encode()[:room].decode(errors="ignore")
    return stem.strip(". ") + ending
