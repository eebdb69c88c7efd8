"""Tells what lies in a HEIC or AVIF file: the picture, its tiles, how it is turned. Nothing is decoded.

Phones keep their photographs so: frames of a film, often one for every 512 by
512 pixels, and a table that puts them together.

Layouts: boxes (ISO/IEC 14496-12, 4.2, 8.11), pictures (ISO/IEC 23008-12, 6.5, 6.6, 9.3).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

HeifKind = Literal["heic", "avif"]

_KINDS: dict[bytes, HeifKind] = {b"hvc1": "heic", b"av01": "avif"}
_SETTINGS = (b"hvcC", b"av1C")
_ALPHA = (b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0", b"urn:mpeg:hevc:2015:auxid:1\0")
_MOST_TABLE_BYTES = 1 << 20
_MOST_ITEMS, _MOST_PIECES = 4096, 64
"""A photograph of 48 megapixels has 192 tiles, each in one piece."""
_MOST_SPARE = 1024
"""Pixels by which a tile may be longer than the picture that it is for."""

Properties = tuple[tuple[bytes, bytes], ...]
"""Names and bodies, in the order in which they are to be applied."""


class Tile(NamedTuple):
    """A frame of film: a part of a picture, or all of it."""

    kind: HeifKind
    width: int
    height: int
    settings: bytes
    """What its decoder has to be told beforehand (hvcC, av1C)."""
    data: bytes
    colour: tuple[int, bool] | None
    """The matrix (ITU-T H.273, table 4) and whether all levels are used; None: the frame itself tells."""


class HeifPicture(NamedTuple):
    """A picture made of tiles."""

    width: int
    height: int
    """As stored: before it is turned."""
    columns: int
    tiles: tuple[Tile, ...]
    """Row by row, all of one size."""
    turns: Properties
    """Quarter turns (``irot``) and mirrors (``imir``)."""
    is_complete: bool
    """False when the file ends before its pictures do."""
    alpha: HeifPicture | None = None
    """How much is there of each pixel, as brightness."""

    @property
    def kind(self) -> HeifKind:
        """What it is made of."""
        return self.tiles[0].kind


class _Cursor:
    """Reads numbers, one after the other."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def number(self, size: int) -> int:
        """Return the next unsigned number of ``size`` bytes."""
        return int.from_bytes(self.taken(size), "big")

    def taken(self, size: int) -> bytes:
        """Return the next ``size`` bytes; raises ``ValueError`` where there are fewer."""
        found = self.data[self.at : self.at + size]
        if len(found) < size:
            raise ValueError("the table is cut off")
        self.at += size
        return found


class _Table(NamedTuple):
    """What a file says of the items in it, by their numbers."""

    primary: int
    kinds: dict[int, bytes]
    places: dict[int, tuple[int, list[tuple[int, int]]]]
    """0 for the file, 1 for the table's own store; then where each piece lies, and its length."""
    links: dict[bytes, list[tuple[int, list[int]]]]
    properties: dict[int, Properties]
    store: bytes


def read_heif(content: bytes) -> HeifPicture | None:
    """Return the picture in a HEIC or AVIF file; None for any other file, and for a damaged table."""
    if content[4:8] != b"ftyp":
        return None
    try:
        table = _read_table(content)
        picture = _picture(table, content, table.primary)
        return picture._replace(alpha=_alpha(picture, table, content))
    except (ValueError, KeyError, IndexError):
        return None


def _read_table(content: bytes) -> _Table:
    meta = dict(_boxes(content))[b"meta"][4:]
    if len(meta) > _MOST_TABLE_BYTES:
        raise ValueError("the table is too large")
    boxes = dict(_boxes(meta))
    primary = _Cursor(boxes[b"pitm"])
    size = 4 if primary.number(4) >> 24 else 2
    return _Table(
        primary=primary.number(size),
        kinds=_read_kinds(boxes[b"iinf"]),
        places=_read_places(boxes[b"iloc"]),
        links=_read_links(boxes.get(b"iref", bytes(4))),
        properties=_read_properties(boxes[b"iprp"]),
        store=boxes.get(b"idat", b""),
    )


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the boxes that lie in a body one after the other: their names and bodies."""
    at = 0
    while at + 8 <= len(data):
        head = _Cursor(data[at : at + 16])
        size, name = head.number(4), head.taken(4)
        if size == 1:
            size = head.number(8)
        size = size or len(data) - at
        if size < head.at:
            raise ValueError("a box is smaller than its head")
        yield name, data[at + head.at : at + size]
        at += size


def _read_kinds(body: bytes) -> dict[int, bytes]:
    version = body[0] if body else 0
    kinds = {}
    for name, entry in _boxes(body[8 if version else 6 :]):
        reader = _Cursor(entry)
        wide = reader.number(4) >> 24 > 2
        if name == b"infe":
            number = reader.number(4 if wide else 2)
            reader.taken(2)
            kinds[number] = reader.taken(4)
    return kinds


def _read_places(body: bytes) -> dict[int, tuple[int, list[tuple[int, int]]]]:
    reader = _Cursor(body)
    version, sizes = reader.number(4) >> 24, reader.number(2)
    offset_size, length_size, base_size, index_size = (
        sizes >> shift & 15 for shift in (12, 8, 4, 0)
    )
    places = {}
    for _ in range(_few(reader.number(4 if version == 2 else 2), _MOST_ITEMS)):
        number = reader.number(4 if version == 2 else 2)
        method = reader.number(2) & 15 if version else 0
        reader.taken(2)
        base = reader.number(base_size)
        pieces = []
        for _ in range(_few(reader.number(2), _MOST_PIECES)):
            reader.taken(index_size if version else 0)
            pieces.append((base + reader.number(offset_size), reader.number(length_size)))
        places[number] = (method, pieces)
    return places


def _read_links(body: bytes) -> dict[bytes, list[tuple[int, list[int]]]]:
    size = 4 if body[0] else 2
    links: dict[bytes, list[tuple[int, list[int]]]] = {}
    for name, entry in _boxes(body[4:]):
        reader = _Cursor(entry)
        source, count = reader.number(size), _few(reader.number(2), _MOST_ITEMS)
        links.setdefault(name, []).append((source, [reader.number(size) for _ in range(count)]))
    return links


def _read_properties(body: bytes) -> dict[int, Properties]:
    boxes = list(_boxes(body))
    known = list(_boxes(dict(boxes)[b"ipco"]))
    properties: dict[int, Properties] = {}
    for reader in (_Cursor(entry) for name, entry in boxes if name == b"ipma"):
        flags = reader.number(4)
        for _ in range(_few(reader.number(4), _MOST_ITEMS)):
            number = reader.number(4 if flags >> 24 else 2)
            wide = bool(flags & 1)
            marks = [reader.number(1 + wide) for _ in range(reader.number(1))]
            # The first bit says that a reader must know the property; 0 is for none.
            indexes = [mark & (0x7FFF if wide else 0x7F) for mark in marks]
            properties[number] = tuple(known[i - 1] for i in indexes if 0 < i <= len(known))
    return properties


def _few(count: int, most: int) -> int:
    if count > most:
        raise ValueError(f"{count} entries are too many")
    return count


def _picture(table: _Table, content: bytes, number: int) -> HeifPicture:
    properties = table.properties[number]
    width, height = _size(properties)
    turns = tuple((name, body) for name, body in properties if name in (b"irot", b"imir") and body)
    if table.kinds[number] != b"grid":
        _check_lengths(table, content, [number])
        tile, is_whole = _tile(table, content, number)
        return HeifPicture(width, height, 1, (tile,), turns, is_whole)
    rows, columns, width, height = _read_grid(_data(table, content, number)[0])
    parts = dict(table.links[b"dimg"])[number]
    if len(parts) != rows * columns:
        raise ValueError("tiles are missing")
    _check_lengths(table, content, parts)
    tiles, are_whole = zip(*(_tile(table, content, part) for part in parts), strict=True)
    _check_grid(tiles, rows, columns, width, height)
    return HeifPicture(width, height, columns, tiles, turns, all(are_whole))


def _size(properties: Properties) -> tuple[int, int]:
    reader = _Cursor(dict(properties)[b"ispe"][4:])
    width, height = reader.number(4), reader.number(4)
    if not (width and height):
        raise ValueError("a picture has no size")
    return width, height


def _tile(table: _Table, content: bytes, number: int) -> tuple[Tile, bool]:
    """Return an item as a tile, and whether all of it is there."""
    properties = dict(table.properties[number])
    width, height = _size(table.properties[number])
    [settings] = [properties[name] for name in _SETTINGS if name in properties]
    data, is_whole = _data(table, content, number)
    kind, colour = _KINDS[table.kinds[number]], _colour(table.properties[number])
    return Tile(kind, width, height, settings, data, colour), is_whole


def _colour(properties: Properties) -> tuple[int, bool] | None:
    for name, body in properties:
        if name == b"colr" and body.startswith(b"nclx"):
            reader = _Cursor(body[8:])
            return reader.number(2), bool(reader.number(1) >> 7)
    return None


def _check_lengths(table: _Table, content: bytes, numbers: list[int]) -> None:
    """Hold items to what the file has: pieces that lie over each other would make much of little."""
    there = sum(
        max(0, min(length, len(content) - at))
        for number in numbers
        for at, length in table.places[number][1]
    )
    if there > len(content):
        raise ValueError("pieces lie over each other")


def _data(table: _Table, content: bytes, number: int) -> tuple[bytes, bool]:
    method, pieces = table.places[number]
    if method > 1:
        raise ValueError("an item lies inside another")
    source = table.store if method else content
    found = [source[at : at + length] for at, length in pieces]
    is_whole = all(len(part) == length for part, (_, length) in zip(found, pieces, strict=True))
    return b"".join(found), is_whole


def _read_grid(body: bytes) -> tuple[int, int, int, int]:
    """Return rows, columns, width and height of a picture that is put together."""
    reader = _Cursor(body)
    size = 4 if reader.number(2) & 1 else 2
    rows, columns = reader.number(1) + 1, reader.number(1) + 1
    return rows, columns, reader.number(size), reader.number(size)


def _check_grid(tiles: tuple[Tile, ...], rows: int, columns: int, width: int, height: int) -> None:
    """Hold the tiles to one size that just covers the picture: else a small file could ask for much work."""
    if len({(tile.kind, tile.width, tile.height) for tile in tiles}) > 1:
        raise ValueError("tiles differ in size")
    for count, side, whole in ((columns, tiles[0].width, width), (rows, tiles[0].height, height)):
        if not (count - 1) * side < whole <= count * side or side > whole + _MOST_SPARE:
            raise ValueError("tiles do not fit the picture")


def _alpha(picture: HeifPicture, table: _Table, content: bytes) -> HeifPicture | None:
    """Return the picture that says how transparent another one is, if there is any: of the same size."""
    for number, targets in table.links.get(b"auxl", []):
        kind = dict(table.properties.get(number, ())).get(b"auxC", b"")[4:]
        if table.primary in targets and kind.startswith(_ALPHA):
            alpha = _picture(table, content, number)
            if (alpha.width, alpha.height) != (picture.width, picture.height):
                raise ValueError("transparency has another size")
            return alpha
    return None
