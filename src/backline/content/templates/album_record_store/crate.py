"""A crate of records on the counter, close before the lens: the upper edges of other sleeves, and a card with the artist's name.

Painted at half the still's size: the nearer, the further out of focus.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from backline.content.media.canvas import (
    Canvas,
    Mask,
    blurred,
    enlarged,
    grid,
    noise,
    resized,
    rounded_rectangle,
    smoothstep,
)
from backline.content.media.lettering import plain_letters
from backline.content.media.picture import Rgb
from backline.content.media.still import STILL_HEIGHT, STILL_WIDTH
from backline.content.media.typesetting import typeset
from backline.content.templates.album_record_store.shop import (
    LAMP_ON_PAPER,
    SPINES,
    WARM,
    WOOD,
)

TOP = 0.772
"""Of the frame's height: the crate's far edge."""
_W, _H = STILL_WIDTH // 2, round(STILL_HEIGHT * (1 - TOP)) // 2
_SLEEVES = 10
_CARD_BEFORE = 3
"""The card stands before this sleeve, counted from the far end."""
_CARD = (318, 52)
_PAPER = np.array([0.84, 0.79, 0.70], np.float32)
_INK = np.array([0.13, 0.08, 0.06], np.float32)


class _Sleeve(NamedTuple):
    """Where a sleeve stands, pixels: its upper edge, its sides, and how much of it is seen."""

    top: float
    left: int
    right: int
    seen: float


def set_crate(canvas: Canvas, art: Rgb, name: str, rng: np.random.Generator) -> None:
    """Set the crate before the counter, in place; ``name`` is written on its card."""
    crate, mask = _box(rng), np.zeros((_H, _W), np.float32)
    mask[round(0.02 * _H) :] = 1
    for number in range(_SLEEVES):
        if number == _CARD_BEFORE:
            _set_card(crate, mask, _place(number), name)
        _stand(crate, _place(number), _print(number, art, rng), rng)
    crate *= _light()
    near = smoothstep(0.15, 0.9, grid(_W, _H)[1] / _H)[..., None]
    soft = crate * (1 - near) + blurred(crate, 5.0) * near
    top = STILL_HEIGHT - 2 * _H
    cover = enlarged(blurred(mask, 1.3), STILL_WIDTH, 2 * _H)[..., None]
    shown = enlarged(blurred(np.asarray(soft, np.float32), 1.1), STILL_WIDTH, 2 * _H)
    _cast_shadow(canvas, top)
    canvas[top:] += (shown - canvas[top:]) * cover


def _place(number: int) -> _Sleeve:
    """Return where a sleeve stands: the nearer, the lower, the wider and the further apart."""
    depth, after = ((n / _SLEEVES) ** 1.45 for n in (number, number + 1))
    top, below = (0.10 + 0.92 * each for each in (depth, after))
    half = (0.405 + 0.20 * depth) * _W
    return _Sleeve(top * _H, round(_W / 2 - half), round(_W / 2 + half), (below - top) * _H)


def _box(rng: np.random.Generator) -> Canvas:
    """Return the crate without anything in it: its boards, and the dark between them."""
    x, y = grid(_W, _H)
    depth = np.clip((y / _H - 0.10) / 0.92, 0, 1)
    aside = np.abs(x - _W / 2) - (0.405 + 0.20 * depth) * _W
    wall = smoothstep(2, 4, aside)[..., None]
    grain = 1 + 0.10 * noise(rng, _W, _H, 5)[..., None] + 0.12 * noise(rng, _W, _H, 34)[..., None]
    far = smoothstep(0.085, 0.078, y / _H)[..., None]
    rim = np.exp(-(((y / _H - 0.028) / 0.010) ** 2))[..., None] * 0.45
    box = 0.012 + grain * WOOD * (0.75 * np.maximum(far, 0.62 * wall) + rim)
    return np.asarray(box, np.float32)


def _print(number: int, art: Rgb, rng: np.random.Generator) -> Canvas:
    """Return what is printed on a sleeve, a square: mostly plain shapes in two inks, twice the artwork itself."""
    side = 256
    if number in (2, 6):
        return np.asarray(resized(art, side, side), np.float32) / np.float32(255)
    inks = [SPINES[int(n)] * float(rng.uniform(0.9, 1.5)) for n in rng.permutation(len(SPINES))[:2]]
    x, y = grid(side, side)
    shapes = (
        np.zeros((side, side), np.float32),
        smoothstep(0.055, 0.050, np.abs(y / side - 0.09)) + 0 * x,
        smoothstep(0.31, 0.30, np.hypot(x / side - float(rng.uniform(0.3, 0.7)), y / side - 0.24)),
        smoothstep(0.2, 0.25, np.abs((x / side * 7) % 1 - 0.5) * 2) + 0 * y,
        smoothstep(-0.01, 0.01, x / side - 0.62 + 0.8 * (y / side - 0.1)),
    )
    shape = np.asarray(shapes[int(rng.integers(len(shapes)))], np.float32)[..., None]
    return np.asarray(inks[0] + (inks[1] - inks[0]) * shape, np.float32)


def _stand(crate: Canvas, place: _Sleeve, print_: Canvas, rng: np.random.Generator) -> None:
    """Stand a sleeve in the crate, in place: its worn upper edge catches the lamps, the next one's shadow is on it."""
    side = place.right - place.left
    rows = round(min(1.6 * place.seen + 8, side))
    front = resized(print_[: rows * len(print_) // side + 1], side, rows)
    _, y = grid(side, rows)
    shadow = 1 - 0.62 * smoothstep(0.25, 1.05, y / place.seen)
    edge = (
        smoothstep(2.6, 0.8, y)[..., None] * (0.75 + 0.25 * noise(rng, side, rows, 26))[..., None]
    )
    front = front * (0.86 * shadow)[..., None]
    front = np.asarray(front + (_PAPER * 1.05 - front) * edge, np.float32)
    lean = float(rng.uniform(-0.012, 0.012))
    shift = float(rng.uniform(-5, 5))
    matrix = np.array([[1, 0, place.left + shift], [lean, 1, place.top - lean * side / 2]])
    cover = np.ones((rows, side), np.float32)
    laid, there = (
        cv2.warpAffine(each, matrix, (_W, _H), borderMode=border)
        for each, border in ((front, cv2.BORDER_REPLICATE), (cover, cv2.BORDER_CONSTANT))
    )
    crate += (laid - crate) * there[..., None]


def _set_card(crate: Canvas, mask: Mask, place: _Sleeve, name: str) -> None:
    """Set a card with a name between the sleeves, in place, that stands higher than they do; none without a name."""
    width, height = _CARD
    setting = typeset(name, 700, 38, width - 44, height - 4, share=1.0)
    if setting is None:
        return
    left, top = round(0.16 * _W), round(place.top) - height
    card = rounded_rectangle(width, height + 40, 9, 0)[: _H - top]
    part = np.s_[top : top + card.shape[0], left : left + width]
    crate[part] += (_PAPER - crate[part]) * card[..., None]
    mask[part] = np.maximum(mask[part], card)
    letters = plain_letters(setting)
    down = top + (height - letters.shape[0]) // 2 + 2
    across = left + (width - letters.shape[1]) // 2
    written = crate[down : down + letters.shape[0], across : across + letters.shape[1]]
    written += (_INK - written) * letters[: written.shape[0], : written.shape[1], None]


def _light() -> Canvas:
    """Return how the lamps fall into the crate: warm, from the left, and not down to its foot."""
    x, y = grid(_W, _H)
    across = 1 - 0.50 * ((x / _W - 0.40) / 0.66) ** 2
    down = 1.02 - 0.55 * smoothstep(0.1, 1.0, y / _H)
    return np.asarray((across * down)[..., None] * (0.62 * LAMP_ON_PAPER + 0.30 * WARM), np.float32)


def _cast_shadow(canvas: Canvas, top: int) -> None:
    """Darken the counter just behind the crate, in place."""
    rows = 90
    _, y = grid(2, rows)
    canvas[top - rows : top] *= 1 - (0.55 * np.exp(-(rows - y) / 26))[:, :1, None]
