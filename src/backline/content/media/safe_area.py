"""The part of an upright video that TikTok, Reels and Shorts leave free of their own buttons and texts.

Every app lays its name, its search field, the artist, the description and a
column of buttons over the picture. What is inside these margins on each of them
is inside on all. Figures are the apps' own guidance for 1080x1920 (the stricter
of what they say for posts and for adverts), rounded outwards to even pixels.
"""

from __future__ import annotations

from typing import NamedTuple

from backline.content.media.frame import FRAME_HEIGHT, FRAME_WIDTH


class Margins(NamedTuple):
    """What an app covers at each side of a 1080x1920 frame, pixels."""

    left: int
    top: int
    right: int
    bottom: int


TIKTOK = Margins(left=60, top=130, right=140, bottom=484)
"""Tabs above; five round buttons at the right; name, text and the song below."""
REELS = Margins(left=66, top=270, right=120, bottom=672)
"""Meta asks for 14 % above, 35 % below and 6 % at the sides; the buttons need more at the right."""
SHORTS = Margins(left=48, top=288, right=192, bottom=672)
"""Search and account above; like, comment, share, remix at the right; title and channel below."""


class Area(NamedTuple):
    """A rectangle of the frame, pixels; ``right`` and ``bottom`` are just outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Pixels."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Pixels."""
        return self.bottom - self.top


def safe_area() -> Area:
    """Return what is free in all three apps, made symmetric so that centred text stands in the middle."""
    apps = (TIKTOK, REELS, SHORTS)
    side = max(max(app.left, app.right) for app in apps)
    top = max(app.top for app in apps)
    bottom = max(app.bottom for app in apps)
    return Area(side, top, FRAME_WIDTH - side, FRAME_HEIGHT - bottom)
