"""Decodes what lies in a HEIC or AVIF file, tile by tile, and turns it upright."""

from __future__ import annotations

from typing import Literal

import av
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from backline.content.media.heif import HeifPicture, Tile

_DECODERS = {"heic": "hevc", "avif": "libdav1d"}
_BT601, _UNSAID = 6, 2
"""ITU-T H.273, table 4; pictures that say nothing are of the first (ISO/IEC 23000-22, 7.3.6.4)."""
_SOME_LEVELS, _ALL_LEVELS = 1, 2
"""FFmpeg's words for 16 to 235 and for 0 to 255."""


def decode_heif(picture: HeifPicture) -> NDArray[np.uint8] | None:
    """Return the pixels, upright, (height, width, 3) RGB or with transparency RGBA; None when they are damaged."""
    try:
        rgb = _upright(_put_together(picture, "rgb24"), picture)
        if picture.alpha is None:
            return rgb
        # What turns the picture turns its transparency too; files need not say it twice.
        alpha = _upright(_put_together(picture.alpha, "gray"), picture)
    except (av.FFmpegError, ValueError):
        return None
    return np.dstack([rgb, alpha])


def _put_together(picture: HeifPicture, pixels: Literal["rgb24", "gray"]) -> NDArray[np.uint8]:
    depth = (3,) if pixels == "rgb24" else ()
    whole = np.zeros((picture.height, picture.width, *depth), np.uint8)
    for number, tile in enumerate(picture.tiles):
        row, column = divmod(number, picture.columns)
        part = whole[row * tile.height :, column * tile.width :][: tile.height, : tile.width]
        part[:] = _decoded(tile, pixels)[: part.shape[0], : part.shape[1]]
    return whole


def _decoded(tile: Tile, pixels: Literal["rgb24", "gray"]) -> NDArray[np.uint8]:
    """Return the pixels of a tile. Raises ``av.FFmpegError`` or ``ValueError`` when it is damaged."""
    decoder = av.CodecContext.create(_DECODERS[tile.kind], "r")
    decoder.extradata = tile.settings
    decoder.thread_count = 1
    # What is decoded may be padded to whole blocks, and no more: headers lie.
    decoder.options = {"max_pixels": str((tile.width + 128) * (tile.height + 128))}
    frames = [*decoder.decode(av.Packet(tile.data)), *decoder.decode(None)]
    if len(frames) != 1 or not isinstance(frames[0], VideoFrame):
        raise ValueError(f"a tile has {len(frames)} frames")
    frame = frames[0]
    if frame.width < tile.width or frame.height < tile.height:
        raise ValueError(f"a tile is {frame.width}x{frame.height} pixels")
    matrix, is_full = tile.colour or (frame.colorspace, frame.color_range == _ALL_LEVELS)
    return _in_colour(frame, matrix, is_full, pixels)


def _in_colour(
    frame: VideoFrame, matrix: int, is_full: bool, pixels: Literal["rgb24", "gray"]
) -> NDArray[np.uint8]:
    """Return a frame as RGB, or its brightness, of all levels."""
    frame.colorspace = _BT601 if matrix == _UNSAID else matrix
    frame.color_range = _ALL_LEVELS if is_full else _SOME_LEVELS
    shown = frame.reformat(format=pixels, dst_color_range=_ALL_LEVELS)
    return np.asarray(shown.to_ndarray(), np.uint8)


def _upright(pixels: NDArray[np.uint8], picture: HeifPicture) -> NDArray[np.uint8]:
    """Turn and mirror as the file asks for."""
    for name, body in picture.turns:
        # To the left; a mirror of kind 0 exchanges top and bottom, 1 left and right.
        is_turn, kind = name == b"irot", body[0]
        pixels = np.rot90(pixels, kind & 3) if is_turn else np.flip(pixels, kind & 1)
    return np.ascontiguousarray(pixels)
