"""Colour as video keeps it: brightness and two colour differences, BT.709, limited range.

OpenCV's own RGB to YUV is BT.601; players take HD video as BT.709, and skin
turns orange when the two are mixed. Hence the matrix here.

Kr and Kb from ITU-R BT.709-6, 3.2; quantisation to 16..235 and 16..240 from 3.4.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from backline.content.media.frame import Planes

_KR, _KB = 0.2126, 0.0722
_KG = 1 - _KR - _KB
_LUMA = np.array([_KR, _KG, _KB])
_CB = (np.array([0.0, 0.0, 1.0]) - _LUMA) / (2 * (1 - _KB))
_CR = (np.array([1.0, 0.0, 0.0]) - _LUMA) / (2 * (1 - _KR))

_TO_YCBCR = np.column_stack(
    [np.stack([_LUMA * 219 / 255, _CB * 224 / 255, _CR * 224 / 255]), [16.0, 128.0, 128.0]]
)
_TO_RGB = np.linalg.inv(_TO_YCBCR[:, :3])
_TO_RGB = np.column_stack([_TO_RGB, -_TO_RGB @ np.array([16.0, 128.0, 128.0])])


_BAND_ROWS = 256


def to_planes(rgb: NDArray[np.uint8] | NDArray[np.float32]) -> Planes:
    """Turn RGB (h, w, 3; 0..255, even sides) into 4:2:0 planes; each colour sample is the mean of four.

    Band by band: a large picture in floats has 56 MB, and would be held three times over.
    """
    height, width = rgb.shape[:2]
    planes = Planes(
        np.empty((height, width), np.uint8),
        np.empty((height // 2, width // 2), np.uint8),
        np.empty((height // 2, width // 2), np.uint8),
    )
    for top in range(0, height, _BAND_ROWS):
        _fill_band(rgb[top : top + _BAND_ROWS], top, planes)
    return planes


def _fill_band(rgb: NDArray[np.uint8] | NDArray[np.float32], top: int, into: Planes) -> None:
    ycbcr = cv2.transform(rgb, _TO_YCBCR)
    rows, width = ycbcr.shape[:2]
    into.y[top : top + rows] = _bytes(cv2.extractChannel(ycbcr, 0))
    halved = cv2.resize(ycbcr, (width // 2, rows // 2), interpolation=cv2.INTER_AREA)
    _, cb, cr = cv2.split(_bytes(halved))
    half = slice(top // 2, (top + rows) // 2)
    into.cb[half], into.cr[half] = cb, cr


def to_ycbcr(rgb: NDArray[np.uint8] | NDArray[np.float32]) -> NDArray[np.uint8]:
    """Turn RGB (h, w, 3; 0..255) into Y, Cb, Cr at full size, for what is small already."""
    return _bytes(cv2.transform(rgb, _TO_YCBCR))


def to_rgb(planes: Planes) -> NDArray[np.uint8]:
    """Turn planes back into RGB (h, w, 3), for stills."""
    height, width = planes.y.shape
    chroma = [cv2.resize(p, (width, height), interpolation=cv2.INTER_LINEAR) for p in planes[1:]]
    return np.asarray(cv2.transform(cv2.merge([planes.y, *chroma]), _TO_RGB), np.uint8)


def ycbcr_of(colour: tuple[int, int, int]) -> tuple[float, float, float]:
    """Return Y, Cb, Cr of one RGB colour (0..255)."""
    y, cb, cr = _TO_YCBCR @ np.array([*colour, 1.0])
    return float(y), float(cb), float(cr)


def _bytes(values: NDArray[np.uint8] | NDArray[np.float32]) -> NDArray[np.uint8]:
    if values.dtype == np.uint8:
        return np.asarray(values)
    return np.asarray(cv2.convertScaleAbs(cv2.max(values, 0.0)), np.uint8)
