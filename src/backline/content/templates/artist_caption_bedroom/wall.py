"""A wide or square picture as a print on the bedroom wall, an LED strip glowing behind it."""

from __future__ import annotations

import cv2
import msgspec
import numpy as np

from backline.content.media.canvas import (
    Canvas,
    blurred,
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
from backline.content.media.grade import graded
from backline.content.media.picture import Picture, Rgb
from backline.content.media.still import STILL_HEIGHT, STILL_WIDTH, Matrix
from backline.content.portrait import frame_for
from backline.content.templates.artist_caption_bedroom.blanket import blanket
from backline.content.templates.artist_caption_bedroom.full_frame import NIGHT
from backline.content.templates.artist_caption_bedroom.light import (
    MAGENTA,
    SMALL_HEIGHT,
    SMALL_WIDTH,
    VIOLET,
    string_lights,
)

PRINT_BOX = (0.79, 0.385)
"""The largest print, in fractions of the frame: above the caption, clear of the lamps."""
PRINT_MIDDLE = (0.5, 0.318)
WIDEST, TALLEST = 16 / 9, 0.8
"""Shapes that a print may have; others are cropped to them."""
BED_TOP = 0.765
"""Of the frame's height."""
PAPER = np.array([0.80, 0.74, 0.80], np.float32)
WALL = np.array([0.105, 0.082, 0.125], np.float32)


def hang_on_wall(picture: Picture, led: Canvas, rng: np.random.Generator) -> tuple[Canvas, Matrix]:
    """Return the still (wall, glow, print, lamps, a bed below), and where on it the picture lies."""
    aspect = min(WIDEST, max(TALLEST, picture.aspect))
    width = round(min(STILL_WIDTH * PRINT_BOX[0], STILL_HEIGHT * PRINT_BOX[1] * aspect))
    size = (width, round(width / aspect))
    framing = frame_for(picture, *size)
    art = framing.cut(picture.rgb, *size)
    canvas = _wall(led, _halo(size, art), rng)
    degrees = float(rng.uniform(-1.4, -0.6))
    _hang(canvas, _paper_print(art), degrees)
    _make_bed(canvas, led, rng)
    canvas += string_lights(rng, STILL_WIDTH, STILL_HEIGHT)
    middle = (PRINT_MIDDLE[0] * STILL_WIDTH, PRINT_MIDDLE[1] * STILL_HEIGHT)
    hung = np.vstack([placement(size, middle, 1, degrees), (0, 0, 1)])
    return canvas, (hung @ np.vstack([framing.matrix, (0, 0, 1)]))[:2]


def _wall(led: Canvas, halo: Canvas, rng: np.random.Generator) -> Canvas:
    """Return plaster in the room's light: uneven, brushed, dark at the edges."""
    width, height = STILL_WIDTH // 2, STILL_HEIGHT // 2
    plaster = 1 + 0.05 * noise(rng, width, height, 7) + 0.05 * noise(rng, width, height, 90)
    light = 0.30 + 1.5 * enlarged(led, width, height) + enlarged(halo, width, height)
    wall = plaster[..., None] * light * WALL * 2.5
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


def _paper_print(art: Rgb) -> Canvas:
    """Return the print: the picture, graded only a little, on paper with a margin."""
    margin = round(STILL_WIDTH * 0.018)
    by_night = graded(art, msgspec.structs.replace(NIGHT, middle=0.36))
    shown = 0.6 * by_night + 0.4 * (art.astype(np.float32) / 255) * 0.8
    sheet = cv2.copyMakeBorder(
        shown, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=PAPER.tolist()
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
    """Lay a rumpled blanket over the bottom, in place: folds in the LED's light, out of focus."""
    fabric, body = blanket(led, BED_TOP, 0.035, rng)
    scene = resized(canvas, body.shape[1], body.shape[0])
    scene += (fabric - scene) * body[..., None]
    top = round((BED_TOP - 0.06) * STILL_HEIGHT)
    soft = enlarged(blurred(scene, 1.7), STILL_WIDTH, STILL_HEIGHT)[top:]
    cover_there = enlarged(blurred(body, 1.7), STILL_WIDTH, STILL_HEIGHT)[top:]
    canvas[top:] += (soft - canvas[top:]) * np.sqrt(cover_there)[..., None]
