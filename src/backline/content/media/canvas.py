"""The painter's tools that templates share: crop, blur, noise, light, grain, paste.

A canvas is RGB in float32, 0 to 1 (lights may go above; they are clipped at
the end), (height, width, 3). Functions return new arrays and leave their
arguments alone, except those that say so.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from backline.content.media.picture import Rgb

Canvas = NDArray[np.float32]
"""(height, width, 3), red first, 0 to 1."""
Mask = NDArray[np.float32]
"""(height, width), 0 to 1: how much of something is there."""
Field = NDArray[np.floating[Any]]
"""Numbers that depend on the place."""
Affine = NDArray[np.float64]
"""(2, 3), from the pixels of a layer to the pixels of the canvas."""


def cover(rgb: Rgb, width: int, height: int, focus: tuple[float, float] = (0.5, 0.5)) -> Rgb:
    """Crop to the shape of width by height around ``focus`` (0..1 of each side), then resize."""
    rows, columns = rgb.shape[:2]
    factor = min(columns / width, rows / height)
    crop_w, crop_h = max(1, round(width * factor)), max(1, round(height * factor))
    left = min(max(0, round(focus[0] * columns - crop_w / 2)), columns - crop_w)
    top = min(max(0, round(focus[1] * rows - crop_h / 2)), rows - crop_h)
    return resized(rgb[top : top + crop_h, left : left + crop_w], width, height)


def resized(image: NDArray[Any], width: int, height: int) -> NDArray[Any]:
    """Resize with the filter that suits the direction: area when shrinking, cubic when enlarging."""
    shrinks = width < image.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, (width, height), interpolation=method))


def enlarged(image: NDArray[np.float32], width: int, height: int) -> NDArray[np.float32]:
    """Enlarge something that is already smooth, such as light."""
    big = cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(big, np.float32)


def blurred(image: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """Blur with a Gaussian of ``sigma`` pixels; wide ones are made small first, for speed."""
    shrink = max(1, int(sigma / 4))
    height, width = image.shape[:2]
    if shrink == 1:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.float32)
    small = resized(image, max(2, width // shrink), max(2, height // shrink))
    return enlarged(cv2.GaussianBlur(small, (0, 0), sigma / shrink), width, height)


def noise(rng: np.random.Generator, width: int, height: int, size: float) -> NDArray[np.float32]:
    """Draw smooth noise of mean 0 and deviation 1 whose lumps are about ``size`` pixels wide."""
    shrink = max(1.0, size / 2)
    columns, rows = max(3, round(width / shrink)), max(3, round(height / shrink))
    field = cv2.GaussianBlur(rng.standard_normal((rows, columns), np.float32), (0, 0), 1.0)
    field = (field - field.mean()) / (field.std() + 1e-6)
    method = cv2.INTER_CUBIC if shrink > 1 else cv2.INTER_NEAREST
    return np.asarray(cv2.resize(field, (width, height), interpolation=method), np.float32)


def grid(width: int, height: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return x (1, width) and y (height, 1) of every pixel's centre, for functions of place."""
    x = np.arange(width, dtype=np.float32)[None, :] + 0.5
    y = np.arange(height, dtype=np.float32)[:, None] + 0.5
    return x, y


def smoothstep(low: float, high: float, values: Field) -> NDArray[np.float32]:
    """Return 0 below ``low``, 1 above ``high`` and a soft S between; ``low`` may be the larger."""
    t = np.clip((values - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def rounded_rectangle(width: int, height: int, radius: float, margin: int = 2) -> Mask:
    """Return the cover of a rectangle with round corners, ``margin`` empty pixels around it."""
    x, y = grid(width + 2 * margin, height + 2 * margin)
    dx = np.abs(x - margin - width / 2) - (width / 2 - radius)
    dy = np.abs(y - margin - height / 2) - (height / 2 - radius)
    outside = np.hypot(np.maximum(dx, 0), np.maximum(dy, 0)) + np.minimum(np.maximum(dx, dy), 0)
    return np.asarray(np.clip(radius - outside + 0.5, 0, 1), np.float32)


def placement(
    layer_size: tuple[int, int], centre: tuple[float, float], scale: float, degrees: float
) -> Affine:
    """Return the matrix that puts the middle of a layer (w, h) on ``centre``, scaled and turned."""
    turn = cv2.getRotationMatrix2D((layer_size[0] / 2, layer_size[1] / 2), -degrees, scale)
    turn[:, 2] += np.array(centre) - np.array(layer_size) / 2
    return np.asarray(turn, np.float64)


def paste(canvas: Canvas, layer: Canvas, mask: Mask, matrix: Affine, opacity: float = 1.0) -> None:
    """Lay a layer over the canvas, in place."""
    window = _window(canvas, layer, matrix)
    if window is None:
        return
    part, local = window
    size = (part.shape[1], part.shape[0])
    cover_there = cv2.warpAffine(mask, local, size, flags=cv2.INTER_LINEAR)[..., None] * opacity
    layer_there = cv2.warpAffine(
        layer, local, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    part += (layer_there - part) * cover_there


def shade(canvas: Canvas, mask: Mask, matrix: Affine, strength: float) -> None:
    """Darken the canvas where the mask falls, in place: a shadow."""
    window = _window(canvas, mask, matrix)
    if window is None:
        return
    part, local = window
    size = (part.shape[1], part.shape[0])
    there = cv2.warpAffine(mask, local, size, flags=cv2.INTER_LINEAR)[..., None]
    part *= 1 - there * strength


def laid(mask: Mask, matrix: Affine, width: int, height: int) -> Mask:
    """Return a mask as it falls on an empty canvas of width by height."""
    indexed = matrix.copy()
    indexed[:, 2] += 0.5 * (matrix[:, 0] + matrix[:, 1]) - 0.5
    return np.asarray(cv2.warpAffine(mask, indexed, (width, height)), np.float32)


def _window(
    canvas: Canvas, layer: NDArray[np.float32], matrix: Affine
) -> tuple[Canvas, Affine] | None:
    """Return the part of the canvas that a layer touches, and the matrix relative to it."""
    height, width = layer.shape[:2]
    corners = matrix @ np.array([[0, width, 0, width], [0, 0, height, height], [1, 1, 1, 1]])
    low = np.maximum(np.floor(corners.min(axis=1)) - 1, 0).astype(int)
    high = np.minimum(np.ceil(corners.max(axis=1)) + 1, canvas.shape[1::-1]).astype(int)
    if (high <= low).any():
        return None
    local = matrix.copy()
    # warpAffine counts from pixel centres, we from pixel corners.
    local[:, 2] += 0.5 * (local[:, 0] + local[:, 1]) - 0.5 - low
    return canvas[low[1] : high[1], low[0] : high[0]], local


def add_grain(canvas: Canvas, rng: np.random.Generator, strength: float) -> None:
    """Add film grain in place: strongest in the half shadows, least in the lights.

    Grain is baked into the still, not drawn anew per frame: moving noise costs
    the encoder many times the bytes.
    """
    height, width = canvas.shape[:2]
    # A tile is enough: nobody sees a field of noise repeat.
    tile = rng.standard_normal((height // 4 + 1, width // 2 + 1), np.float32)
    tile = cv2.GaussianBlur(tile, (0, 0), 0.9)
    tile *= strength / tile.std()
    field = np.tile(tile, (4, 2))[:height, :width]
    brightness = cv2.cvtColor(canvas, cv2.COLOR_RGB2GRAY)
    field *= cv2.LUT(cv2.convertScaleAbs(brightness, alpha=255), _GRAIN_BY_BRIGHTNESS)
    canvas += field[..., None]


_LEVELS = np.linspace(0, 1, 256, dtype=np.float32)
_GRAIN_BY_BRIGHTNESS = np.asarray(0.55 + 1.6 * _LEVELS**0.5 * (1 - _LEVELS) ** 1.5, np.float32)


def finished(canvas: Canvas) -> NDArray[np.float32]:
    """Turn the canvas into 0..255, clipped, in place and still in float: ready to become planes."""
    np.clip(canvas, 0, 1, out=canvas)
    canvas *= np.float32(255)
    return canvas
