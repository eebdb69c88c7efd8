"""Draws the demo picture: someone with headphones, seen from behind, over a city at dusk.

Everything in it is made here, by chance of one seed. Run it with

    python scripts/make_demo_picture.py [OUT.jpg]
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
    enlarged,
    finished,
    grid,
    noise,
    smoothstep,
)
from backline.content.media.picture import write_jpeg

WIDTH, HEIGHT = 1080, 1350
SEED = 33
OUT = Path(__file__).parent.parent / "src/backline/examples/demo/night-drive.jpg"

SUN = (0.60, 0.545)
"""Fractions of the width, both of them; so is every other place below."""
HORIZON = 0.76
WARM = np.array([1.0, 0.56, 0.36], np.float32)
ROSE = np.array([0.93, 0.30, 0.45], np.float32)
SKY = np.array(
    [
        [0.045, 0.035, 0.130],
        [0.130, 0.070, 0.270],
        [0.390, 0.130, 0.400],
        [0.830, 0.270, 0.420],
        [1.000, 0.520, 0.360],
        [1.000, 0.740, 0.480],
    ],
    np.float32,
)
SKY_STOPS = (0.0, 0.16, 0.36, 0.53, 0.67, HORIZON)


def paint() -> Canvas:
    """Return the picture, (1350, 1080, 3), 0 to 1."""
    rng = np.random.default_rng(SEED)
    canvas = sky(rng)
    for layer, haze in enumerate((0.62, 0.34, 0.08)):
        lay_city(canvas, layer, haze, rng)
    stand_figure(canvas, rng)
    canvas += 0.10 * blurred(np.maximum(canvas - 0.62, 0), 42)
    add_grain(canvas, rng, 0.009)
    return canvas


def sky(rng: np.random.Generator) -> Canvas:
    """Return dusk: night above, embers below, thin clouds lit from beneath, a low sun."""
    x, y = grid(WIDTH, HEIGHT)
    u, v = x / WIDTH, y / WIDTH
    column = np.stack([np.interp(v[:, 0], SKY_STOPS, SKY[:, c]) for c in range(3)], axis=-1)
    canvas = np.broadcast_to(column[:, None, :], (HEIGHT, WIDTH, 3)).astype(np.float32)
    distance = np.hypot(u - SUN[0], v - SUN[1])
    canvas += (0.30 * np.exp(-distance / 0.22))[..., None] * WARM
    canvas += clouds(rng) * np.exp(-(((v - 0.40) / 0.22) ** 2))[..., None]
    disc = smoothstep(0.136, 0.133, distance.astype(np.float32))[..., None]
    tone = np.array([1.0, 0.80, 0.58], np.float32) + (v - SUN[1])[..., None] * np.array(
        [0.0, -1.3, -1.2], np.float32
    )
    canvas += (tone - canvas) * disc * 0.93
    stars = (rng.random((HEIGHT, WIDTH)) > 0.99985) * rng.uniform(0.2, 0.9, (HEIGHT, WIDTH))
    glimmer = cv2.GaussianBlur(stars.astype(np.float32), (0, 0), 0.9) * 4 * (v < 0.32)
    return np.asarray(
        canvas + glimmer[..., None] * np.clip(1 - v / 0.32, 0, 1)[..., None], np.float32
    )


def clouds(rng: np.random.Generator) -> Canvas:
    """Return streaks of cloud as light to add: rose where they catch the sun."""
    streaks = enlarged(noise(rng, WIDTH // 9, HEIGHT, 46), WIDTH, HEIGHT)
    wisps = enlarged(noise(rng, WIDTH // 4, HEIGHT, 13), WIDTH, HEIGHT)
    body = smoothstep(0.1, 2.1, streaks + 0.45 * wisps)
    return np.asarray(body[..., None] * ROSE * 0.34, np.float32)


def lay_city(canvas: Canvas, layer: int, haze: float, rng: np.random.Generator) -> None:
    """Lay one row of towers over the canvas, in place; the nearer the darker, with lit windows."""
    base = np.array([0.055, 0.035, 0.105], np.float32)
    haze_colour = np.array([0.86, 0.33, 0.40], np.float32)
    x = -20
    while x < WIDTH:
        width = int(rng.integers(26, 70) * (0.8 + 0.35 * layer))
        nearness_to_sun = np.exp(-((((x + width / 2) / WIDTH - SUN[0]) / 0.25) ** 2))
        height = int(rng.uniform(0.04, 0.17 + 0.03 * layer) * WIDTH * (1 - 0.55 * nearness_to_sun))
        top = round((HORIZON + 0.045 * layer) * WIDTH) - height
        tower = canvas[top:, max(0, x) : max(0, x + width)]
        depth = np.linspace(haze, min(1, haze * 1.25), tower.shape[0], dtype=np.float32)
        tower[:] = (base + (haze_colour * 0.62 - base) * depth[:, None])[:, None, :]
        if layer and tower.shape[1] > 8:
            light_windows(tower, layer, rng)
        x += width


def light_windows(tower: Canvas, layer: int, rng: np.random.Generator) -> None:
    """Light some windows of a tower, in place."""
    step, size = 7 + 2 * layer, 2 + layer
    for row in range(step, min(tower.shape[0] - size, 260), step + 2):
        for column in range(step // 2, tower.shape[1] - size, step):
            if rng.random() < 0.20:
                glow = WARM * rng.uniform(0.35, 1.0) + np.array([0, 0.16, 0.06]) * rng.random()
                tower[row : row + size + 1, column : column + size] = glow


def figure_mask() -> tuple[Mask, Mask]:
    """Return the person's outline, and the headphones', as masks."""
    body = np.zeros((HEIGHT, WIDTH), np.uint8)
    shoulders = [
        (0.040, 1.30), (0.070, 1.08), (0.115, 0.965), (0.185, 0.890), (0.290, 0.840), (0.385, 0.805),
        (0.436, 0.770), (0.446, 0.70), (0.554, 0.70), (0.564, 0.770), (0.615, 0.805), (0.710, 0.840),
        (0.815, 0.890), (0.885, 0.965), (0.930, 1.08), (0.960, 1.30),
    ]  # fmt: skip
    fill(body, shoulders)
    ellipse(body, (0.5, 0.792), (0.112, 0.036))
    soft_body = smoothstep(0.42, 0.58, cv2.GaussianBlur(body / np.float32(255), (0, 0), 9))
    head = np.zeros((HEIGHT, WIDTH), np.uint8)
    hair = [
        (0.500, 0.482), (0.548, 0.490), (0.582, 0.525), (0.598, 0.580), (0.604, 0.640), (0.600, 0.700),
        (0.584, 0.722), (0.560, 0.713), (0.532, 0.727), (0.500, 0.718), (0.470, 0.729), (0.440, 0.714),
        (0.416, 0.723), (0.400, 0.700), (0.396, 0.640), (0.402, 0.580), (0.418, 0.525), (0.452, 0.490),
    ]  # fmt: skip
    fill(head, hair)
    soft_head = smoothstep(0.40, 0.60, cv2.GaussianBlur(head / np.float32(255), (0, 0), 4))
    phones = np.zeros((HEIGHT, WIDTH), np.uint8)
    for side in (-1, 1):
        ellipse(phones, (0.5 + side * 0.103, 0.622), (0.025, 0.054))
    cv2.ellipse(phones, at((0.5, 0.594)), at((0.107, 0.128)), 0, 188, 352, 255, 15, cv2.LINE_AA)
    soft_phones = smoothstep(0.35, 0.65, cv2.GaussianBlur(phones / np.float32(255), (0, 0), 2))
    return np.maximum(soft_body, soft_head), soft_phones


def stand_figure(canvas: Canvas, rng: np.random.Generator) -> None:
    """Stand the person before the city, in place: dark, with the sun along the edges."""
    person, phones = figure_mask()
    hair = 1 + 0.12 * noise(rng, WIDTH, HEIGHT, 5) * smoothstep(
        0.97, 0.90, grid(WIDTH, HEIGHT)[1] / WIDTH
    )
    dark = np.array([0.040, 0.026, 0.075], np.float32) * hair[..., None]
    canvas += (dark - canvas) * person[..., None]
    canvas += edge_light(person, 4.0, 1.25)[..., None] * (0.7 * WARM + 0.3 * ROSE)
    canvas += edge_light(person, 22.0, 0.20)[..., None] * ROSE
    shell = np.array([0.034, 0.022, 0.062], np.float32)
    canvas += (shell - canvas) * phones[..., None]
    canvas += edge_light(phones, 2.2, 0.9)[..., None] * WARM


def edge_light(mask: Mask, width: float, strength: float) -> Mask:
    """Return light along the edges of a shape: on all of them, most on those that face the sun."""
    inner = cv2.GaussianBlur(mask, (0, 0), width)
    slope_x = cv2.Sobel(inner, cv2.CV_32F, 1, 0, ksize=3)
    slope_y = cv2.Sobel(inner, cv2.CV_32F, 0, 1, ksize=3)
    steepness = np.hypot(slope_x, slope_y) * width * 0.33
    facing = np.clip(
        -(slope_x * 0.75 + slope_y * -0.35) / (np.hypot(slope_x, slope_y) + 1e-5), 0, 1
    )
    x, _ = grid(WIDTH, HEIGHT)
    behind = np.exp(-(((x / WIDTH - SUN[0]) / 0.26) ** 2))
    rim = steepness * (0.22 + 0.78 * facing) * (0.35 + 0.65 * behind) * mask
    return np.asarray(np.clip(rim, 0, 1) * strength, np.float32)


def at(place: tuple[float, float]) -> tuple[int, int]:
    """Return fractions of the width as pixels."""
    return round(place[0] * WIDTH), round(place[1] * WIDTH)


def fill(mask: np.ndarray, outline: list[tuple[float, float]]) -> None:
    """Fill a polygon, in place."""
    cv2.fillPoly(mask, [np.array([at(place) for place in outline], np.int32)], 255, cv2.LINE_AA)


def ellipse(mask: np.ndarray, middle: tuple[float, float], radii: tuple[float, float]) -> None:
    """Fill an ellipse, in place."""
    cv2.ellipse(mask, at(middle), at(radii), 0, 0, 360, 255, -1, cv2.LINE_AA)


def main() -> None:
    """Draw the picture and say where it lies."""
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else OUT
    write_jpeg(np.rint(finished(paint())).astype(np.uint8), out, quality=84)
    print(f"{out}: {WIDTH}x{HEIGHT}, {out.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
