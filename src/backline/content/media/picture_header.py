"""Tells what kind of picture a file is, and how large, from its first bytes alone.

A picture of 20,000 by 20,000 pixels can lie in a file of a few kilobytes and
still ask for gigabytes once it is opened; so the size is read here, before
anything is decoded. The name of the file is never asked.

Layouts: PNG (W3C PNG 3, 5.3 and 11), JPEG (ITU-T T.81, annex B), WebP (RFC 9649),
GIF (GIF89a, 18); HEIC and AVIF in ``heif.py``.
"""

from __future__ import annotations

import struct
from typing import Literal, NamedTuple

from backline.content.media.heif import read_heif

PictureKind = Literal["jpeg", "png", "webp", "gif", "heic", "avif"]

_JPEG_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_BARE_MARKERS = frozenset({0x01, 0xFF, *range(0xD0, 0xD8)})
_JPEG_SCAN, _JPEG_END = 0xDA, b"\xff\xd9"


class PictureHeader(NamedTuple):
    """What the file says of itself; nothing of it has been decoded."""

    kind: PictureKind
    width: int
    """As stored: a camera may ask for a quarter turn."""
    height: int
    has_alpha: bool
    is_complete: bool
    """False when the file ends before its own end mark."""
    is_deep: bool = False
    """Whether each channel has 16 bits."""


def read_header(content: bytes) -> PictureHeader | None:
    """Return the header of a JPEG, PNG, WebP, GIF, HEIC or AVIF file, or None if it is none of them."""
    try:
        if content.startswith(b"\x89PNG\r\n\x1a\n"):
            return _read_png(content)
        if content.startswith(b"\xff\xd8\xff"):
            return _read_jpeg(content)
        if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
            return _read_webp(content)
        if content[:6] in (b"GIF87a", b"GIF89a"):
            return _read_gif(content)
        if content[4:8] == b"ftyp":
            return _read_heif(content)
    except (struct.error, IndexError):
        return None
    return None


def _read_png(content: bytes) -> PictureHeader:
    width, height, depth, colour = struct.unpack_from(">IIBB", content, 16)
    offset, has_alpha, is_complete = 8, colour in (4, 6), False
    while offset + 8 <= len(content):
        length, name = struct.unpack_from(">I4s", content, offset)
        has_alpha = has_alpha or name == b"tRNS"
        is_complete = name == b"IEND"
        if is_complete:
            break
        offset += 12 + length
    return PictureHeader("png", width, height, has_alpha, is_complete, depth == 16)


def _read_jpeg(content: bytes) -> PictureHeader | None:
    offset, size = 2, None
    while offset + 4 <= len(content):
        marker = content[offset + 1]
        if content[offset] != 0xFF:
            return None
        if marker in _JPEG_BARE_MARKERS:
            offset += 1 if marker == 0xFF else 2
            continue
        if marker == _JPEG_SCAN:
            break
        if marker in _JPEG_FRAME_MARKERS:
            height, width = struct.unpack_from(">HH", content, offset + 5)
            size = (width, height)
        offset += 2 + int(struct.unpack_from(">H", content, offset + 2)[0])
    if size is None:
        return None
    # The small preview inside the EXIF block has an end mark too: look behind the first scan.
    return PictureHeader("jpeg", *size, False, content.find(_JPEG_END, offset) >= 0)


def _read_webp(content: bytes) -> PictureHeader | None:
    form = content[12:16]
    is_complete = struct.unpack_from("<I", content, 4)[0] + 8 <= len(content) + 1
    if form == b"VP8X":
        width = int.from_bytes(content[24:27], "little") + 1
        height = int.from_bytes(content[27:30], "little") + 1
        return PictureHeader("webp", width, height, bool(content[20] & 0x10), is_complete)
    if form == b"VP8L":
        bits = struct.unpack_from("<I", content, 21)[0]
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        return PictureHeader("webp", width, height, bool(bits >> 28 & 1), is_complete)
    if form == b"VP8 ":
        width, height = struct.unpack_from("<HH", content, 26)
        return PictureHeader("webp", width & 0x3FFF, height & 0x3FFF, False, is_complete)
    return None


def _read_gif(content: bytes) -> PictureHeader:
    width, height = struct.unpack_from("<HH", content, 6)
    return PictureHeader("gif", width, height, True, True)


def _read_heif(content: bytes) -> PictureHeader | None:
    found = read_heif(content)
    if found is None:
        return None
    has_alpha = found.alpha is not None
    return PictureHeader(found.kind, found.width, found.height, has_alpha, found.is_complete)
