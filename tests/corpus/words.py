"""Lyrics that are none, or that a reader could choke on."""

from __future__ import annotations

from random import Random

from tests.corpus.damage import Damage, become

MEGABYTE = 1_000_000


def damages(_kind: str) -> dict[str, Damage]:
    """Return what can be wrong with timed lyrics in particular."""
    return _LRC


def _lines(count: int, text: str = "the same words") -> bytes:
    stamped = (f"[{at // 60 % 600:02d}:{at % 60:02d}.00]{text}" for at in range(count))
    return "\n".join(stamped).encode()[:MEGABYTE]


_LRC: dict[str, Damage] = {
    "one-line-without-end": become(b"[00:01.00]" + b"la " * (MEGABYTE // 3 - 10)),
    "one-word-without-end": become(b"[00:01.00]" + b"a" * (MEGABYTE - 10)),
    "only-stamps": become(b"[00:01.00]" * (MEGABYTE // 10)),
    "stamps-for-a-long-line": become(b"[00:01.00]" * 40_000 + b"la " * 150_000),
    "only-word-stamps": become(b"[00:01.00]" + b"<00:01.00>" * (MEGABYTE // 10 - 1)),
    "a-word-for-each-stamp": become(b"[00:01.00]" + b"<00:01.00>a" * (MEGABYTE // 11 - 1)),
    "fifty-thousand-lines": become(_lines(50_000)),
    "lines-of-nothing": become(b"\n" * MEGABYTE),
    "different-lines": become(b"\n".join(b"[00:%02d.00]%d" % (n % 60, n) for n in range(50_000))),
    "brackets": become(b"[" * MEGABYTE),
    "digits": become(b"[" + b"9" * (MEGABYTE - 1)),
    "spaces": become(b" " * MEGABYTE),
    "times-of-years": become(b"[999:99.99]late\n[000:00.000]early"),
    "offset-of-years": become(b"[offset:9999999]\n[00:01.00]words"),
    "offset-of-nonsense": become(b"[offset:+-+]\n[00:01.00]words"),
    "offset-without-end": become(b"[offset:" + b"9" * 5000 + b"]\n[00:01.00]words"),
    "zero-bytes": become(b"[00:01.00]\0\0\0words\0"),
    "controls": become(bytes(range(32)) * 100 + b"[00:01.00]words"),
    "backwards-script": become("[00:01.00]\u202ewords\u202c \u200f\u200e".encode()),
    "marks-on-marks": become(("[00:01.00]" + "z" + "\u0301" * 50_000).encode()),
    "emoji": become(("[00:01.00]" + "👩‍👩‍👧‍👦" * 5_000).encode()),
    "half-a-character": become("[00:01.00]Café".encode()[:-1]),
    "two-encodings": become("[00:01.00]Café\n".encode() + "[00:02.00]Café".encode("cp1252")),
    "wide-characters": become("[00:01.00]words".encode("utf-16")),
    "wider-characters": become("[00:01.00]words".encode("utf-32")),
    "wide-without-mark": become("[00:01.00]words".encode("utf-16-le")),
    "odd-wide": become("[00:01.00]words".encode("utf-16")[:-1]),
    "lone-surrogates": become(b"\xff\xfe" + b"\x00\xd8" * 300),
    "marks-of-order": become(b"\xef\xbb\xbf" * 1000 + b"[00:01.00]words"),
    "old-line-ends": become(b"[00:01.00]a\r[00:02.00]b\r"),
    "random": become(Random(9).randbytes(100_000)),
}
