"""Which bytes of a file are asked for: the Range header of HTTP (RFC 9110, section 14)."""

from __future__ import annotations

import re

_SINGLE = re.compile(r"bytes\s*=\s*(\d{0,18})-(\d{0,18})\s*", re.ASCII)

Unsatisfiable = "unsatisfiable"


def read_range(header: str | None, size_bytes: int) -> tuple[int, int] | str | None:
    """Return the first byte and the one after the last.

    None stands for the whole file: no header, several ranges at once, or
    another unit, which a server may pass over. ``Unsatisfiable`` is a range
    that lies behind the end. ``bytes=-5`` asks for the last five.
    """
    found = _SINGLE.fullmatch(header or "")
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        length = min(int(found[2]), size_bytes)
        return (size_bytes - length, size_bytes) if length else Unsatisfiable
    first = int(found[1])
    last = int(found[2]) if found[2] else size_bytes - 1
    if found[2] and last < first:
        return None
    return (first, min(last + 1, size_bytes)) if first < size_bytes else Unsatisfiable
