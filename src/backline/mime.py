"""What kind of file is this? Judged by its first bytes, never by its name.

Knows the songs, pictures, videos and lyrics that backline works with; anything
else is None. The marks are those of the formats' own specifications.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Collection

SNIFF_BYTES = 4096
"""So many leading bytes are enough to judge a file."""

EXTENSIONS = {
    "audio/mpeg": ".mp3",
    "audio/mp4": ".m4a",
    "audio/aac": ".aac",
    "audio/ogg": ".ogg",
    "audio/flac": ".flac",
    "audio/wav": ".wav",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "image/heic": ".heic",
    "image/avif": ".avif",
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
    "video/webm": ".webm",
    "text/lrc": ".lrc",
    "text/plain": ".txt",
}
"""Every type that ``sniff`` can find, with the ending that a file of it gets."""

_MAGIC = (
    (b"fLaC", "audio/flac"),
    (b"OggS", "audio/ogg"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
_RIFF_FORMS = {b"WAVE": "audio/wav", b"WEBP": "image/webp"}
_AUDIO_BRANDS = {b"M4A ", b"M4B ", b"M4P ", b"F4A "}
_PICTURE_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"avif", b"mif1", b"msf1"}
"""The last two are both kinds': which it is, the other brands say (ISO/IEC 23008-12, 10.2)."""
_VIDEO_BRANDS = re.compile(rb"isom|iso[2-9]|mp4[12]|avc1|M4V |M4VH|dash|MSNV|F4V |3g[p2][2-9a-z]")
_LRC_STAMP = re.compile(r"^\s*\[\d{1,3}:\d{2}(?:[.:]\d{1,3})?\]", re.MULTILINE)
_TEXT_CONTROLS = frozenset("\t\n\r\f")

_MPEG_BITRATES = range(1, 15)
_RATES_HZ = ((11025, 12000, 8000), None, (22050, 24000, 16000), (44100, 48000, 32000))
_KBPS_BY_LAYER_3 = {
    1: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}


def sniff(head: bytes) -> str | None:
    """Return the MIME type of the file that begins with ``head``, or None if it is not known.

    ``head`` should hold the first ``SNIFF_BYTES`` bytes, or the whole of a shorter file.
    """
    for magic, mime_type in _MAGIC:
        if head.startswith(magic):
            return mime_type
    if head[:4] in (b"RIFF", b"RF64"):
        return _RIFF_FORMS.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _mp4_type(head)
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "video/webm" if b"webm" in head[:64] else None
    return _mpeg_audio_type(head) or _text_type(head)


def kind_of(mime_type: str) -> str:
    """Return ``audio``, ``image``, ``video`` or ``text``: the first half of a type."""
    return mime_type.partition("/")[0]


def is_accepted(mime_type: str, accept: Collection[str]) -> bool:
    """Tell whether a type is among ``accept``, which may name families such as ``audio/*``."""
    return mime_type in accept or f"{kind_of(mime_type)}/*" in accept


def _mp4_type(head: bytes) -> str | None:
    brand = head[8:12]
    if brand in _AUDIO_BRANDS:
        return "audio/mp4"
    if brand in _PICTURE_BRANDS:
        brands = head[8 : int.from_bytes(head[:4], "big")]
        return "image/avif" if b"avif" in brands else "image/heic"
    if brand == b"qt  ":
        return "video/quicktime"
    return "video/mp4" if _VIDEO_BRANDS.fullmatch(brand) else None


def _mpeg_audio_type(head: bytes) -> str | None:
    if head.startswith(b"ID3"):
        # FLAC files are seen with an ID3 tag in front; large pictures in the tag
        # push the sound out of sight, and then it is nearly always MP3.
        sound = head[10 + _synchsafe(head[6:10]) :]
        return "audio/flac" if sound.startswith(b"fLaC") else "audio/mpeg"
    if _begins_with_frames(head, _adts_frame_bytes):
        return "audio/aac"
    return "audio/mpeg" if _begins_with_frames(head, _layer_3_frame_bytes) else None


def _begins_with_frames(head: bytes, frame_bytes: Callable[[bytes], int]) -> bool:
    """Two frames in a row, each where the one before says it ends: chance does not make these."""
    length = frame_bytes(head)
    return length > 0 and (len(head) <= length or frame_bytes(head[length:]) > 0)


def _adts_frame_bytes(frame: bytes) -> int:
    """Return the length of an AAC frame from its ADTS header, 0 when it is none."""
    if len(frame) < 7 or frame[0] != 0xFF or frame[1] & 0xF6 != 0xF0:
        return 0
    length = (frame[3] & 3) << 11 | frame[4] << 3 | frame[5] >> 5
    return length if length > 7 else 0


def _layer_3_frame_bytes(frame: bytes) -> int:
    """Return the length of an MPEG layer III frame from its header, 0 when it is none."""
    if len(frame) < 4 or frame[0] != 0xFF or frame[1] & 0xE6 != 0xE2:
        return 0
    version, bitrate_index, rate_index = frame[1] >> 3 & 3, frame[2] >> 4, frame[2] >> 2 & 3
    rates_hz = _RATES_HZ[version]
    if rates_hz is None or rate_index == 3 or bitrate_index not in _MPEG_BITRATES:
        return 0
    is_mpeg_1 = version == 3
    kbps = _KBPS_BY_LAYER_3[1 if is_mpeg_1 else 2][bitrate_index]
    samples = 1152 if is_mpeg_1 else 576
    return samples * kbps * 125 // rates_hz[rate_index] + (frame[2] >> 1 & 1)


def _synchsafe(four: bytes) -> int:
    """Read a number of four bytes with seven bits each (ID3v2, section 6.2)."""
    number = 0
    for byte in four:
        number = number << 7 | byte & 0x7F
    return number


def _text_type(head: bytes) -> str | None:
    text = _decode(head)
    is_legacy = text is None
    if text is None:
        text = head.decode("latin-1")
    if not text.strip() or not all(map(_is_text_character, text)):
        return None
    if _LRC_STAMP.search(text):
        return "text/lrc"
    # Old lyrics come in many encodings, and their time stamps vouch for them;
    # nothing vouches for other bytes that merely hold no control characters.
    return None if is_legacy else "text/plain"


def _decode(head: bytes) -> str | None:
    encoding = "utf-16" if head.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        # A character that the end of the sample cuts in two is no fault.
        return decoder.decode(head, final=len(head) < SNIFF_BYTES)
    except UnicodeDecodeError:
        return None


def _is_text_character(character: str) -> bool:
    return character in _TEXT_CONTROLS or (character >= " " and character != "\x7f")
