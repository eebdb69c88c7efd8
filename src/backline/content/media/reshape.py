"""Cuts and enlarges drawn frames to the shape that a film shall have."""

from __future__ import annotations

import cv2

from backline.content.media.frame import Planes
from backline.content.shape import Shape


def reshape(drawn: Planes, shape: Shape, into: Planes) -> None:
    """Fill a frame of the film from a drawn one: the rows that are shown, enlarged if need be.

    Cubic: it keeps edges firm, and the grain that a linear filter would wash out.
    """
    for plane, target, shrink in zip(drawn, into, (1, 2, 2), strict=True):
        shown = plane[shape.top // shrink : shape.bottom // shrink]
        if shown.shape == target.shape:
            target[:] = shown
        else:
            size = (target.shape[1], target.shape[0])
            cv2.resize(shown, size, dst=target, interpolation=cv2.INTER_CUBIC)
