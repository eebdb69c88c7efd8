"""Opens the picture a caller sent (JPEG, PNG, WebP, GIF, HEIC or AVIF) and writes stills.

What leaves here is upright, opaque, 8-bit RGB and no larger than the work
needs, whatever came in: turned by its camera's note (EXIF), CMYK, with a
transparent ground, grey, 16-bit, animated (its first frame is used).
"""

from __future__ import annotations

import zlib
from pathlib import Path

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from backline.content.media.heif import read_heif
from backline.content.media.heif_pixels import decode_heif
from backline.content.media.picture_header import PictureHeader, read_header
from backline.errors import MediaError

Rgb = NDArray[np.uint8]
"""(height, width, 3), red first, sRGB."""
Decoded = NDArray[np.uint8] | NDArray[np.uint16]
"""(height, width) or (height, width, 3 or 4), blue first, as the file stores it."""

MIN_SIDE = 64
"""Pixels. Below this it is a tracking pixel or an icon, sent by mistake."""
MAX_SIDE = 12_000
MAX_PIXELS = 60_000_000
"""The largest phone and press cameras stay below; 180 MB once decoded."""
MAX_DEEP_PIXELS = 30_000_000
"""With 16 bits a channel each pixel takes twice the memory, and far longer to unpack."""
MAX_FILE_BYTES = 64 * 1024 * 1024
KEPT_SIDE = 3_840
"""Longer pictures are made smaller at once: the tallest still that a scene works on has 2,880 rows."""

_ROWS_AT_ONCE = 128
"""Bounds the memory that transparency takes."""
_KINDS = "a JPEG, PNG, WebP, GIF, HEIC or AVIF"
_PAPER = np.array([236, 231, 224], np.float32)
_NIGHT = np.array([20, 17, 24], np.float32)


class Picture(msgspec.Struct, frozen=True, eq=False):
    """A picture that was opened and can be used; two are equal when their pixels are."""

    rgb: Rgb

    @property
    def width(self) -> int:
        """Pixels."""
        return int(self.rgb.shape[1])

    @property
    def height(self) -> int:
        """Pixels."""
        return int(self.rgb.shape[0])

    @property
    def aspect(self) -> float:
        """Width by height: 0.5625 is a phone held upright."""
        return self.width / self.height

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Picture) and np.array_equal(self.rgb, other.rgb)

    def __hash__(self) -> int:
        return hash((self.rgb.shape, zlib.crc32(self.rgb[:: max(1, self.height // 64)].tobytes())))

    def __repr__(self) -> str:
        return f"Picture({self.width}x{self.height})"


def read_picture(path: Path) -> Picture:
    """Open a picture, judged by its content and not by its name.

    Raises ``MediaError`` when the file is no picture of a known kind, is cut
    off or damaged, or is too small or too large; the message names the file,
    the value and what would work.
    """
    content = _read_bytes(path)
    header = read_header(content)
    if header is None:
        raise MediaError(f"{path.name} is not a picture that can be read; send {_KINDS} file.")
    _check_size(path.name, header)
    if not header.is_complete:
        raise MediaError(f"{path.name} is cut off: its end is missing. Send the whole file again.")
    decoded = _decode(content, header)
    if decoded is None:
        raise MediaError(
            f"{path.name} looks like {header.kind.upper()}, but can not be decoded; "
            f"it may be damaged. Open it, save it again as JPEG or PNG and send that."
        )
    return Picture(_flatten(decoded))


def write_jpeg(rgb: Rgb, path: Path, quality: int = 90) -> None:
    """Write a picture as a progressive JPEG; ``quality`` is 1 to 100."""
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_PROGRESSIVE, 1]
    _, encoded = cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), options)
    path.write_bytes(encoded.tobytes())


def _read_bytes(path: Path) -> bytes:
    size_bytes = path.stat().st_size
    if size_bytes > MAX_FILE_BYTES:
        raise MediaError(
            f"{path.name} has {size_bytes / 1e6:.0f} MB; a picture may have "
            f"{MAX_FILE_BYTES / 1e6:.0f} MB at most. Save it as JPEG."
        )
    return path.read_bytes()


def _check_size(name: str, header: PictureHeader) -> None:
    width, height = header.width, header.height
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise MediaError(
            f"{name} is {width}x{height} pixels; at most {MAX_SIDE} a side and "
            f"{MAX_PIXELS // 1_000_000} megapixels can be used. Send a smaller version."
        )
    if header.is_deep and width * height > MAX_DEEP_PIXELS:
        raise MediaError(
            f"{name} is {width}x{height} pixels with 16 bits a channel; at most "
            f"{MAX_DEEP_PIXELS // 1_000_000} megapixels of these can be used. Send an 8-bit version."
        )
    if min(width, height) < MIN_SIDE:
        raise MediaError(
            f"{name} is {width}x{height} pixels; at least {MIN_SIDE}x{MIN_SIDE} are needed, "
            f"and 1080x1920 look best. Send a larger version."
        )


def _decode(content: bytes, header: PictureHeader) -> Rgb | None:
    """Decode to RGB, or RGBA where there is transparency; None when the data is damaged."""
    if header.kind in ("heic", "avif"):
        return _decode_heif(content)
    # IMREAD_UNCHANGED alone keeps transparency, and ignores the EXIF turn that
    # only pictures without transparency carry in practice.
    mode = cv2.IMREAD_UNCHANGED if header.has_alpha else _colour_mode(header)
    try:
        decoded = cv2.imdecode(np.frombuffer(content, np.uint8), mode)
    except cv2.error:
        return None
    if decoded is None:
        return None
    # Made smaller before anything else, which takes a multiple of the memory.
    return _to_eight_bit_rgb(_within(np.asarray(decoded), KEPT_SIDE))


def _decode_heif(content: bytes) -> Rgb | None:
    found = read_heif(content)
    pixels = None if found is None else decode_heif(found)
    return None if pixels is None else np.asarray(_within(pixels, KEPT_SIDE), np.uint8)


def _colour_mode(header: PictureHeader) -> int:
    """Let the JPEG decoder itself halve or quarter what is far larger than the work needs."""
    if header.kind == "jpeg":
        for factor, mode in ((4, cv2.IMREAD_REDUCED_COLOR_4), (2, cv2.IMREAD_REDUCED_COLOR_2)):
            if max(header.width, header.height) >= KEPT_SIDE * factor:
                return int(mode)
    return int(cv2.IMREAD_COLOR)


def _to_eight_bit_rgb(decoded: Decoded) -> Rgb:
    pixels = (decoded >> 8).astype(np.uint8) if decoded.dtype == np.uint16 else decoded
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    code = {1: cv2.COLOR_GRAY2RGB, 3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGRA2RGBA}[channels]
    return np.asarray(cv2.cvtColor(pixels, code), np.uint8)


def _within(pixels: Decoded, side: int) -> Decoded:
    height, width = pixels.shape[:2]
    if max(height, width) <= side:
        return pixels
    factor = side / max(height, width)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    smaller: Decoded = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return smaller


def _flatten(pixels: Rgb) -> Rgb:
    """Lay what is transparent on paper or, when the picture itself is light, on a night colour."""
    if pixels.shape[2] == 3:
        return pixels
    small = cv2.resize(pixels, (64, 64), interpolation=cv2.INTER_AREA).astype(np.float32)
    weight = small[..., 3:]
    brightness = float((small[..., :3] * weight).sum() / max(1.0, 3 * float(weight.sum())))
    ground = _NIGHT if brightness > 118 else _PAPER
    flat = np.empty((*pixels.shape[:2], 3), np.uint8)
    for top in range(0, len(pixels), _ROWS_AT_ONCE):
        rows = pixels[top : top + _ROWS_AT_ONCE].astype(np.float32)
        cover = rows[..., 3:] / 255
        flat[top : top + _ROWS_AT_ONCE] = np.rint(rows[..., :3] * cover + ground * (1 - cover))
    return flat
