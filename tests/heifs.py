"""HEIC and AVIF files made by code, the way phones write them: a grid of tiles, a note that turns it."""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import av
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
_CODECS = {"heic": ("libx265", b"hvc1", b"hvcC"), "avif": ("libsvtav1", b"av01", b"av1C")}
_ALPHA = b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0"


class Coded(NamedTuple):
    settings: bytes
    data: bytes


def heif(
    rgb: Pixels,
    kind: str = "heic",
    *,
    tile: int = 0,
    turn: int = 0,
    mirror: int | None = None,
    alpha: Pixels | None = None,
    full_range: bool = True,
) -> bytes:
    """Return a picture as a file; ``tile`` is the side of its tiles, 0 for a single one.

    ``turn`` is the number of quarter turns to the left that a reader is asked for.
    """
    file = _File(kind, full_range)
    height, width = rgb.shape[:2]
    side = tile or max(width, height)
    tiles = [
        file.add_coded(_padded(rgb[top : top + side, left : left + side], tile))
        for top in range(0, height, side)
        for left in range(0, width, side)
    ]
    primary = tiles[0]
    if tile:
        rows, columns = -(-height // side), -(-width // side)
        grid = struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, width, height)
        primary = file.add(b"grid", grid, [_sized(width, height)])
        file.links.append(
            _box(b"dimg", struct.pack(f">HH{len(tiles)}H", primary, len(tiles), *tiles))
        )
    if turn:
        file.properties[primary].append(_box(b"irot", bytes([turn])))
    if mirror is not None:
        file.properties[primary].append(_box(b"imir", bytes([mirror])))
    if alpha is not None:
        number = file.add_coded(np.repeat(alpha[..., None], 3, axis=2))
        file.properties[number].append(_box(b"auxC", bytes(4) + _ALPHA))
        file.links.append(_box(b"auxl", struct.pack(">HHH", number, 1, primary)))
    return file.written(primary)


def _padded(rgb: Pixels, side: int) -> Pixels:
    if not side:
        return rgb
    rows, columns = side - rgb.shape[0], side - rgb.shape[1]
    return np.pad(rgb, ((0, rows), (0, columns), (0, 0)), mode="edge")


class _File:
    """Gathers items, then writes the tables that lead to them."""

    def __init__(self, kind: str, full_range: bool) -> None:
        self.kind, self.full_range = kind, full_range
        self.items: list[tuple[bytes, bytes]] = []
        self.properties: dict[int, list[bytes]] = {}
        self.links: list[bytes] = []

    def add(self, kind: bytes, data: bytes, properties: list[bytes]) -> int:
        self.items.append((kind, data))
        self.properties[len(self.items)] = properties
        return len(self.items)

    def add_coded(self, rgb: Pixels) -> int:
        codec, item, settings = _CODECS[self.kind]
        coded = _encode(rgb, codec, self.full_range)
        nclx = b"nclx" + struct.pack(">HHHB", 1, 13, 6, 0x80 * self.full_range)
        height, width = rgb.shape[:2]
        return self.add(
            item,
            coded.data,
            [_sized(width, height), _box(settings, coded.settings), _box(b"colr", nclx)],
        )

    def written(self, primary: int) -> bytes:
        head = _box(b"ftyp", self.kind.encode() + bytes(4) + b"mif1" + self.kind.encode())
        length = len(head) + len(self._meta(primary, 0)) + 8
        body = b"".join(data for kind, data in self.items if kind != b"grid")
        return head + self._meta(primary, length) + _box(b"mdat", body)

    def _meta(self, primary: int, start: int) -> bytes:
        infos, places, at = b"", b"", start
        for number, (kind, data) in enumerate(self.items, 1):
            infos += _box(b"infe", b"\x02\0\0\0" + struct.pack(">HH", number, 0) + kind + b"\0")
            # How tiles are put together lies in the table itself, as phones do it.
            is_inside = kind == b"grid"
            places += struct.pack(
                ">HHHHII", number, is_inside, 0, 1, 0 if is_inside else at, len(data)
            )
            at += 0 if is_inside else len(data)
        known = sorted({each for all_ in self.properties.values() for each in all_})
        marks = b""
        for number, properties in self.properties.items():
            indexes = bytes(known.index(each) + 1 for each in properties)
            marks += struct.pack(">HB", number, len(indexes)) + indexes
        count = len(self.items)
        return _box(
            b"meta",
            bytes(4)
            + _box(b"hdlr", bytes(8) + b"pict" + bytes(13))
            + _box(b"pitm", bytes(4) + struct.pack(">H", primary))
            + _box(b"iloc", b"\1\0\0\0\x44\x00" + struct.pack(">H", count) + places)
            + _box(b"iinf", bytes(4) + struct.pack(">H", count) + infos)
            + (_box(b"iref", bytes(4) + b"".join(self.links)) if self.links else b"")
            + b"".join(_box(b"idat", data) for kind, data in self.items if kind == b"grid")
            + _box(
                b"iprp",
                _box(b"ipco", b"".join(known))
                + _box(b"ipma", bytes(4) + struct.pack(">I", count) + marks),
            ),
        )


@contextmanager
def _scheduled_as_before() -> Iterator[None]:
    """Take back what SVT-AV1 does to the thread that encodes: root's becomes a real-time one.

    So would every process that is started from it, and they would let nobody else work.
    """
    policy, parameters = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        os.sched_setscheduler(0, policy, parameters)


@_scheduled_as_before()
def _encode(rgb: Pixels, codec: str, full_range: bool) -> Coded:
    """Encode one frame, by way of a film that is taken apart again."""
    target = io.BytesIO()
    height, width = rgb.shape[:2]
    with av.open(target, "w", format="matroska") as output:
        stream = output.add_stream(codec, rate=1, options={"crf": "12", "preset": _FAST[codec]})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.color_range = 2 if full_range else 1
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
        frame = frame.reformat(
            format="yuv420p", dst_colorspace=5, dst_color_range=2 if full_range else 1
        )
        for packet in (*stream.encode(frame), *stream.encode(None)):
            output.mux(packet)
    with av.open(io.BytesIO(target.getvalue())) as film:
        (stream,) = film.streams.video
        data = b"".join(bytes(packet) for packet in film.demux(stream))
        return Coded(stream.codec_context.extradata or b"", data)


_FAST = {"libx265": "ultrafast", "libsvtav1": "12"}


def _sized(width: int, height: int) -> bytes:
    return _box(b"ispe", bytes(4) + struct.pack(">II", width, height))


def _box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + name + body
