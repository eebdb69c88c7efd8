"""Four covers drawn from one artwork, as it might look on four playlists, on a shelf that glides by."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from backline.content.media.canvas import Canvas, blurred, grid, rounded_rectangle, smoothstep
from backline.content.media.colour import to_planes
from backline.content.media.frame import FRAME_WIDTH, Planes
from backline.content.media.picture import Picture
from backline.content.media.still import STILL_SCALE, Still, still_of
from backline.content.portrait import frame_for
from backline.content.templates.artist_release_editorial.layout import (
    COVER_DOWN,
    COVER_GAP,
    COVER_SIDE,
    LEFT,
    SHELF_BOTTOM,
    SHELF_TOP,
)
from backline.content.templates.artist_release_editorial.palette import Palette, Tint

_COUNT = 4
_LENGTH = 2 * LEFT + _COUNT * COVER_SIDE + (_COUNT - 1) * COVER_GAP
"""Frame pixels from the first cover's margin to the last one's."""
_ROUND = 10
_SHADOW, _SHADOW_STRENGTH = 16, 0.34


class Shelf(NamedTuple):
    """The covers in a row that is longer than the page is wide."""

    strip: Still

    def draw(self, share: float, lift: int, into: Planes) -> None:
        """Draw the row, moved up by ``lift``, when ``share`` (0 to 1) of its way to the left is done."""
        shift = share * (_LENGTH - FRAME_WIDTH) * STILL_SCALE
        top, bottom = SHELF_TOP - lift, SHELF_BOTTOM - lift
        part = Planes(
            into.y[top:bottom],
            into.cb[top // 2 : bottom // 2],
            into.cr[top // 2 : bottom // 2],
        )
        self.strip.draw(np.array([[STILL_SCALE, 0.0, shift], [0.0, STILL_SCALE, 0.0]]), part)


def fill_shelf(picture: Picture, palette: Palette) -> Shelf:
    """Lay the covers side by side on the page's paper, each with its shadow."""
    scale = STILL_SCALE
    strip = np.empty(
        (_even((SHELF_BOTTOM - SHELF_TOP) * scale), _even(_LENGTH * scale), 3), np.float32
    )
    strip[:] = palette.page
    side = _even(COVER_SIDE * scale)
    for number, cover in enumerate(draw_covers(picture, palette, side)):
        left = round((LEFT + number * (COVER_SIDE + COVER_GAP)) * scale)
        _lay(strip, cover, left, round(COVER_DOWN * scale))
    planes = to_planes(np.clip(strip, 0, 1) * np.float32(255))
    return Shelf(still_of(planes, step=STILL_SCALE))


def draw_covers(picture: Picture, palette: Palette, side: int) -> list[Canvas]:
    """Return four squares: as it is, in two colours, in a disc, and very near."""
    framing = frame_for(picture, side * 2, side * 2, eye_line=0.42)
    art = framing.cut(picture.rgb, side * 2, side * 2).astype(np.float32) / np.float32(255)
    plain = _small(art, side)
    return [plain, _duotone(plain, palette), _disc(art, palette, side), _near(art, palette, side)]


def _even(length: float) -> int:
    return round(length / 2) * 2


def _lay(strip: Canvas, cover: Canvas, left: int, top: int) -> None:
    side, margin = cover.shape[0], 3 * _SHADOW
    shape = rounded_rectangle(side, side, _ROUND * STILL_SCALE, 0)
    shadow = blurred(np.pad(shape, margin), _SHADOW) * np.float32(_SHADOW_STRENGTH)
    low = max(0, top - margin + 10)
    rows = min(shadow.shape[0], strip.shape[0] - low)
    under = strip[low : low + rows, left - margin : left + side + margin]
    under *= 1 - shadow[:rows, : under.shape[1], None]
    part = strip[top : top + side, left : left + side]
    part += (cover - part) * shape[..., None]


def _small(art: Canvas, side: int) -> Canvas:
    return np.asarray(cv2.resize(art, (side, side), interpolation=cv2.INTER_AREA), np.float32)


def _duotone(art: Canvas, palette: Palette) -> Canvas:
    """Print the picture's greys in a dark shade of the accent, and the accent."""
    dark = np.asarray(0.16 * palette.accent + 0.03, np.float32)
    light = np.asarray(0.55 + 0.45 * palette.accent, np.float32)
    return _printed(cv2.cvtColor(art, cv2.COLOR_RGB2GRAY), dark, light)


def _printed(grey: np.ndarray, dark: Tint, light: Tint) -> Canvas:
    low, high = np.quantile(grey, (0.03, 0.97))
    level = np.clip((grey - low) / max(1e-3, float(high - low)), 0, 1)[..., None]
    return np.asarray(dark + (light - dark) * level, np.float32)


def _disc(art: Canvas, palette: Palette, side: int) -> Canvas:
    """Cut the picture round, on the accent."""
    small = _small(art, side)
    x, y = grid(side, side)
    inside = smoothstep(1.0, 0.975, np.hypot(x - side / 2, y - side / 2) / (side * 0.39))
    return np.asarray(palette.accent + (small - palette.accent) * inside[..., None], np.float32)


def _near(art: Canvas, palette: Palette, side: int) -> Canvas:
    """Step very near, in black and white, a band of the accent below."""
    half = art.shape[0] // 4
    grey = cv2.cvtColor(
        _small(art[half // 2 : -half - half // 2, half:-half], side), cv2.COLOR_RGB2GRAY
    )
    cover = _printed(grey, np.full(3, 0.02, np.float32), np.full(3, 0.94, np.float32))
    cover[round(side * 0.84) :] = palette.accent
    return cover
