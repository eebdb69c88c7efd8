"""The part of an upright video that TikTok, Reels and Shorts leave free of their own buttons and texts.

Every app lays its name, its search field, the artist, the description and a
column of buttons over the picture. What is inside these margins on each of them
is inside on all. Figures are the apps' own guidance for 1080x1920 (the stricter
of what they say for posts and for adverts), rounded outwards to even pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from backline.content.media.frame import FRAME_HEIGHT, FRAME_WIDTH, Area


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


def safe_area() -> Area:
    """Return what is free in all three apps, made symmetric so that centred text stands in the middle."""
    apps = (TIKTOK, REELS, SHORTS)
    side = max(max(app.left, app.right) for app in apps)
    top = max(app.top for app in apps)
    bottom = max(app.bottom for app in apps)
    return Area(side, top, FRAME_WIDTH - side, FRAME_HEIGHT - bottom)


def free_bands(area: Area, kept_clear: Sequence[Area]) -> list[Area]:
    """Return the parts of an area, over its full width, that lie above, between and below what is kept clear."""
    bands, top = [], area.top
    for taken in sorted(kept_clear, key=lambda each: each.top):
        if taken.right <= area.left or taken.left >= area.right:
            continue
        if taken.top > top:
            bands.append(area._replace(top=top, bottom=min(area.bottom, taken.top)))
        top = max(top, taken.bottom)
    if top < area.bottom:
        bands.append(area._replace(top=top))
    return bands
