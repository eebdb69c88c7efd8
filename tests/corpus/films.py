"""Films whose boxes lie: about how many frames there are, how large, how long, where."""

from __future__ import annotations

from tests.corpus.damage import Damage, become
from tests.corpus.sounds import MAX_32, after, boxes
from tests.corpus.specimens import whole


def damages(kind: str) -> dict[str, Damage]:
    """Return what can be wrong with a film of this kind in particular."""
    own = _MP4 if kind == "mp4" else _WEBM
    return own | {
        "wrong-ending": become(whole("webm" if kind == "mp4" else "mp4")),
        "is-a-song": become(whole("m4a" if kind == "mp4" else "ogg")),
        "is-a-picture": become(whole("jpg")),
    }


_MP4: dict[str, Damage] = boxes() | {
    "says-65535-pixels": after(b"avc1", 28, ">HH", 65535, 65535),
    "says-no-pixels": after(b"avc1", 28, ">HH", 0, 0),
    "another-size-than-coded": after(b"avc1", 28, ">HH", 640, 480),
    "turned-askew": after(b"tkhd", 44, ">iiii", 0x0000B505, 0x0000B505, 0, -0x0000B505),
    "frames-of-years": after(b"stts", 12, ">II", 30, MAX_32),
    "frames-of-no-time": after(b"stts", 12, ">II", 30, 0),
}
_WEBM: dict[str, Damage] = {
    "says-65535-pixels": lambda data: data.replace(b"\xb0\x81\xa0", b"\xb0\x81\xff", 1),
    "scale-of-time-0": lambda data: data.replace(
        b"\x2a\xd7\xb1\x83\x0f\x42\x40", b"\x2a\xd7\xb1\x83\x00\x00\x00", 1
    ),
    "scale-of-time-huge": lambda data: data.replace(
        b"\x2a\xd7\xb1\x83\x0f\x42\x40", b"\x2a\xd7\xb1\x83\xff\xff\xff", 1
    ),
    "another-codec": lambda data: data.replace(b"V_VP9", b"V_VP8", 1),
    "no-codec": lambda data: data.replace(b"V_VP9", b"V_XXX", 1),
    "clusters-lost": lambda data: data.replace(b"\x1f\x43\xb6\x75", b"\xec\x43\xb6\x75"),
}
