"""Cuts a person out of a picture: how much of each pixel is person, with edges that follow the picture's own.

A small net says roughly where the person is (256 x 256); a guided filter (He,
Sun and Tang, 2010) lets that rough mask follow hair and shoulders.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from backline.content.media.canvas import Mask, resized, smoothstep
from backline.content.media.nets import run_net
from backline.content.media.picture import Rgb

_NET_SIDE = 256
_WORK_SIDE = 720
"""Longest side on which edges are sought; the picture itself keeps its size."""
_LEAST_CERTAIN = 0.82
"""Of what the net calls person, how much it must be sure of; vague masks are no cut-outs."""
_LEAST_SHARE, _GREATEST_SHARE = 0.02, 0.93
"""Of the picture: less is a passer-by, more leaves nothing to cut away."""


class Rect(NamedTuple):
    """A part of a picture, whole pixels; ``right`` and ``bottom`` are just outside."""

    left: int
    top: int
    right: int
    bottom: int


def person_mask(rgb: Rgb) -> Mask | None:
    """Return how much of each pixel belongs to a person, (height, width), 0 to 1; None when nobody stands out."""
    rough = _rough_mask(rgb)
    body = rough > 0.5
    share = float(body.mean())
    if not _LEAST_SHARE < share < _GREATEST_SHARE:
        return None
    if float((rough[body] > 0.85).mean()) < _LEAST_CERTAIN:
        return None
    return _with_edges(rgb, _largest(rough))


def _rough_mask(rgb: Rgb) -> Mask:
    """Ask the net twice: for the whole picture, then closer, where it found somebody."""
    height, width = rgb.shape[:2]
    factor = min(1.0, _WORK_SIDE / max(height, width))
    small = resized(rgb, max(1, round(width * factor)), max(1, round(height * factor)))
    whole = _ask(small)
    near = _around(whole)
    if near is None:
        return whole
    closer = _ask(small[near.top : near.bottom, near.left : near.right])
    mask = np.zeros_like(whole)
    mask[near.top : near.bottom, near.left : near.right] = closer
    return mask


def _ask(rgb: Rgb) -> Mask:
    small = cv2.resize(rgb, (_NET_SIDE, _NET_SIDE), interpolation=cv2.INTER_AREA)
    (mask,) = run_net("selfie_segmentation", small.astype(np.float32) / np.float32(255))
    size = (rgb.shape[1], rgb.shape[0])
    return np.asarray(cv2.resize(mask.reshape(_NET_SIDE, _NET_SIDE), size), np.float32)


def _around(mask: Mask) -> Rect | None:
    """Return the part that holds the person with some air, or None when that is nearly everything."""
    rows, columns = np.nonzero(mask > 0.5)
    if len(rows) == 0:
        return None
    height, width = mask.shape
    air = round(0.15 * max(np.ptp(rows), np.ptp(columns)) + 8)
    near = Rect(
        max(0, int(columns.min()) - air),
        max(0, int(rows.min()) - air),
        min(width, int(columns.max()) + air),
        min(height, int(rows.max()) + air),
    )
    share = (near.right - near.left) * (near.bottom - near.top) / mask.size
    return near if share < 0.75 else None


def _largest(mask: Mask) -> Mask:
    """Keep the bodies that matter: what is smaller than a fifth of the largest is let go."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((mask > 0.4).astype(np.uint8))
    if count <= 2:
        return mask
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    kept = np.isin(labels, np.flatnonzero(areas > areas.max() / 5)).astype(np.uint8)
    grown = cv2.dilate(kept, np.ones((9, 9), np.uint8))
    return np.asarray(mask * grown, np.float32)


def _with_edges(rgb: Rgb, rough: Mask) -> Mask:
    """Let a mask follow the edges of the picture, at the picture's own size."""
    height, width = rough.shape
    guide = resized(rgb, width, height).astype(np.float32) / np.float32(255)
    radius = max(2, round(max(height, width) / 110))
    slope, offset = _guided(cv2.cvtColor(guide, cv2.COLOR_RGB2GRAY), rough, radius)
    size = (rgb.shape[1], rgb.shape[0])
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32) / np.float32(255)
    fine = cv2.resize(slope, size) * grey + cv2.resize(offset, size)
    return smoothstep(0.22, 0.90, fine)


def _guided(guide: Mask, mask: Mask, radius: int) -> tuple[Mask, Mask]:
    """Return slope and offset of the filter: near each place, mask = slope x guide + offset."""

    def mean(values: Mask) -> Mask:
        return np.asarray(cv2.boxFilter(values, cv2.CV_32F, (2 * radius + 1,) * 2), np.float32)

    mean_guide, mean_mask = mean(guide), mean(mask)
    covariance = mean(guide * mask) - mean_guide * mean_mask
    variance = mean(guide * guide) - mean_guide**2
    slope = covariance / (variance + 1e-4)
    return mean(slope), mean(mean_mask - slope * mean_guide)
