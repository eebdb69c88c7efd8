"""A rumpled blanket close before the lens: folds in the LED's light, out of focus."""

from __future__ import annotations

import cv2
import numpy as np

from backline.content.media.canvas import Canvas, Mask, blurred, enlarged, grid, noise, smoothstep
from backline.content.media.layer import BlurredLayer, blurred_layer_of, layer_of
from backline.content.media.still import STILL_HEIGHT, STILL_WIDTH

_W, _H = STILL_WIDTH // 4, STILL_HEIGHT // 4
_BEFORE_SOMEBODY = 0.772
"""Of the frame's height: the crest lies so low before a person, above where a cropped body ends."""


def blanket(
    led: Canvas, crest_y: float, swing: float, rng: np.random.Generator
) -> tuple[Canvas, Mask]:
    """Return the cloth, and how much of it is there, both at a quarter of a still's size.

    Its crest lies around ``crest_y`` and swings by ``swing`` (fractions of the frame's height).
    """
    x, y = grid(_W, _H)
    u, v = x / _W, y / _H
    crest = (
        crest_y + swing * np.cos(3.1 * (u - float(rng.uniform(0.2, 0.5)))) + 0.10 * (u - 0.5) ** 2
    )
    crest = crest + 0.006 * noise(rng, _W, 4, 70)[:1]
    folds = _folds(rng)
    slope_x = cv2.Sobel(folds, cv2.CV_32F, 1, 0, ksize=3)
    slope_y = cv2.Sobel(folds, cv2.CV_32F, 0, 1, ksize=3)
    side = 1.0 if led[:, -1].sum() > led[:, 0].sum() else -1.0
    facing = np.clip(0.62 + 2.6 * (slope_x * side - 1.1 * slope_y), 0.10, 1.9)
    edge = 0.9 * np.exp(-(((v - crest - 0.012) / 0.018) ** 2))
    depth = 1 - 0.72 * smoothstep(0.02, 0.26, v - crest)
    light = enlarged(led, _W, _H) + np.float32(0.25)
    cloth = light * ((0.24 * facing + 0.22 * edge) * depth)[..., None]
    return np.asarray(cloth, np.float32), smoothstep(-0.004, 0.010, v - crest)


def blanket_before_somebody(led: Canvas, rng: np.random.Generator) -> BlurredLayer:
    """Return a blanket over the knees of whoever sits there: it hides where their picture ends."""
    cloth, body = blanket(led, _BEFORE_SOMEBODY, 0.016, rng)
    top = round((_BEFORE_SOMEBODY - 0.045) * STILL_HEIGHT) & ~3
    full = (STILL_WIDTH, STILL_HEIGHT - top)
    shown, mask = (enlarged(blurred(each, 1.7)[top // 4 :], *full) for each in (cloth, body))
    return blurred_layer_of(layer_of(1.5 * shown, mask, 0, top))


def _folds(rng: np.random.Generator) -> Mask:
    """Return the height of a blanket: long creases where cloth was pulled aslant, over knees and hollows."""
    creases = sum(
        weight * (1 - np.abs(enlarged(noise(rng, _W // stretch, _H, size), _W, _H)))
        for size, stretch, weight in ((40, 5, 1.0), (19, 7, 0.38))
    )
    aslant = np.array([[1.0, 0.30, -0.2 * _H], [-0.34, 1.0, 0.17 * _W]])
    pulled = cv2.warpAffine(
        np.asarray(creases, np.float32), aslant, (_W, _H), borderMode=cv2.BORDER_REFLECT
    )
    return np.asarray(blurred(pulled, 2.4) + 0.9 * noise(rng, _W, _H, 130), np.float32)
