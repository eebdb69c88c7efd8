"""Four covers drawn from one artwork, as it might look on four playlists."""

from __future__ import annotations

import cv2
import numpy as np

from backline.content.media.canvas import Canvas, grid, smoothstep
from backline.content.media.picture import Picture
from backline.content.portrait import frame_for
from backline.content.templates.artist_release_editorial.palette import Palette, Tint


def draw_covers(picture: Picture, palette: Palette, side: int) -> list[Canvas]:
    """Return four squares: as it is, in two colours, in a disc, and very near."""
    framing = frame_for(picture, side * 2, side * 2, eye_line=0.42)
    art = framing.cut(picture.rgb, side * 2, side * 2).astype(np.float32) / np.float32(255)
    plain = _small(art, side)
    return [plain, _duotone(plain, palette), _disc(art, palette, side), _near(art, palette, side)]


def _small(art: Canvas, side: int) -> Canvas:
    return np.asarray(cv2.resize(art, (side, side), interpolation=cv2.INTER_AREA), np.float32)


def _duotone(art: Canvas, palette: Palette) -> Canvas:
    """Print the picture's greys in the page's colour and the accent."""
    return _printed(cv2.cvtColor(art, cv2.COLOR_RGB2GRAY), 0.7 * palette.page, palette.accent)


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
