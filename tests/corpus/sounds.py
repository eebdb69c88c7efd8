"""Songs whose headers lie: counts, rates, lengths and boxes that no decoder should believe."""

from __future__ import annotations

import struct
import zlib
from functools import cache

from tests.corpus.damage import Damage, become
from tests.corpus.specimens import whole
from tests.pictures import png_of_size

MAX_32 = 0xFFFFFFFF


def damages(kind: str) -> dict[str, Damage]:
    """Return what can be wrong with a song of this kind in particular."""
    return {
        "mp3": _MP3,
        "m4a": _M4A,
        "flac": _FLAC,
        "ogg": _OGG,
        "opus": _OPUS,
        "wav": _WAV,
    }[kind] | {"wrong-ending": become(whole("wav" if kind != "wav" else "mp3"))}


def _put(place: int, form: str, *values: int) -> Damage:
    """Write numbers at a place."""

    def damaged(data: bytes) -> bytes:
        packed = struct.pack(form, *values)
        return data[:place] + packed + data[place + len(packed) :]

    return damaged


def after(mark: bytes, offset: int, form: str, *values: int) -> Damage:
    """Write numbers so many bytes after the first place where a mark stands."""
    return lambda data: _put(data.index(mark) + offset, form, *values)(data)


def _wav(rate_hz: int, channels: int, bits: int, samples: bytes, tag: int = 1) -> bytes:
    block = max(1, channels * bits // 8)
    form = struct.pack("<HHIIHH", tag, channels, rate_hz, rate_hz * block % 2**32, block, bits)
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form
    body += b"data" + struct.pack("<I", len(samples)) + samples
    return b"RIFF" + struct.pack("<I", len(body)) + body


_WAV: dict[str, Damage] = {
    "riff-length-0": _put(4, "<I", 0),
    "riff-length-huge": _put(4, "<I", MAX_32),
    "data-length-0": after(b"data", 4, "<I", 0),
    "data-length-huge": after(b"data", 4, "<I", MAX_32),
    "no-channels": after(b"fmt ", 10, "<H", 0),
    "65535-channels": after(b"fmt ", 10, "<H", 65535),
    "rate-0": after(b"fmt ", 12, "<I", 0),
    "rate-1": after(b"fmt ", 12, "<I", 1),
    "rate-huge": after(b"fmt ", 12, "<I", MAX_32),
    "block-0": after(b"fmt ", 20, "<H", 0),
    "bits-0": after(b"fmt ", 22, "<H", 0),
    "bits-65535": after(b"fmt ", 22, "<H", 65535),
    "unknown-coding": after(b"fmt ", 8, "<H", 0x1234),
    "no-samples": become(_wav(44_100, 2, 16, b"")),
    "one-sample": become(_wav(44_100, 1, 16, b"\0\0")),
    "not-numbers": become(_wav(44_100, 1, 32, b"\xff\xff\xff\x7f" * 100_000, tag=3)),
    "hours-of-silence": become(_wav(4_000, 1, 8, b"\x80" * 2 * 3600 * 4_000)),
}


def _id3(size: int, *frames: tuple[bytes, bytes]) -> bytes:
    body = b"".join(name + struct.pack(">IH", len(data), 0) + data for name, data in frames)
    length = size if size >= 0 else len(body)
    return b"ID3\x03\x00\x00" + bytes(length >> s & 0x7F for s in (21, 14, 7, 0)) + body


def _tagged(tag: bytes) -> Damage:
    return lambda data: tag + data


def _apic(picture: bytes) -> bytes:
    return _id3(-1, (b"APIC", b"\x00image/png\x00\x03\x00" + picture))


_MP3: dict[str, Damage] = {
    "tag-larger-than-file": _tagged(_id3(2**28 - 1)),
    "frame-larger-than-tag": _tagged(
        b"ID3\x03\x00\x00\x00\x00\x00\x14TIT2\x7f\xff\xff\xff\x00\x00ten bytes."
    ),
    "tags-in-tags": _tagged(b"".join(_id3(0) for _ in range(2000))),
    "text-without-end": _tagged(_id3(-1, (b"USLT", b"\x01eng\xff\xfe" + b"a\x00" * 50_000))),
    "times-without-end": _tagged(
        _id3(-1, (b"SYLT", b"\x00eng\x02\x01\x00" + b"la\x00\xff\xff\xff\xff" * 30_000))
    ),
    "cover-of-a-bomb": _tagged(_apic(png_of_size(30_000, 30_000))),
    "cover-of-text": _tagged(_apic(b"no picture" * 100)),
    "cover-cut-off": _tagged(_apic(whole("png")[:2000])),
    "count-lies": after(b"Info", 4, ">II", 0x0F, MAX_32),
    "no-count": lambda data: data.replace(b"Xing", bytes(4)).replace(b"Info", bytes(4)),
    "rates-mixed": lambda data: data + whole("mp3").replace(b"\xff\xfb\x90", b"\xff\xfb\x94"),
    "only-a-tag": become(_id3(-1, (b"TIT2", b"\x00Nothing follows"))),
    "free-bit-rate": lambda data: data.replace(b"\xff\xfb\x90", b"\xff\xfb\x00"),
}


def _flac_info(data: bytes, rate_hz: int, total: int, *, channels: int = 1) -> bytes:
    """Rewrite rate, channels and sample count, which share 8 bytes (RFC 9639, 8.2)."""
    word = rate_hz << 44 | (channels - 1) << 41 | 15 << 36 | total
    return data[:18] + word.to_bytes(8, "big") + data[26:]


def _with_block(kind: int, block: bytes, length: int | None = None) -> Damage:
    """Put a metadata block behind the stream info, which ends at byte 42."""
    size = (len(block) if length is None else length).to_bytes(3, "big")
    return lambda data: data[:42] + bytes([kind]) + size + block + data[42:]


_FLAC: dict[str, Damage] = {
    "count-0": lambda data: _flac_info(data, 44_100, 0),
    "count-huge": lambda data: _flac_info(data, 44_100, 2**36 - 1),
    "rate-0": lambda data: _flac_info(data, 0, 100_000),
    "rate-1": lambda data: _flac_info(data, 1, 100_000),
    "rate-huge": lambda data: _flac_info(data, 2**20 - 1, 100_000),
    "eight-channels-said": lambda data: _flac_info(data, 44_100, 100_000, channels=8),
    "block-sizes-0": _put(8, ">HH", 0, 0),
    "block-sizes-huge": _put(8, ">HH", 65535, 65535),
    "block-past-the-end": _with_block(4, b"", 0xFFFFFF),
    "comments-without-end": _with_block(4, struct.pack("<II", 0, MAX_32)),
    "comment-of-4-gigabytes": _with_block(4, struct.pack("<I", MAX_32) + b"short"),
    "picture-of-4-gigabytes": _with_block(6, struct.pack(">III", 3, 4, MAX_32) + bytes(60)),
    "blocks-without-end": lambda data: data[:42] + b"\x01\x00\x00\x00" * 100_000,
    "no-stream-info": lambda data: data[:4] + data[42:],
}


def _box(name: bytes, *inside: bytes) -> bytes:
    body = b"".join(inside)
    return struct.pack(">I", len(body) + 8) + name + body


def _nested(depth: int) -> bytes:
    box = b""
    for _ in range(depth):
        box = _box(b"moov", box)
    return box


def _without(name: bytes) -> Damage:
    """Rename a box, so that nobody finds it."""
    return lambda data: data.replace(name, b"free", 1)


def boxes() -> dict[str, Damage]:
    """Return what can be wrong with the boxes of any MP4 (ISO/IEC 14496-12)."""
    return dict(_BOXES)


_BOXES: dict[str, Damage] = {
    "index-lost": _without(b"moov"),
    "sound-lost": _without(b"mdat"),
    "sizes-lost": _without(b"stsz"),
    "places-lost": _without(b"stco"),
    "index-of-length-0": after(b"moov", -4, ">I", 0),
    "index-of-length-1": after(b"moov", -4, ">I", 1),
    "index-too-long": after(b"moov", -4, ">I", MAX_32),
    "sizes-without-end": after(b"stsz", 12, ">I", MAX_32),
    "all-samples-huge": after(b"stsz", 8, ">II", 0x7FFFFFFF, 0x00FFFFFF),
    "places-past-the-end": after(b"stco", 12, ">IIII", *(MAX_32,) * 4),
    "times-without-end": after(b"stts", 8, ">II", MAX_32, MAX_32),
    "time-scale-0": after(b"mdhd", 16, ">I", 0),
    "lasts-forever": after(b"mdhd", 20, ">I", MAX_32),
    "no-duration": after(b"mdhd", 20, ">I", 0),
    "a-thousand-boxes-deep": lambda data: data[:32] + _nested(1000) + data[32:],
}
_M4A: dict[str, Damage] = _BOXES | {
    "codec-lost": _without(b"esds"),
    "rate-0": after(b"mp4a", 28, ">I", 0),
    "no-channels": after(b"mp4a", 20, ">H", 0),
}


def _checksum(page: bytes) -> int:
    """The checksum of an Ogg page (RFC 3533, 6): CRC-32 without reflection."""
    crc = 0
    for byte in page:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ 0x04C11DB7 if crc & 0x80000000 else crc << 1) & MAX_32
    return crc


def _on_pages(place: int, value: bytes, *, page: int) -> Damage:
    """Change the head of one page and make its checksum right again."""

    def damaged(data: bytes) -> bytes:
        pages = [b"OggS" + rest for rest in data.split(b"OggS")[1:]]
        number = page if page >= 0 else len(pages) + page
        changed = bytearray(pages[number])
        changed[place : place + len(value)] = value
        changed[22:26] = bytes(4)
        changed[22:26] = struct.pack("<I", _checksum(bytes(changed)))
        pages[number] = bytes(changed)
        return b"".join(pages)

    return damaged


_PAGES: dict[str, Damage] = {
    "checksums-wrong": lambda data: data.replace(b"OggS\x00", b"OggS\x01"),
    "ends-at-the-end-of-time": _on_pages(6, struct.pack("<q", 2**62), page=-1),
    "ends-before-it-begins": _on_pages(6, struct.pack("<q", -(2**62)), page=-1),
    "another-stream": _on_pages(14, b"\xff\xff\xff\xff", page=-1),
    "page-numbers-jump": _on_pages(18, b"\xff\xff\xff\x7f", page=-1),
    "no-beginning": _on_pages(5, b"\x00", page=0),
    "segments-lie": _on_pages(26, b"\xff", page=1),
    "two-songs-in-one": lambda data: data + data,
    "only-its-headers": lambda data: data[: data.index(b"OggS", data.index(b"OggS", 10) + 4)],
}
_OGG: dict[str, Damage] = _PAGES | {
    "rate-0": _on_pages(28 + 12, struct.pack("<I", 0), page=0),
    "rate-huge": _on_pages(28 + 12, struct.pack("<I", MAX_32), page=0),
    "no-channels": _on_pages(28 + 11, b"\x00", page=0),
    "255-channels": _on_pages(28 + 11, b"\xff", page=0),
}
_OPUS: dict[str, Damage] = _PAGES | {
    "no-channels": _on_pages(28 + 9, b"\x00", page=0),
    "255-channels": _on_pages(28 + 9, b"\xff", page=0),
    "skips-all": _on_pages(28 + 10, b"\xff\xff", page=0),
    "gain-huge": _on_pages(28 + 16, b"\xff\x7f", page=0),
    "unknown-mapping": _on_pages(28 + 18, b"\xff", page=0),
    "comments-without-end": _on_pages(28 + 16, b"\xff\xff\xff\xff", page=1),
}


@cache
def zlib_bomb(count: int) -> bytes:
    """So many zero bytes, squeezed a thousandfold."""
    squeeze = zlib.compressobj(9)
    parts = [squeeze.compress(bytes(1 << 20)) for _ in range(count >> 20)]
    return b"".join(parts) + squeeze.flush()
