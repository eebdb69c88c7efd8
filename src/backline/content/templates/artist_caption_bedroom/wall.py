"""A wide or square picture as a print on the bedroom wall, an LED strip glowing behind it."""

from __future__ import annotations

import cv2
import numpy as np

from backline.content.media.canvas import (
    Canvas,
    blurred,
    cover,
    enlarged,
    grid,
    noise,
    paste,
    placement,
    resized,
    rounded_rectangle,
    shade,
    smoothstep,
)
from backline.content.media.focus import focus_of
from backline.content.media.picture import Rgb
from backline.content.media.still import STILL_HEIGHT, STILL_WIDTH
from backline.content.templates.artist_caption_bedroom.full_frame import night_grade
from backline.content.templates.artist_caption_bedroom.light import (
    MAGENTA,
    SMALL_HEIGHT,
    SMALL_WIDTH,
    VIOLET,
    string_lights,
)

PRINT_LONG_SIDE = 0.80
"""Of the frame's width."""
PRINT_MIDDLE = (0.5, 0.385)
WIDEST, TALLEST = 16 / 9, 0.8
"""Shapes that a print may have; others are cropped to them."""
PAPER = np.array([0.80, 0.74, 0.80], np.float32)
WALL = np.array([0.105, 0.082, 0.125], np.float32)


def hang_on_wall(rgb: Rgb, led: Canvas, rng: np.random.Generator) -> Canvas:
    """Return the still: wall, glow, print, lamps, and the dark shapes of a bed below."""
    aspect = min(WIDEST, max(TALLEST, rgb.shape[1] / rgb.shape[0]))
    width = round(STILL_WIDTH * PRINT_LONG_SIDE)
    size = (width, round(width / aspect))
    canvas = _wall(led, _halo(size, rgb), rng)
    _hang(canvas, _paper_print(rgb, size), float(rng.uniform(-1.4, -0.6)))
    _make_bed(canvas, led, rng)
    canvas += string_lights(rng, STILL_WIDTH, STILL_HEIGHT)
    return canvas


def _wall(led: Canvas, halo: Canvas, rng: np.random.Generator) -> Canvas:
    """Return plaster in the room's light: uneven, brushed, dark at the edges."""
    width, height = STILL_WIDTH // 2, STILL_HEIGHT // 2
    plaster = 1 + 0.05 * noise(rng, width, height, 7) + 0.05 * noise(rng, width, height, 90)
    light = 0.30 + 1.5 * enlarged(led, width, height) + enlarged(halo, width, height)
    wall = plaster[..., None] * light * WALL * 3.0
    return enlarged(np.asarray(wall, np.float32), STILL_WIDTH, STILL_HEIGHT)


def _halo(size: tuple[int, int], rgb: Rgb) -> Canvas:
    """Return the light of the strip behind the print, with a little of the print's own colours."""
    width = round(size[0] * SMALL_WIDTH / STILL_WIDTH)
    height = round(size[1] * SMALL_HEIGHT / STILL_HEIGHT)
    left = round(PRINT_MIDDLE[0] * SMALL_WIDTH - width / 2)
    top = round(PRINT_MIDDLE[1] * SMALL_HEIGHT - height / 2)
    x, _ = grid(SMALL_WIDTH, SMALL_HEIGHT)
    strip = MAGENTA + (VIOLET - MAGENTA) * smoothstep(0.2, 0.8, x / SMALL_WIDTH)[..., None]
    source = np.zeros((SMALL_HEIGHT, SMALL_WIDTH, 3), np.float32)
    art = resized(rgb, width, height).astype(np.float32) / 255
    source[top : top + height, left : left + width] = (
        0.7 * np.broadcast_to(strip, source.shape)[top : top + height, left : left + width]
        + 0.5 * art
    )
    return np.asarray(3.0 * blurred(source, 7) + 1.6 * blurred(source, 28), np.float32)


def _paper_print(rgb: Rgb, size: tuple[int, int]) -> Canvas:
    """Return the print: the picture, graded only a little, on paper with a margin."""
    margin = round(STILL_WIDTH * 0.018)
    art = cover(rgb, *size, focus_of(rgb))
    graded = 0.6 * night_grade(art, 0.36) + 0.4 * (art.astype(np.float32) / 255) * 0.8
    sheet = cv2.copyMakeBorder(
        graded, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=PAPER.tolist()
    )
    x, y = grid(sheet.shape[1], sheet.shape[0])
    sheen = 0.86 + 0.10 * (1 - x / sheet.shape[1]) + 0.06 * (1 - y / sheet.shape[0])
    return np.asarray(sheet * sheen[..., None], np.float32)


def _hang(canvas: Canvas, sheet: Canvas, degrees: float) -> None:
    height, width = sheet.shape[:2]
    middle = (PRINT_MIDDLE[0] * STILL_WIDTH, PRINT_MIDDLE[1] * STILL_HEIGHT)
    margin = 60
    shadow = blurred(rounded_rectangle(width, height, 6, margin), 16)
    below = (middle[0] + 10, middle[1] + 22)
    shade(
        canvas,
        shadow,
        placement((width + 2 * margin, height + 2 * margin), below, 1, degrees),
        0.55,
    )
    mask = rounded_rectangle(width - 4, height - 4, 4, 2)
    paste(canvas, sheet, mask, placement((width, height), middle, 1, degrees))


def _make_bed(canvas: Canvas, led: Canvas, rng: np.random.Generator) -> None:
    """Darken the bottom into pillows and a blanket, edged by the LED light, in place."""
    width, height = STILL_WIDTH // 4, STILL_HEIGHT // 4
    x, y = grid(width, height)
    u, v = x / width, y / height
    light = enlarged(led, width, height)
    scene = resized(canvas, width, height)
    for middle, half, top, tone in (
        (0.23, 0.30, 0.735, 0.05),
        (0.76, 0.32, 0.75, 0.045),
        (0.5, 0.9, 0.83, 0.03),
    ):
        middle += float(rng.uniform(-0.03, 0.03))
        edge = top + 0.11 * np.abs((u - middle) / half) ** 3.2
        folds = 0.004 * noise(rng, width, 8, 60)[:1]
        body = smoothstep(-0.006, 0.012, v - edge - folds)
        rim = np.exp(-(((v - edge - folds - 0.012) / 0.016) ** 2)) * body
        fabric = tone * (1 + 2.4 * light) + 0.42 * light * rim[..., None]
        scene += (fabric - scene) * body[..., None]
    cover_there = smoothstep(0.70, 0.74, np.broadcast_to(v, (height, width)))
    soft = enlarged(blurred(scene, 2.5), STILL_WIDTH, STILL_HEIGHT)
    canvas += (soft - canvas) * enlarged(cover_there, STILL_WIDTH, STILL_HEIGHT)[..., None]
