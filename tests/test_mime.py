"""Files are judged by their content: real encoders' first bytes, and things that are no media."""

from __future__ import annotations

import io
import wave

import av
import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backline.mime import EXTENSIONS, SNIFF_BYTES, is_accepted, kind_of, sniff
from tests.heifs import heif

TONE = (np.sin(np.arange(44_100) / 20) * 8_000).astype(np.int16)
PICTURE = np.random.default_rng(1).integers(0, 255, (64, 64, 3), dtype=np.uint8)


def encoded(container: str, codec: str, *, layout: str = "mono") -> bytes:
    """Encode a second of a tone with the encoder that most people's files come from."""
    target = io.BytesIO()
    with av.open(target, "w", format=container) as output:
        stream = output.add_stream(codec, rate=48_000 if "opus" in codec else 44_100, layout=layout)
        frame = av.AudioFrame.from_ndarray(TONE.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = 44_100
        for out in (*av.AudioResampler(stream.format, layout, stream.rate).resample(frame), None):
            output.mux(stream.encode(out))
    return target.getvalue()


def as_wav() -> bytes:
    target = io.BytesIO()
    with wave.open(target, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(44_100)
        out.writeframes(TONE.tobytes())
    return target.getvalue()


def as_video(container: str, codec: str) -> bytes:
    target = io.BytesIO()
    with av.open(target, "w", format=container) as output:
        stream = output.add_stream(codec, rate=30)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        for frame in (av.VideoFrame.from_ndarray(PICTURE, format="rgb24"), None):
            output.mux(stream.encode(frame))
    return target.getvalue()


def as_picture(ending: str) -> bytes:
    return cv2.imencode(ending, PICTURE)[1].tobytes()


MP3 = encoded("mp3", "libmp3lame")
BARE_MP3 = MP3[MP3.index(b"\xff\xfb") :]
CASES = {
    "mp3 with ID3": (MP3, "audio/mpeg"),
    "bare mp3 frames": (BARE_MP3, "audio/mpeg"),
    "one mp3 frame": (BARE_MP3[:100], "audio/mpeg"),
    "m4a": (encoded("ipod", "aac"), "audio/mp4"),
    "aac": (encoded("adts", "aac"), "audio/aac"),
    "opus": (encoded("ogg", "libopus"), "audio/ogg"),
    "flac": (encoded("flac", "flac"), "audio/flac"),
    "flac behind ID3": (b"ID3\x04\x00\x00\x00\x00\x00\x05" + b"\x00" * 5 + b"fLaC", "audio/flac"),
    "wav": (as_wav(), "audio/wav"),
    "jpg": (as_picture(".jpg"), "image/jpeg"),
    "png": (as_picture(".png"), "image/png"),
    "webp": (as_picture(".webp"), "image/webp"),
    "gif": (b"GIF89a" + bytes(20), "image/gif"),
    "heic": (heif(PICTURE, "heic"), "image/heic"),
    "avif": (heif(PICTURE, "avif"), "image/avif"),
    "avif by its second name": (b"\0\0\0\x18ftypmif1\0\0\0\0miafavif", "image/avif"),
    "mp4": (as_video("mp4", "libx264"), "video/mp4"),
    "mov": (as_video("mov", "libx264"), "video/quicktime"),
    "webm": (as_video("webm", "libvpx"), "video/webm"),
    "lrc": (b"[ar:Vega]\r\n[00:12.50]Headlights in the rain\r\n", "text/lrc"),
    "lrc with mark": ("\ufeff[00:01]夜\n".encode(), "text/lrc"),
    "old lyrics": ("[00:01.00]Café\n".encode("latin-1"), "text/lrc"),
    "old Japanese lyrics": ("[00:01.00]夜のドライブ\n".encode("shift-jis"), "text/lrc"),
    "plain words": ("Just words: naïve, 夜\n".encode(), "text/plain"),
    "two-byte words": ("Wörter".encode("utf-16"), "text/plain"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_file_is_known_by_its_content(name: str) -> None:
    """What common encoders write is recognised, from the first bytes alone."""
    content, expected = CASES[name]
    assert sniff(content[:SNIFF_BYTES]) == expected
    assert expected in EXTENSIONS


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b" \n\t ",
        b"\x00" * 100,
        b"MZ\x90\x00\x03",
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3",
        b"PK\x03\x04\x14\x00",
        b"\x7fELF\x02\x01\x01\x00",
        b"RIFF\x00\x00\x00\x00AVI LIST",
        b"\x00\x00\x00\x18ftypjp2 ",
        b"\xff\xfb",
        b"\xff\xfb\x90\x64" + bytes(2000),
        b"\xff\xff\xff\xff" * 500,
        b"\xff\xf1" + bytes(100),
        b"caf\xe9 latin-1",
    ],
)
def test_anything_else_is_unknown(head: bytes) -> None:
    """Programs, documents, archives and rubbish are none of the kinds we take."""
    assert sniff(head) is None


@given(st.binary(max_size=SNIFF_BYTES))
def test_any_bytes_can_be_judged(head: bytes) -> None:
    """No content makes the judgement fail."""
    assert sniff(head) in {*EXTENSIONS, None}


@pytest.mark.parametrize("shift", range(4))
def test_text_cut_within_a_character_is_still_text(shift: int) -> None:
    """The sample may end in the middle of a character."""
    text = "x" * shift + "🎸" * SNIFF_BYTES
    assert sniff(text.encode()[:SNIFF_BYTES]) == "text/plain"


def test_families_and_types_are_accepted() -> None:
    """A list of welcome types may name whole families."""
    assert is_accepted("audio/flac", {"audio/*"})
    assert is_accepted("image/png", {"image/png", "audio/*"})
    assert not is_accepted("image/gif", {"image/png", "audio/*"})
    assert kind_of("video/mp4") == "video"
