"""Pictures that ask for more than they are: huge sizes, bombs, animations, headers that lie."""

from __future__ import annotations

import struct
import zlib

import cv2
import numpy as np

from tests.corpus.damage import Damage, become
from tests.corpus.sounds import zlib_bomb
from tests.corpus.specimens import whole
from tests.pictures import (
    cmyk_jpeg,
    gif_of_size,
    jpeg_of_size,
    png_of_size,
    turned_by_camera,
    webp_of_size,
)

LARGEST = 7_700
"""A side of a square just under the 60 megapixels that are taken."""


def damages(kind: str) -> dict[str, Damage]:
    """Return what can be wrong with a picture of this kind in particular."""
    families = {"jpg": _JPG, "png": _PNG, "webp": _WEBP, "gif": _GIF, "heic": _HEIF, "avif": _HEIF}
    return families[kind] | {"wrong-ending": become(whole("png" if kind != "png" else "jpg"))}


def _segment(marker: int, body: bytes) -> Damage:
    """Put a segment behind the start of a JPEG."""
    packed = bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body
    return lambda data: data[:2] + packed + data[2:]


def _in_frame(offset: int, value: bytes) -> Damage:
    """Write into a JPEG's frame header."""

    def damaged(data: bytes) -> bytes:
        place = data.index(b"\xff\xc0") + offset
        return data[:place] + value + data[place + len(value) :]

    return damaged


def _scans(data: bytes, count: int) -> bytes:
    """Repeat the scans of a progressive JPEG: each is decoded over the whole picture."""
    del data
    _, encoded = cv2.imencode(
        ".jpg", np.zeros((2000, 2000, 3), np.uint8), [cv2.IMWRITE_JPEG_PROGRESSIVE, 1]
    )
    jpeg = encoded.tobytes()
    start = jpeg.rindex(b"\xff\xda")
    return jpeg[:start] + jpeg[start:-2] * count + b"\xff\xd9"


_JPG: dict[str, Damage] = {
    "says-65535": become(jpeg_of_size(65535, 65535)),
    "says-0": become(jpeg_of_size(0, 0)),
    "says-one-pixel": become(jpeg_of_size(1, 1)),
    "says-a-thread": become(jpeg_of_size(11_000, 64)),
    "says-the-most": become(jpeg_of_size(LARGEST, LARGEST)),
    "no-components": _in_frame(9, b"\x00"),
    "255-components": _in_frame(9, b"\xff"),
    "12-bit": _in_frame(4, b"\x0c"),
    "sampling-0": _in_frame(11, b"\x00"),
    "no-scan": lambda data: data[: data.index(b"\xff\xda")] + b"\xff\xd9",
    "segment-past-the-end": lambda data: data[:2] + b"\xff\xe1\xff\xff" + data[2:600],
    "turned-nine-times": lambda data: turned_by_camera(data, 9),
    "camera-note-in-circles": _segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\x08\0" * 900),
    "colour-profile-of-nonsense": _segment(0xE2, b"ICC_PROFILE\0\x01\x01" + bytes(60_000)),
    "printing-colours": become(cmyk_jpeg(20, 200, 90, 10)),
    "five-hundred-scans": lambda data: _scans(data, 500),
    "two-pictures": lambda data: data + data,
}


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _png(head: tuple[int, int, int, int, int], *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG of width, height, depth, colour type and interlacing, and of these chunks."""
    width, height, depth, colour, interlaced = head
    first = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    parts = [(b"IHDR", first), *chunks, (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts)


def _bomb(
    depth: int, colour: int, bytes_per_pixel: int, interlaced: int = 0, side: int = LARGEST
) -> Damage:
    """As many pixels as are taken, all zero, in a file of some kilobytes."""

    def damaged(_data: bytes) -> bytes:
        squeezed = zlib_bomb((side * bytes_per_pixel + 1) * side + (1 << 20))
        return _png((side, side, depth, colour, interlaced), (b"IDAT", squeezed))

    return damaged


def _before_data(*chunks: tuple[bytes, bytes]) -> Damage:
    """Put chunks behind the header, which ends at byte 33."""
    return lambda data: data[:33] + b"".join(_chunk(*chunk) for chunk in chunks) + data[33:]


def _frames(count: int) -> Damage:
    """Make it an animation of so many frames (APNG)."""
    control = struct.pack(">IIIIIHHBB", 0, 360, 480, 0, 0, 1, 10, 0, 0)
    repeated = [
        (b"fcTL", struct.pack(">I", 2 * number) + control[4:]) for number in range(1, count)
    ]
    return _before_data((b"acTL", struct.pack(">II", count, 0)), (b"fcTL", control), *repeated)


_PNG: dict[str, Damage] = {
    "says-2-billion": become(png_of_size(2**31 - 1, 2**31 - 1)),
    "says-0": become(png_of_size(0, 0)),
    "says-one-pixel": become(png_of_size(1, 1)),
    "too-little-data": become(png_of_size(3000, 3000)),
    "bomb-of-colour": _bomb(8, 2, 3),
    "bomb-with-transparency": _bomb(8, 6, 4),
    "bomb-of-16-bit": _bomb(16, 6, 8),  # refused; the next one is not
    "smaller-bomb-of-16-bit": _bomb(16, 6, 8, side=5_400),
    "bomb-interlaced": _bomb(8, 2, 3, 1),
    "bomb-of-words": _before_data((b"zTXt", b"words\0\0" + zlib_bomb(400 << 20))),
    "bomb-of-a-profile": _before_data((b"iCCP", b"p\0\0" + zlib_bomb(400 << 20))),
    "unknown-depth": become(_png((100, 100, 3, 2, 0), (b"IDAT", zlib.compress(bytes(40_000))))),
    "unknown-colours": become(_png((100, 100, 8, 7, 0), (b"IDAT", zlib.compress(bytes(40_000))))),
    "no-palette": become(_png((100, 100, 8, 3, 0), (b"IDAT", zlib.compress(bytes(10_100))))),
    "checksums-wrong": lambda data: data.replace(b"IDAT", b"IDAT\x00", 1),
    "chunk-past-the-end": lambda data: data[:33] + b"\x7f\xff\xff\xff" + data[37:],
    "no-data": lambda data: data[:33] + data[-12:],
    "a-thousand-frames": _frames(1000),
    "more-frames-than-there-are": _frames(1),
    "transparent-throughout": become(
        _png((300, 300, 8, 6, 0), (b"IDAT", zlib.compress(bytes(300 * 1201))))
    ),
}


def _riff(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"WEBP"
    for name, data in chunks:
        body += name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _canvas(flags: int, width: int, height: int) -> tuple[bytes, bytes]:
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"VP8X", bytes([flags, 0, 0, 0]) + sides


def _lossless(width: int, height: int) -> tuple[bytes, bytes]:
    bits = (width - 1) | (height - 1) << 14
    return b"VP8L", b"\x2f" + struct.pack("<I", bits) + bytes(200)


def _inner(data: bytes) -> tuple[bytes, bytes]:
    """The coded picture of a plain WebP."""
    return data[12:16], data[20:]


_WEBP: dict[str, Damage] = {
    "says-16-million": become(webp_of_size(2**24, 2**24)),
    "says-the-most": become(_riff(_lossless(LARGEST, LARGEST))),
    "lossless-too-large": become(_riff(_lossless(16_383, 16_383))),
    "length-0": lambda data: data[:4] + bytes(4) + data[8:],
    "length-huge": lambda data: data[:4] + b"\xff\xff\xff\xff" + data[8:],
    "canvas-larger-than-picture": lambda d: _riff(_canvas(0, 4000, 4000), _inner(d)),
    "canvas-smaller-than-picture": lambda d: _riff(_canvas(0, 100, 100), _inner(d)),
    "animation-without-frames": become(
        _riff(_canvas(2, 300, 300), (b"ANIM", bytes(6)), (b"ANMF", bytes(16)))
    ),
    "a-thousand-frames": lambda _: _riff(
        _canvas(2, 360, 480), (b"ANIM", bytes(6)), *[_plain_frame()] * 1000
    ),
    "transparency-of-nonsense": lambda d: _riff(
        _canvas(0x10, 360, 480), (b"ALPH", b"\x01" + bytes(300)), _inner(d)
    ),
    "only-a-canvas": become(_riff(_canvas(0, 300, 300))),
    "profile-of-4-gigabytes": lambda d: _riff(
        _canvas(0x20, 360, 480), (b"ICCP", b"x"), _inner(d)
    ).replace(b"ICCP\x01\x00\x00\x00", b"ICCP\xff\xff\xff\xff"),
}


def _plain_frame() -> tuple[bytes, bytes]:
    """A frame of an animation, all of one colour."""
    _, encoded = cv2.imencode(".webp", np.full((480, 360, 3), 90, np.uint8))
    name, coded = _inner(encoded.tobytes())
    sides = (359).to_bytes(3, "little") + (479).to_bytes(3, "little")
    head = bytes(6) + sides + (40).to_bytes(3, "little") + b"\x00"
    return b"ANMF", head + name + struct.pack("<I", len(coded)) + coded + bytes(len(coded) % 2)


def _gif(screen: tuple[int, int], *frames: tuple[int, int, int, int], code_bits: int = 2) -> bytes:
    """A GIF of a screen and of frames, each left, top, width and height; their data is one byte."""
    head = b"GIF89a" + struct.pack("<HH", *screen) + b"\x80\x00\x00" + bytes((0, 0, 0, 255, 0, 0))
    parts = [
        b"," + struct.pack("<HHHH", *frame) + b"\x00" + bytes([code_bits]) + b"\x02\x4c\x01\x00"
        for frame in frames
    ]
    return head + b"".join(parts) + b";"


_GIF: dict[str, Damage] = {
    "says-65535": become(gif_of_size(65535, 65535)),
    "says-0": become(gif_of_size(0, 0)),
    "says-the-most": become(_gif((LARGEST, LARGEST), (0, 0, LARGEST, LARGEST))),
    "frame-larger-than-screen": become(_gif((100, 100), (0, 0, 65535, 65535))),
    "frame-beside-the-screen": become(_gif((100, 100), (60_000, 60_000, 100, 100))),
    "frame-of-nothing": become(_gif((100, 100), (0, 0, 0, 0))),
    "no-frames": become(_gif((100, 100))),
    "ten-thousand-frames": become(_gif((100, 100), *[(0, 0, 100, 100)] * 10_000)),
    "frames-of-the-most": become(_gif((LARGEST, LARGEST), *[(0, 0, LARGEST, LARGEST)] * 300)),
    "codes-of-255-bits": become(_gif((100, 100), (0, 0, 100, 100), code_bits=255)),
    "codes-of-no-bits": become(_gif((100, 100), (0, 0, 100, 100), code_bits=0)),
    "no-end": lambda data: data[:-1],
    "words-without-end": lambda data: data[:13] + b"!\xfe" + b"\xff" * 300_000,
    "unknown-block": lambda data: data[:13] + b"\x99" + data[13:],
}


def _replaced(old: bytes, new: bytes, data: bytes) -> bytes:
    assert old in data, old
    return data.replace(old, new, 1)


def _in_box(name: bytes, offset: int, value: bytes) -> Damage:
    """Write into the body of the first box of a name."""

    def damaged(data: bytes) -> bytes:
        place = data.index(name) + 4 + offset
        return data[:place] + value + data[place + len(value) :]

    return damaged


def _without(name: bytes) -> Damage:
    """Take a box away, by giving it a name that nobody knows."""
    return lambda data: _replaced(name, b"free", data)


_GRID = struct.pack(">BBBBHH", 0, 0, 1, 1, 360, 480)
"""How the whole picture is put together: two rows of two tiles."""
_TILE_SIDES, _WHOLE_SIDES = struct.pack(">II", 256, 256), struct.pack(">II", 360, 480)

_HEIF: dict[str, Damage] = {
    "says-4-billion": lambda data: _replaced(_WHOLE_SIDES, b"\xff" * 8, data),
    "says-0": lambda data: _replaced(_WHOLE_SIDES, bytes(8), data),
    "grid-says-65535": lambda data: _replaced(_GRID, _GRID[:4] + b"\xff" * 4, data),
    "grid-of-65536-tiles": lambda data: _replaced(_GRID, b"\0\0\xff\xff" + _GRID[4:], data),
    "grid-of-one-pixel": lambda data: _replaced(_GRID, _GRID[:4] + b"\0\1\0\1", data),
    "tiles-say-65535": lambda data: _replaced(_TILE_SIDES, b"\0\0\xff\xff" * 2, data),
    "tiles-say-one-pixel": lambda data: _replaced(_TILE_SIDES, b"\0\0\0\1" * 2, data),
    "tiles-in-circles": _in_box(b"dimg", 4, b"\0\5" * 4),
    "tiles-all-the-same": _in_box(b"dimg", 4, b"\0\1" * 4),
    "tiles-that-are-not-there": _in_box(b"dimg", 4, b"\x77\x77" * 4),
    "more-tiles-than-bytes": _in_box(b"dimg", 2, b"\xff\xff"),
    "no-tiles": _without(b"iref"),
    "no-table": _without(b"meta"),
    "no-primary": _without(b"pitm"),
    "another-primary": _in_box(b"pitm", 4, b"\x12\x34"),
    "places-past-the-end": _in_box(b"iloc", 16, b"\xff\xff\xff\xff"),
    "65535-places": _in_box(b"iloc", 6, b"\xff\xff"),
    "65535-pieces": _in_box(b"iloc", 14, b"\xff\xff"),
    "numbers-of-15-bytes": _in_box(b"iloc", 4, b"\xff\xff"),
    "numbers-of-no-bytes": _in_box(b"iloc", 4, b"\0\0"),
    "no-settings": lambda data: data.replace(b"hvcC", b"free").replace(b"av1C", b"free"),
    "settings-of-nonsense": lambda data: _in_box(_settings(data), 0, b"\xff" * 20)(data),
    "no-properties": _without(b"ipma"),
    "255-properties-each": _in_box(b"ipma", 10, b"\xff"),
    "box-of-2-to-the-63": lambda data: _replaced(
        _length_of(data, b"ipco") + b"ipco", b"\0\0\0\1ipco\x7f" + b"\xff" * 7, data
    ),
    "box-smaller-than-its-head": lambda data: _replaced(
        _length_of(data, b"ipco") + b"ipco", b"\0\0\0\2ipco", data
    ),
    "ten-thousand-boxes": lambda data: data + struct.pack(">I4s", 8, b"free") * 10_000,
    "turned-unheard-of": _in_box(b"irot", 0, b"\xff"),
    "turned-by-nothing": lambda data: _replaced(b"\0\0\0\x09irot", b"\0\0\0\x08irot", data),
    "colours-unheard-of": _in_box(b"nclx", 4, b"\xff\xff"),
    "colours-of-no-length": _in_box(b"colr", -8, b"\0\0\0\x0c"),
}
"""Tables that lie; the specimen is four tiles that are turned once."""


def _settings(data: bytes) -> bytes:
    return b"hvcC" if b"hvcC" in data else b"av1C"


def _length_of(data: bytes, name: bytes) -> bytes:
    place = data.index(name)
    return data[place - 4 : place]
