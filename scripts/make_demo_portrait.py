"""Draws the demo portrait: a singer with a fringe and a jacket who looks into the camera. Nobody sat for it.

Everything in it is made here, by chance of one seed. Run it with

    python scripts/make_demo_portrait.py [OUT.jpg]
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np

from backline.content.media.canvas import (
    Canvas,
    Mask,
    add_grain,
    blurred,
    finished,
    grid,
    noise,
    smoothstep,
)
from backline.content.media.picture import write_jpeg

WIDTH, HEIGHT = 1080, 1350
SEED = 12
OUT = Path(__file__).parent.parent / "src/backline/examples/demo/singer.jpg"

MIDDLE = 540
SKIN = np.array([0.86, 0.62, 0.49], np.float32)
HAIR = np.array([0.105, 0.060, 0.055], np.float32)
JACKET = np.array([0.10, 0.19, 0.24], np.float32)
WALL = np.array([0.60, 0.63, 0.60], np.float32)
EYES_Y, EYE_APART = 520, 82


def paint() -> Canvas:
    """Return the picture, (1350, 1080, 3), 0 to 1."""
    rng = np.random.default_rng(SEED)
    canvas = wall(rng)
    lay(canvas, hair_behind(), HAIR * 0.8, rng, 0.25)
    dress(canvas, rng)
    shade_neck(canvas)
    face = ellipse(MIDDLE, 545, 152, 205) * 1.0
    jaw = ellipse(MIDDLE, 640, 118, 130)
    head = np.maximum(face, jaw)
    model_head(canvas, head)
    for side in (-1, 1):
        draw_eye(canvas, MIDDLE + side * EYE_APART, side)
        draw_brow(canvas, MIDDLE + side * EYE_APART, side)
    draw_nose(canvas)
    draw_mouth(canvas)
    lay(canvas, fringe(rng), HAIR, rng, 0.35)
    canvas += 0.02 * noise(rng, WIDTH, HEIGHT, 3)[..., None] * canvas
    add_grain(canvas, rng, 0.010)
    return canvas


def ellipse(x: float, y: float, wide: float, tall: float, soft: float = 2.0) -> Mask:
    """Return a filled ellipse with a soft edge."""
    u, v = grid(WIDTH, HEIGHT)
    away = np.hypot((u - x) / wide, (v - y) / tall)
    edge = soft / min(wide, tall)
    return smoothstep(1 + edge, 1 - edge, away)


def spot(x: float, y: float, wide: float, tall: float) -> Mask:
    """Return a soft bump: a highlight or a shadow."""
    u, v = grid(WIDTH, HEIGHT)
    return np.exp(-(((u - x) / wide) ** 2) - ((v - y) / tall) ** 2).astype(np.float32)


def shape(points: list[tuple[float, float]], soft: float = 2.0) -> Mask:
    """Return a filled outline whose corners are rounded."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.fillPoly(mask, [np.rint(np.array(points)).astype(np.int32)], 255, cv2.LINE_AA)
    return cv2.GaussianBlur(mask.astype(np.float32) / np.float32(255), (0, 0), soft)


def stroke(points: list[tuple[float, float]], width: int, soft: float = 1.2) -> Mask:
    """Return a line."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.polylines(
        mask, [np.rint(np.array(points)).astype(np.int32)], False, 255, width, cv2.LINE_AA
    )
    return cv2.GaussianBlur(mask.astype(np.float32) / np.float32(255), (0, 0), soft)


def tint(canvas: Canvas, mask: Mask, colour: np.ndarray, amount: float = 1.0) -> None:
    """Lay a colour over the canvas, in place."""
    canvas += (np.asarray(colour, np.float32) - canvas) * (mask * np.float32(amount))[..., None]


def lay(
    canvas: Canvas, mask: Mask, colour: np.ndarray, rng: np.random.Generator, gloss: float
) -> None:
    """Lay hair over the canvas, in place: strands, lighter where it bends to the light."""
    x, y = grid(WIDTH, HEIGHT)
    strands = cv2.resize(noise(rng, WIDTH, 30, 5), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    light = np.exp(-(((y - 385 - 0.0009 * (x - MIDDLE) ** 2) / 46) ** 2)) * gloss
    tone = (0.95 + 0.16 * strands + 2.6 * light)[..., None] * colour
    canvas += (tone.astype(np.float32) - canvas) * mask[..., None]


def wall(rng: np.random.Generator) -> Canvas:
    """Return a plain wall in daylight from the left."""
    x, y = grid(WIDTH, HEIGHT)
    light = 1.08 - 0.38 * (x / WIDTH) - 0.16 * (y / HEIGHT) + 0.02 * noise(rng, WIDTH, HEIGHT, 120)
    return np.asarray(light[..., None] * WALL, np.float32)


def hair_behind() -> Mask:
    """Return the hair behind the head, down to the shoulders."""
    top = ellipse(MIDDLE, 500, 205, 235)
    sides = shape([(338, 480), (742, 480), (775, 860), (690, 905), (390, 905), (305, 860)], 16)
    return np.maximum(top, sides)


def dress(canvas: Canvas, rng: np.random.Generator) -> None:
    """Put on a shirt and a jacket, in place."""
    outline = [(60, 1360), (105, 1090), (150, 985), (230, 915), (400, 850), (470, 812), (610, 812),
               (680, 850), (850, 915), (930, 985), (975, 1090), (1020, 1360)]  # fmt: skip
    body = shape(outline, 5)
    x, y = grid(WIDTH, HEIGHT)
    folds = noise(rng, WIDTH, HEIGHT, 70)
    light = 1.25 - 0.75 * (x / WIDTH) + 0.10 * folds - 0.25 * smoothstep(1000, 1350, y)
    canvas += ((light[..., None] * JACKET).astype(np.float32) - canvas) * body[..., None]
    shirt = shape([(455, 825), (625, 825), (585, 1090), (540, 1170), (495, 1090)], 4)
    tint(canvas, shirt, np.array([0.80, 0.78, 0.74]))
    for side in (-1, 1):
        lapel = [(MIDDLE + side * 88, 832), (MIDDLE + side * 168, 900), (MIDDLE + side * 120, 1030),
                 (MIDDLE + side * 12, 1190)]  # fmt: skip
        tint(canvas, shape(lapel, 2.5), JACKET * (1.5 if side < 0 else 0.95))
        tint(canvas, stroke([*lapel[1:3], lapel[3]], 3), JACKET * 0.45, 0.8)
    tint(canvas, stroke([(MIDDLE + 4, 1190), (MIDDLE + 8, 1360)], 4), JACKET * 0.4, 0.8)


def shade_neck(canvas: Canvas) -> None:
    """Draw the neck and the shadow of the chin on it, in place."""
    neck = shape(
        [(462, 700), (618, 700), (624, 820), (592, 880), (540, 920), (488, 880), (456, 820)], 5
    )
    tint(canvas, neck, SKIN * 0.80)
    tint(canvas, neck * spot(MIDDLE + 12, 772, 120, 62), SKIN * 0.46, 0.8)
    tint(canvas, neck * spot(480, 830, 30, 80), SKIN * 0.98, 0.5)


def model_head(canvas: Canvas, head: Mask) -> None:
    """Model the face in light from the left, in place."""
    x, y = grid(WIDTH, HEIGHT)
    light = 1.08 - 0.30 * smoothstep(430, 720, x) - 0.10 * smoothstep(600, 790, y)
    canvas += ((light[..., None] * SKIN).astype(np.float32) - canvas) * head[..., None]
    warm = np.array([0.84, 0.44, 0.38], np.float32)
    for place, amount in (((452, 622), 0.34), ((628, 622), 0.30)):
        tint(canvas, head * spot(*place, 52, 40), warm, amount)
    tint(canvas, head * spot(520, 420, 70, 40), SKIN * 1.16, 0.5)
    tint(canvas, head * spot(470, 590, 36, 26), SKIN * 1.18, 0.5)
    tint(canvas, head * spot(528, 742, 34, 20), SKIN * 1.12, 0.5)
    tint(canvas, head * spot(690, 640, 44, 130), SKIN * 0.55, 0.5)
    for side in (-1, 1):
        tint(canvas, head * spot(MIDDLE + side * EYE_APART, EYES_Y - 8, 56, 34), SKIN * 0.70, 0.55)


def draw_eye(canvas: Canvas, x: float, side: int) -> None:
    """Draw an eye, in place: white, iris, pupil, a glint, lids and lashes."""
    upper = [(x - 44, EYES_Y + 5), (x - 24, EYES_Y - 15), (x, EYES_Y - 21), (x + 24, EYES_Y - 15),
             (x + 44, EYES_Y + 5)]  # fmt: skip
    lower = [(x + 26, EYES_Y + 14), (x, EYES_Y + 18), (x - 26, EYES_Y + 14)]
    opening = shape([*upper, *lower], 1.4)
    tint(canvas, opening, np.array([0.90, 0.87, 0.84]))
    tint(canvas, opening * spot(x, EYES_Y - 20, 46, 14), np.array([0.50, 0.42, 0.40]), 0.6)
    tint(canvas, opening * ellipse(x, EYES_Y - 1, 19, 19, 1.6), np.array([0.24, 0.15, 0.09]))
    tint(canvas, opening * ellipse(x, EYES_Y + 5, 13, 11, 5), np.array([0.42, 0.27, 0.14]), 0.6)
    tint(canvas, opening * ellipse(x, EYES_Y - 1, 9, 9, 1.4), np.array([0.02, 0.015, 0.015]))
    tint(canvas, ellipse(x - 6, EYES_Y - 8, 4.2, 4.2, 1.2), np.array([1.0, 1.0, 0.98]))
    tint(canvas, stroke(upper, 5, 1.2), np.array([0.07, 0.04, 0.04]), 0.95)
    outer = (x + side * 44, EYES_Y + 5)
    tint(
        canvas,
        stroke([outer, (outer[0] + side * 9, outer[1] - 7)], 4),
        np.array([0.07, 0.04, 0.04]),
    )
    tint(canvas, stroke(lower, 2, 1.4), SKIN * 0.45, 0.7)
    crease = [(px, py - 13) for px, py in upper[0:5]]
    tint(canvas, stroke(crease, 3, 2.0), SKIN * 0.50, 0.55)


def draw_brow(canvas: Canvas, x: float, side: int) -> None:
    """Draw a brow, in place."""
    brow = [(x - side * 44, EYES_Y - 45), (x - side * 6, EYES_Y - 60), (x + side * 22, EYES_Y - 61),
            (x + side * 54, EYES_Y - 44), (x + side * 20, EYES_Y - 52), (x - side * 8, EYES_Y - 49),
            (x - side * 42, EYES_Y - 34)]  # fmt: skip
    tint(canvas, shape(brow, 2.4), HAIR * 1.1, 0.85)


def draw_nose(canvas: Canvas) -> None:
    """Draw the nose, in place: a lit bridge, a shaded flank, wings and nostrils."""
    tint(canvas, spot(MIDDLE - 7, 570, 11, 56), SKIN * 1.20, 0.50)
    tint(canvas, spot(MIDDLE + 22, 585, 13, 50), SKIN * 0.66, 0.45)
    tint(canvas, spot(MIDDLE - 4, 628, 20, 15), SKIN * 1.20, 0.55)
    tint(canvas, spot(MIDDLE + 2, 653, 38, 8), SKIN * 0.55, 0.55)
    for side in (-1, 1):
        tint(canvas, spot(MIDDLE + side * 34, 636, 9, 15), SKIN * 0.62, 0.55)
        tint(canvas, ellipse(MIDDLE + side * 16, 650, 9, 4.5, 2), np.array([0.24, 0.10, 0.08]), 0.8)


def draw_mouth(canvas: Canvas) -> None:
    """Draw closed lips, in place."""
    line = [(474, 701), (500, 708), (524, 706), (540, 709), (556, 706), (580, 708), (606, 701)]
    upper = [*line, (580, 696), (556, 689), (540, 693), (524, 689), (500, 696)]
    lower = [(474, 701), (500, 708), (540, 710), (580, 708), (606, 701), (582, 730), (540, 741),
             (498, 732)]  # fmt: skip
    tint(canvas, shape(upper, 2), np.array([0.60, 0.25, 0.24]), 0.95)
    tint(canvas, shape(lower, 2), np.array([0.72, 0.33, 0.31]), 0.95)
    tint(canvas, spot(528, 726, 30, 6), np.array([0.95, 0.62, 0.58]), 0.55)
    tint(canvas, stroke(line, 4, 1.3), np.array([0.26, 0.07, 0.08]), 0.9)
    tint(canvas, spot(MIDDLE, 756, 44, 9), SKIN * 0.62, 0.45)


def fringe(rng: np.random.Generator) -> Mask:
    """Return the hair before the forehead and beside the face."""
    cap = ellipse(MIDDLE, 455, 192, 170) * (1 - ellipse(MIDDLE, 640, 158, 232, 6))
    points = [(352, 470)]
    for number in range(13):
        x = 366 + number * 29
        points.append((x, 452 + float(rng.uniform(-8, 10)) - 0.0006 * (x - MIDDLE) ** 2))
    points += [(728, 470), (700, 350), (540, 290), (380, 350)]
    bangs = shape(points, 3)
    locks = [
        shape([(MIDDLE + s * 150, 430), (MIDDLE + s * 196, 450), (MIDDLE + s * 214, 800),
               (MIDDLE + s * 176, 850), (MIDDLE + s * 138, 640)], 5)
        for s in (-1, 1)
    ]  # fmt: skip
    return np.maximum.reduce([cap, bangs, *locks]).astype(np.float32)


def main() -> None:
    """Draw the picture and say where it lies."""
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else OUT
    picture = paint()
    picture += 0.06 * blurred(np.maximum(picture - 0.7, 0).astype(np.float32), 30)
    write_jpeg(np.rint(finished(picture)).astype(np.uint8), out, quality=84)
    print(f"{out}: {WIDTH}x{HEIGHT}, {out.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
