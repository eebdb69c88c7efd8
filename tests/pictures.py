"""Pictures made by code, the odd ones byte by byte: what callers send when they send anything."""

from __future__ import annotations

import struct
import zlib
from importlib import resources
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from backline.content.media.picture import Picture, read_picture

Rgb = NDArray[np.uint8]
RED, GREEN = (230, 30, 30), (30, 200, 30)


def halves(width: int = 300, height: int = 200) -> Rgb:
    """A picture whose left half is red and whose right half is green."""
    rgb = np.empty((height, width, 3), np.uint8)
    rgb[:, : width // 2], rgb[:, width // 2 :] = RED, GREEN
    return rgb


def portrait(width: int = 720, height: int = 1280) -> Picture:
    """A stand-in for a person: a skin-coloured oval before a gradient, with some texture."""
    rng = np.random.default_rng(5)
    y = np.linspace(0.2, 0.8, height)[:, None, None]
    rgb = np.broadcast_to(255 * y * np.array([0.4, 0.7, 0.9]), (height, width, 3)).copy()
    cv2.ellipse(
        rgb, (width // 2, height // 2), (width // 5, height // 6), 0, 0, 360, (224, 172, 140), -1
    )
    return Picture((rgb + rng.normal(0, 6, rgb.shape)).clip(0, 255).astype(np.uint8))


def singer() -> Picture:
    """The demo portrait, drawn by ``scripts/make_demo_portrait.py``: a face that looks into the camera."""
    with resources.as_file(resources.files("backline.examples") / "demo" / "singer.jpg") as path:
        return read_picture(path)


def artwork(side: int = 640) -> Picture:
    """A square cover without any symmetry: four quarters, each another colour."""
    rgb = np.empty((side, side, 3), np.uint8)
    half = side // 2
    rgb[:half, :half], rgb[:half, half:] = (240, 60, 60), (60, 240, 60)
    rgb[half:, :half], rgb[half:, half:] = (60, 60, 240), (240, 240, 240)
    return Picture(rgb)


def write(path: Path, rgb: Rgb) -> Path:
    """Write RGB (or RGBA) in the format that the name asks for."""
    code = cv2.COLOR_RGB2BGR if rgb.shape[2] == 3 else cv2.COLOR_RGBA2BGRA
    assert cv2.imwrite(str(path), cv2.cvtColor(rgb, code))
    return path


def write_animation(path: Path, frames: list[Rgb]) -> Path:
    """Write an animated GIF, WebP or PNG."""
    animation = cv2.Animation()
    animation.frames = [cv2.cvtColor(frame, cv2.COLOR_RGB2BGR) for frame in frames]
    animation.durations = [100] * len(frames)
    assert cv2.imwriteanimation(str(path), animation)
    return path


def turned_by_camera(jpeg: bytes, orientation: int) -> bytes:
    """Add the note by which a camera says how it was held (EXIF orientation, 1 to 8)."""
    tiff = b"II*\x00" + struct.pack("<IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)
    body = b"Exif\x00\x00" + tiff
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


def png_of_size(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims any size."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(b"\x00" * 1000)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )


def jpeg_of_size(width: int, height: int) -> bytes:
    """A JPEG whose frame header claims any size."""
    _, encoded = cv2.imencode(".jpg", np.zeros((64, 64, 3), np.uint8))
    jpeg = bytearray(encoded.tobytes())
    place = jpeg.index(b"\xff\xc0") + 5
    jpeg[place : place + 4] = struct.pack(">HH", height, width)
    return bytes(jpeg)


def webp_of_size(width: int, height: int) -> bytes:
    """An extended WebP whose canvas claims any size."""
    canvas = bytes(4) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    chunk = b"VP8X" + struct.pack("<I", 10) + canvas
    return b"RIFF" + struct.pack("<I", len(chunk) + 4) + b"WEBP" + chunk


def gif_of_size(width: int, height: int) -> bytes:
    """A GIF whose screen claims any size."""
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\x00\x00\x00;"


def cmyk_jpeg(cyan: int, magenta: int, yellow: int, black: int, side: int = 64) -> bytes:
    """A JPEG in printing colours (0 to 255 of ink), as image editors write it: inverted, with Adobe's note.

    Each 8x8 block is flat, so that only its mean has to be coded.
    """
    inks = [255 - ink - 128 for ink in (cyan, magenta, yellow, black)]
    blocks = (side // 8) ** 2
    bits = "".join(
        _mean_code(ink if block == 0 else 0) + "0" for block in range(blocks) for ink in inks
    )
    bits += "1" * (-len(bits) % 8)
    data = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\x00")
    components = b"".join(bytes([number, 0x11, 0]) for number in range(1, 5))
    means = bytes([0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0]) + bytes(range(12))
    segments = (
        (0xEE, b"Adobe\x00\x64\x00\x00\x00\x00\x00"),
        (0xDB, b"\x00" + bytes([8]) + bytes([1] * 63)),
        (0xC0, struct.pack(">BHHB", 8, side, side, 4) + components),
        (0xC4, b"\x00" + means),
        (0xC4, b"\x10" + bytes([1] + [0] * 15) + b"\x00"),
        (0xDA, b"\x04" + b"".join(bytes([n, 0]) for n in range(1, 5)) + b"\x00\x3f\x00"),
    )
    head = b"".join(
        bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body for marker, body in segments
    )
    return b"\xff\xd8" + head + data + b"\xff\xd9"


def _mean_code(difference: int) -> str:
    """Code a difference of means with the table of ITU-T T.81, K.3."""
    prefixes = ("00", "010", "011", "100", "101", "110", "1110", "11110", "111110")
    size = abs(difference).bit_length()
    value = difference if difference > 0 else difference + (1 << size) - 1
    return prefixes[size] + (format(value, f"0{size}b") if size else "")
