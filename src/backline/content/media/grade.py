"""Grades a photograph so that it seems taken in a scene's light, whatever light it was taken in."""

from __future__ import annotations

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from backline.content.media.canvas import Canvas, Mask
from backline.content.media.picture import Rgb

Tone = tuple[float, float, float]
"""Red, green, blue, 0 to 1."""
_LUMA = np.array([0.2126, 0.7152, 0.0722])


class Grade(msgspec.Struct, frozen=True, kw_only=True):
    """The light of a place, as it lies on skin and cloth."""

    darkest: Tone
    lightest: Tone
    paler: float
    """How much of the colour is taken away, 0 to 1."""
    middle: float
    """Where the picture's median comes to lie, 0 to 1."""


def graded(photo: Rgb, grade: Grade, where: Mask | None = None) -> Canvas:
    """Return a photograph in a place's light: paler, toned from shadows to lights, exposed anew.

    ``where`` says which part decides the exposure, a face for one; it goes only
    half the way then, so that dark skin stays dark and fair skin fair.
    """
    muted = cv2.transform(photo, _muting(grade.paler))
    return np.asarray(cv2.LUT(muted, _curves(photo, grade, where)), np.float32)


def _muting(amount: float) -> NDArray[np.float64]:
    """Return the colour matrix that takes ``amount`` of the colour away and keeps brightness."""
    return (1 - amount) * np.eye(3) + amount * np.tile(_LUMA, (3, 1))


def _curves(photo: Rgb, grade: Grade, where: Mask | None) -> NDArray[np.float32]:
    """Return one curve per channel (1, 256, 3): exposure by gamma, a soft S, then the tones."""
    grey = cv2.cvtColor(photo[::8, ::8], cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    middle = grade.middle
    if where is not None and (where[::8, ::8] > 0.5).any():
        grey = grey[where[::8, ::8] > 0.5]
        middle = float(np.sqrt(middle * np.median(grey)))
    gamma = np.log(middle) / np.log(min(0.95, max(0.02, float(np.median(grey)))))
    level = np.linspace(0, 1, 256) ** float(np.clip(gamma, 0.55, 2.4))
    level = 0.65 * level + 0.35 * level * level * (3 - 2 * level)
    # No gamma makes white paper dark: what is bright all over is also lit less.
    lightest = np.array(grade.lightest) * min(1.0, 1.28 - 0.85 * float(grey.mean()))
    darkest = np.array(grade.darkest)
    curves = darkest + (lightest - darkest) * level[:, None]
    return np.asarray(curves[None], np.float32)
