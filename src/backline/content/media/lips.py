"""Tells whether the lips of a face can be seen: a mesh lays a mouth over a hand or a microphone just as well.

Lips that are seen have a dark line between them, or teeth and a dark mouth,
along the whole of their width, or at least another colour than the skin around
them. On ten portraits large enough to sing the line was 10 to 44 steps of
lightness (CIE L*) darker than its surroundings; with a hand, a microphone or a
mask painted over the same mouths 0 to 5.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from backline.content.media.face import CHIN, Face
from backline.content.media.picture import Rgb
from backline.content.media.speech import CORNERS, LOWER_LIP, UPPER_LIP

LEAST_LINE, LEAST_RED = 6.5, 5.0
"""Below both of these, in steps of L* and a*, no lips are seen."""
_OUTER = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146)
"""Points of the mesh: the outer edge of the lips, once around."""
_REACH, _NEAR = 0.5, 0.11
"""How far above and below the line is looked, and how far off it may be, in mouths."""
_LOOKS = 41


def are_lips_seen(rgb: Rgb, face: Face) -> bool:
    """Return whether the mouth of a face shows, rather than something before it."""
    lab = _part(rgb, face)
    if lab is None:
        return False
    picture, points = lab
    return _line(picture, points) >= LEAST_LINE or _redness(picture, points) >= LEAST_RED


def _part(rgb: Rgb, face: Face) -> tuple[NDArray[np.float32], NDArray[np.float64]] | None:
    """Return the lower face in CIE L*a*b*, and the mesh's points on it; None for one outside the picture."""
    points = face.points[:, :2].astype(np.float64)
    lips = points[list(_OUTER)]
    air = float(np.ptp(lips[:, 0]))
    low = np.maximum(np.floor(lips.min(axis=0) - air), 0).astype(int)
    high = np.ceil(lips.max(axis=0) + air).astype(int)
    part = rgb[low[1] : high[1], low[0] : high[0]]
    if min(part.shape[:2]) < 8:
        return None
    lab = cv2.cvtColor(part.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    return np.asarray(lab, np.float32), points - low


def _line(lab: NDArray[np.float32], points: NDArray[np.float64]) -> float:
    """Return how much darker than its surroundings it is between the lips, in steps of L*."""
    between = (points[list(UPPER_LIP[2:-2])] + points[list(LOWER_LIP[2:-2])]) / 2
    corners = points[list(CORNERS)]
    wide = float(np.linalg.norm(corners[1] - corners[0]))
    down = points[CHIN] - corners.mean(axis=0)
    down /= max(float(np.linalg.norm(down)), 1e-6)
    steps = np.linspace(-_REACH, _REACH, _LOOKS)
    places = between[None] + down * wide * steps[:, None, None]
    columns = places[..., 0].round().astype(int).clip(0, lab.shape[1] - 1)
    rows = places[..., 1].round().astype(int).clip(0, lab.shape[0] - 1)
    # The mean along the lips: what crosses them, such as the gap between two fingers, is averaged away.
    across = lab[rows, columns, 0].mean(axis=1)
    is_near = np.abs(steps) <= _NEAR
    return float(np.median(across[np.abs(steps) > 0.2]) - across[is_near].min())


def _redness(lab: NDArray[np.float32], points: NDArray[np.float64]) -> float:
    """Return how much redder the lips are than the skin around them, in steps of a*."""
    lips = points[list(_OUTER)]
    middle = lips.mean(axis=0)
    inside = _filled(lab, lips)
    around = _filled(lab, middle + 1.55 * (lips - middle)) & ~_filled(
        lab, middle + 1.2 * (lips - middle)
    )
    if not inside.any() or not around.any():
        return 0.0
    return float(np.median(lab[inside][:, 1]) - np.median(lab[around][:, 1]))


def _filled(lab: NDArray[np.float32], outline: NDArray[np.float64]) -> NDArray[np.bool_]:
    mask = np.zeros(lab.shape[:2], np.uint8)
    cv2.fillPoly(mask, [outline.round().astype(np.int32)], (1,))
    return mask.astype(bool)
