"""What happens to any file on its way: it is cut, flipped, zeroed, mixed with others, misnamed.

Each function takes whole bytes and returns damaged ones, the same ones each time.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

Damage = Callable[[bytes], bytes]

PAGE = b"<!doctype html><html><head><title>404</title></head><body>Not here.</body></html>" * 20
ZIP = b"PK\x03\x04\x14\x00\x00\x00\x08\x00" + bytes(range(256)) * 8
HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(4000)
AVIF = b"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1miaf" + bytes(4000)


def first(share: float) -> Damage:
    return lambda data: data[: int(len(data) * share)]


def keep(count: int) -> Damage:
    return lambda data: data[:count]


def lose(count: int) -> Damage:
    return lambda data: data[:-count]


def fill(start: float, end: float, value: int) -> Damage:
    """Overwrite a stretch, given in shares of the length."""

    def damaged(data: bytes) -> bytes:
        low, high = int(len(data) * start), int(len(data) * end)
        return data[:low] + bytes([value]) * (high - low) + data[high:]

    return damaged


def flip(share: float, within: float = 1.0) -> Damage:
    """Flip one bit in a share of the bytes of the first part of the file; at least one."""

    def damaged(data: bytes) -> bytes:
        draw = Random(f"{share} {within}")
        changed = bytearray(data)
        reach = max(1, int(len(data) * within))
        for _ in range(max(1, int(reach * share))):
            changed[draw.randrange(reach)] ^= 1 << draw.randrange(8)
        return bytes(changed)

    return damaged


def shuffle(block: int) -> Damage:
    def damaged(data: bytes) -> bytes:
        blocks = [data[at : at + block] for at in range(0, len(data), block)]
        rest = blocks[1:]
        Random(block).shuffle(rest)
        return b"".join(blocks[:1] + rest)

    return damaged


def noise(count: int, keep_head: int) -> Damage:
    """Keep the head and put so many random bytes behind it."""
    return lambda data: data[:keep_head] + Random(count).randbytes(count)


def become(content: bytes) -> Damage:
    """Something else entirely, under the old name."""
    return lambda _data: content


EVERYWHERE: dict[str, Damage] = {
    "empty": keep(0),
    "one-byte": keep(1),
    "four-bytes": keep(4),
    "sixteen-bytes": keep(16),
    "sixty-four-bytes": keep(64),
    "half-a-kilobyte": keep(512),
    "a-tenth": first(0.1),
    "a-half": first(0.5),
    "nine-tenths": first(0.9),
    "last-byte-lost": lose(1),
    "end-lost": lose(40),
    "beginning-lost": lambda data: data[len(data) // 3 :],
    "middle-lost": lambda data: data[: len(data) // 3] + data[2 * len(data) // 3 :],
    "head-zeroed": lambda data: bytes(16) + data[16:],
    "header-zeroed": lambda data: data[:8] + bytes(120) + data[128:],
    "middle-zeroed": fill(0.3, 0.7, 0),
    "end-zeroed": fill(0.5, 1, 0),
    "middle-filled": fill(0.3, 0.7, 0xFF),
    "all-zeros": fill(0, 1, 0),
    "all-ones": fill(0, 1, 0xFF),
    "one-bit": flip(0.0),
    "head-bits": flip(0.05, 0.02),
    "few-bits": flip(0.0005),
    "more-bits": flip(0.005),
    "many-bits": flip(0.05),
    "reversed": lambda data: data[::-1],
    "small-blocks-shuffled": shuffle(64),
    "large-blocks-shuffled": shuffle(4096),
    "twice": lambda data: data * 2,
    "garbage-behind": lambda data: data + Random(1).randbytes(50_000),
    "garbage-before": lambda data: Random(2).randbytes(1000) + data,
    "text-before": lambda data: b"HTTP/1.1 200 OK\r\n\r\n" + data,
    "noise-behind-head": noise(60_000, 12),
    "noise-behind-header": noise(60_000, 200),
    "zeros-behind-header": lambda data: data[:200] + bytes(8_000_000),
    "line-ends-changed": lambda data: data.replace(b"\n", b"\r\n"),
    "is-a-page": become(PAGE),
    "is-a-zip": become(ZIP),
    "is-heic": become(HEIC),
    "is-avif": become(AVIF),
}
