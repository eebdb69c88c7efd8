"""Words with times from inside an mp3: the frame that karaoke players write, turned into .lrc text.

Layout: ID3v2.3 section 4.10, ID3v2.4 section 4.9 (SYLT), ID3v2.2 section 4.10 (SLT).
A frame holds pieces of text, each with its time: whole lines, or syllables of
which a line's first begins with a line break.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_LARGEST_TAG = 32 * 1024**2
"""Bytes; what makes tags large are pictures, and those are a few megabytes."""
_MOST_PIECES = 20_000
_MILLISECONDS = 2
"""The other unit is MPEG frames, which nobody writes."""
_SUNG = (1, 2)
"""Lyrics and transcriptions; the others are chords, events, trivia and addresses of pictures."""
_ENCODINGS = {0: ("latin-1", 1), 1: ("utf-16", 2), 2: ("utf-16-be", 2), 3: ("utf-8", 1)}
"""By the frame's first byte: the encoding, and how many bytes its terminating zero has."""


class _Piece(NamedTuple):
    text: str
    milliseconds: int


def read_synced_lyrics(path: Path) -> str:
    """Return the timed words of an ID3 tag as .lrc text; empty when it holds none that can be read."""
    try:
        with path.open("rb") as file:
            head = file.read(10)
            if len(head) < 10 or not head.startswith(b"ID3"):
                return ""
            size = min(_seven_bits(head[6:10]), _LARGEST_TAG)
            frames = _frames(file.read(size), version=head[3], flags=head[5])
            texts = [_lrc(list(_pieces(body))) for body in frames]
    except (struct.error, LookupError, ValueError, OSError):
        return ""
    return max(texts, key=len, default="")


def _frames(tag: bytes, *, version: int, flags: int) -> Iterator[bytes]:
    """Yield the bodies of the frames that hold timed words."""
    if flags & 0x80 and version < 4:
        tag = _synchronised(tag)
    name_bytes, head_bytes = (3, 6) if version == 2 else (4, 10)
    place = _extended_header_bytes(tag, version) if flags & 0x40 else 0
    while place + head_bytes <= len(tag) and tag[place]:
        name = tag[place : place + name_bytes]
        size = _frame_size(tag[place + name_bytes : place + head_bytes], version)
        body = tag[place + head_bytes : place + head_bytes + size]
        if name in (b"SYLT", b"SLT"):
            is_marked = version == 4 and tag[place + 9] & 0x02
            yield _synchronised(body) if is_marked else body
        place += head_bytes + size


def _frame_size(field: bytes, version: int) -> int:
    if version == 2:
        return int.from_bytes(field[:3], "big")
    return _seven_bits(field[:4]) if version == 4 else int.from_bytes(field[:4], "big")


def _extended_header_bytes(tag: bytes, version: int) -> int:
    # Version 4 counts the size field itself, version 3 does not.
    return _seven_bits(tag[:4]) if version == 4 else 4 + int.from_bytes(tag[:4], "big")


def _pieces(body: bytes) -> Iterator[_Piece]:
    """Yield the pieces of a frame with their times; none of a frame of another kind."""
    encoding, language, unit, content = body[0], body[1:4], body[4], body[5]
    if len(language) < 3 or unit != _MILLISECONDS or content not in _SUNG:
        return
    codec, zero_bytes = _ENCODINGS[encoding]
    _, place = _text(body, 6, codec, zero_bytes)
    for _ in range(_MOST_PIECES):
        text, place = _text(body, place, codec, zero_bytes)
        if place + 4 > len(body):
            return
        yield _Piece(text, struct.unpack_from(">I", body, place)[0])
        place += 4


def _text(body: bytes, start: int, codec: str, zero_bytes: int) -> tuple[str, int]:
    """Return the text from ``start`` to its zero, and the place behind the zero."""
    end = body.find(bytes(zero_bytes), start)
    while end >= 0 and (end - start) % zero_bytes:
        end = body.find(bytes(zero_bytes), end + 1)
    if end < 0:
        return "", len(body)
    return body[start:end].decode(codec, errors="replace"), end + zero_bytes


def _lrc(pieces: list[_Piece]) -> str:
    breaks = any("\n" in piece.text or "\r" in piece.text for piece in pieces)
    lines: list[str] = []
    begins_line, begins_word = True, True
    for text, milliseconds in pieces:
        begins_line = begins_line or text[:1] in ("\n", "\r") or not breaks
        words = text.strip("\r\n")
        if begins_line:
            lines.append(f"[{_stamp(milliseconds)}]")
        if breaks and (begins_line or begins_word or words[:1].isspace()):
            words = f"<{_stamp(milliseconds)}>{words}"
        lines[-1] += " ".join(words.splitlines())
        begins_line, begins_word = text[-1:] in ("\n", "\r") and len(text) > 1, text[-1:].isspace()
    return "\n".join(lines)


def _stamp(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 60:02d}:{seconds % 60:02d}.{rest:03d}"


def _seven_bits(four: bytes) -> int:
    """Read a number of four bytes with seven bits each (ID3v2, section 6.2)."""
    number = 0
    for byte in four:
        number = number << 7 | byte & 0x7F
    return number


def _synchronised(data: bytes) -> bytes:
    """Take out the zeros that keep a decoder from seeing a frame in the tag."""
    return data.replace(b"\xff\x00", b"\xff")
