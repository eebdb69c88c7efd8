"""Lets a still face sing: its mouth opens, its eyes blink, its head sways, all drawn from the one photograph.

Two layers, not one mesh: what lies below the lips moves down with the jaw, what
lies above rises a little, and between them the photograph's own teeth stay where
they are, over a dark ground. Every opening is drawn once; a frame pastes one.
Lengths are in mouths (the distance between the corners of the mouth).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from backline.content.media.canvas import smoothstep
from backline.content.media.face import CHIN, Face
from backline.content.media.frame import FRAME_RATE, Plane, Planes
from backline.content.media.still import Matrix
from backline.content.motion import View, drift

Field = NDArray[np.float32]

CORNERS = (61, 291)
UPPER_LIP = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
"""The inner edge of the upper lip, left to right in the picture; the lower one below."""
LOWER_LIP = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
EYES = (
    ((33, 246, 161, 160, 159, 158, 157, 173, 133), (33, 7, 163, 144, 145, 153, 154, 155, 133)),
    ((362, 398, 384, 385, 386, 387, 388, 466, 263), (362, 382, 381, 380, 374, 373, 390, 249, 263)),
)
"""Of each eye, the edge of the upper lid and of the lower one, left to right in the picture."""

OPENINGS, ROUNDINGS = 24, 2
"""How many openings are drawn, and how many steps of rounding to each side."""
_ROUND, _WIDE = 0.20, 0.07
"""By how much of its width a mouth narrows when it is round, and widens when it is wide."""
WIDEST = 0.62
"""How far a mouth opens at most: looked at, it is believable to .6 and a caricature from .8."""
_JAW, _LIFT = 0.34, 0.055
"""How far the jaw falls and the upper lip rises at an opening of one."""
_RESTING_GAP = 0.22
"""A mouth that was caught open wider than this closes down to it when nobody sings; a smile stays."""
_LIDS = (0.0, 0.55, 1.0)
_BLINK = (1, 2, 2, 1)
"""The lids of the frames of one blink: an eighth of a second."""
_SWAY, _NOD = 5.0, 4.0
"""Frame pixels."""


class Patch(NamedTuple):
    """A part of some planes as it looks in one pose; its corner is even."""

    left: int
    top: int
    planes: Planes

    def paste(self, into: Planes) -> None:
        """Put it where it belongs."""
        for patch, plane, shrink in zip(self.planes, into, (1, 2, 2), strict=True):
            top, left = self.top // shrink, self.left // shrink
            plane[top : top + patch.shape[0], left : left + patch.shape[1]] = patch


class Speech(NamedTuple):
    """A face that sings. It writes into planes of its own."""

    planes: Planes
    mouths: Mapping[tuple[int, int], Patch]
    """By opening, from closed (0) to wide open, and by rounding; those that are needed."""
    lids: tuple[tuple[Patch, ...], ...]
    """Per eye: open, half closed, closed."""
    openings: tuple[float, ...]
    """Per frame, 0 to 1 of the widest."""
    roundings: tuple[float, ...]
    """Per frame, -1 (wide) to 1 (round); empty for a mouth that only opens."""
    blinks: frozenset[int]
    """Frames at which a blink begins."""
    seed: int

    def pose(self, index: int) -> None:
        """Give the face the look that it has at a frame."""
        opening = _at(self.openings, index)
        self.mouths[_pose(opening, _at(self.roundings, index))].paste(self.planes)
        since = next((n for n in range(len(_BLINK)) if index - n in self.blinks), None)
        lid = 0 if since is None else _BLINK[since]
        for eye in self.lids:
            eye[lid].paste(self.planes)

    def swayed(self, view: View, index: int) -> View:
        """Return a view as somebody is seen in it who moves with what they sing."""
        around = [_at(self.openings, index + n) for n in range(-8, 9)]
        nod = sum(around) / len(around)
        seconds = index / FRAME_RATE
        return view._replace(
            shift_x=view.shift_x + _SWAY * drift(2.2 * seconds, self.seed, 4),
            shift_y=view.shift_y - _NOD * nod - 2 * drift(2.6 * seconds, self.seed, 5),
            angle=view.angle + 0.004 * drift(1.8 * seconds, self.seed, 6),
        )


def _at(values: Sequence[float], index: int) -> float:
    return values[index] if 0 <= index < len(values) else 0.0


def _pose(opening: float, rounding: float) -> tuple[int, int]:
    """Return the drawn pose that is nearest; a mouth that is all but shut has no roundness to show."""
    step = round(opening * (OPENINGS - 1))
    return step, round(rounding * ROUNDINGS) if step else 0


def let_speak(
    planes: Planes,
    face: Face,
    to_planes: Matrix,
    openings: Sequence[float],
    seed: int,
    hides: Plane | None = None,
    roundings: Sequence[float] = (),
) -> Speech:
    """Draw all poses of a face that lies on planes; ``to_planes`` leads there from its picture.

    ``openings`` is 0 to 1 per frame, ``roundings`` -1 to 1, or empty. Of a cut-out, ``hides`` (0..255, half
    size) says what belongs to it: nothing moves at its edges. 0.1 to 0.4 s of work.
    """
    own = Planes(*(plane.copy() for plane in planes))
    points = face.points[:, :2] @ to_planes[:, :2].T + to_planes[:, 2]
    firm = _firm(own, hides)
    clipped = tuple(float(min(1.0, max(0.0, value))) for value in openings)
    rounded = tuple(float(min(1.0, max(-1.0, value))) for value in roundings)
    poses = {_pose(value, _at(rounded, index)) for index, value in enumerate(clipped)} | {(0, 0)}
    mouths = {pose: _draw(own, _mouth(points, *_posed(pose)), firm) for pose in sorted(poses)}
    lids = [[_draw(own, _eye(points, eye, lid), firm) for lid in _LIDS] for eye in EYES]
    return Speech(
        planes=own,
        mouths=mouths,
        lids=tuple(map(tuple, lids)),
        openings=clipped,
        roundings=rounded,
        blinks=_blinks(len(openings), seed),
        seed=seed,
    )


def _posed(pose: tuple[int, int]) -> tuple[float, float]:
    """Return opening (in mouths) and rounding of a pose."""
    return WIDEST * pose[0] / (OPENINGS - 1), pose[1] / ROUNDINGS


def _blinks(count: int, seed: int) -> frozenset[int]:
    """Return when the eyes close: every two to five seconds."""
    rng = np.random.default_rng(seed + 11)
    starts, at = [], float(rng.uniform(0.8, 3.0))
    while at * FRAME_RATE < count:
        starts.append(round(at * FRAME_RATE))
        at += float(rng.uniform(2.0, 5.0))
    return frozenset(starts)


class _Place(NamedTuple):
    """A part of the face with axes of its own: u along a line between two points, v across it."""

    left: int
    top: int
    u: Field
    v: Field
    turn: NDArray[np.float64]
    """From (u, v) to pixels."""

    def source(self, u: Field, v: Field) -> tuple[Field, Field]:
        """Return where in the planes (x, y) a place (u, v) lies, from the part's own corner."""
        x = self.turn[0, 0] * (u - self.u) + self.turn[0, 1] * (v - self.v)
        y = self.turn[1, 0] * (u - self.u) + self.turn[1, 1] * (v - self.v)
        return x.astype(np.float32), y.astype(np.float32)


def _place(
    start: NDArray[np.float64],
    end: NDArray[np.float64],
    low: tuple[float, float],
    high: tuple[float, float],
) -> _Place:
    """Return the part between ``low`` and ``high`` (u, v), in units of the distance from start to end."""
    across = end - start
    turn = np.column_stack([across, [-across[1], across[0]]])
    corners = np.array([(u, v) for u in (low[0], high[0]) for v in (low[1], high[1])])
    middle = (start + end) / 2
    pixels = corners @ turn.T + middle
    left, top = (np.floor(pixels.min(axis=0)).astype(int) & ~1).tolist()
    right, bottom = ((np.ceil(pixels.max(axis=0)).astype(int) + 1) & ~1).tolist()
    x = np.arange(left, right)[None, :] + 0.5 - middle[0]
    y = np.arange(top, bottom)[:, None] + 0.5 - middle[1]
    back = np.linalg.inv(turn)
    u = (back[0, 0] * x + back[0, 1] * y).astype(np.float32)
    v = (back[1, 0] * x + back[1, 1] * y).astype(np.float32)
    return _Place(left, top, u, v, turn)


def _edge(
    place: _Place, points: NDArray[np.float64], ids: Sequence[int], middle: NDArray[np.float64]
) -> Field:
    """Return how far an edge of lip or lid lies from the axis, at each pixel's u."""
    local = (points[list(ids)] - middle) @ np.linalg.inv(place.turn).T
    order = np.argsort(local[:, 0])
    return np.asarray(np.interp(place.u, local[order, 0], local[order, 1]), np.float32)


class _Warp(NamedTuple):
    """Where each pixel of a part comes from, and what is dark in it."""

    place: _Place
    u: Field
    v: Field
    dark: Field
    """0 to 1: how much of the inside of the mouth shows."""
    teeth: Field
    """0 to 1."""


def _mouth(points: NDArray[np.float64], opening: float, rounding: float = 0.0) -> _Warp:
    start, end = points[CORNERS[0]], points[CORNERS[1]]
    middle = (start + end) / 2
    wide = float(np.linalg.norm(end - start))
    chin = float(np.linalg.norm(points[CHIN] - middle)) / wide
    whole = _place(start, end, (-1.05, -0.55), (1.05, chin + 0.45))
    # From here on u is where a pixel comes from: narrowed lips are the photograph's, drawn together.
    place = whole._replace(u=_narrowed(whole, rounding))
    upper = _edge(place, points, UPPER_LIP, middle)
    lower = np.maximum(_edge(place, points, LOWER_LIP, middle), upper)
    gap = lower - upper
    widest_gap = float(gap.max())
    closing = max(0.0, 1 - _RESTING_GAP / max(widest_gap, 1e-3)) * max(0.0, 1 - 2.2 * opening)
    # What moves is widest at the jaw and narrows to nothing at the corners of the mouth.
    half = 0.5 + 0.42 * smoothstep(0.05, chin, place.v)
    jaw = np.clip(1 - (place.u / half) ** 2, 0, 1)
    fall = (_JAW * opening - closing * gap) * jaw
    # A falling jaw takes the throat along, a closing one must not pull the collar up.
    reach = (chin * 0.92, chin + 0.40) if _JAW * opening > closing * widest_gap else (0.15, chin)
    fade = 1 - smoothstep(*reach, place.v)
    rise = _LIFT * opening * np.clip(1 - (place.u / 0.62) ** 2, 0, 1)
    rise = rise * smoothstep(-0.50, -0.08, place.v)
    lower_now, upper_now = lower + fall, upper - rise
    below = place.v >= (lower_now + upper_now) / 2 if opening == 0 else place.v >= lower_now
    v = np.where(below, np.maximum(place.v - fall * fade, lower), place.v)
    above = place.v <= upper_now
    v = np.where(above, np.minimum(place.v + rise, upper), v)
    inside = ~below & ~above
    had_teeth = (place.v > upper + 0.01) & (place.v < lower - 0.01) & (widest_gap > 0.05)
    opened = _soft(inside & ~had_teeth, wide) if opening > 0 else np.zeros_like(place.u)
    row = np.exp(-(((place.v - upper_now - 0.035) / 0.028) ** 2)) * np.clip(
        1 - (place.u / 0.40) ** 2, 0, 1
    )
    teeth = opened * row * min(1.0, 2.0 * opening) * (0.0 if widest_gap > 0.05 else 0.55)
    return _Warp(whole, place.u, v.astype(np.float32), opened, teeth.astype(np.float32))


def _narrowed(place: _Place, rounding: float) -> Field:
    """Return where each pixel's u comes from when the lips are drawn together, or apart below 0."""
    share = _ROUND * rounding if rounding > 0 else _WIDE * rounding
    near = np.clip(1 - place.u**2, 0, 1) ** 2 * np.clip(1 - (place.v / 0.5) ** 2, 0, 1)
    return np.asarray(place.u * (1 + share * near), np.float32)


def _soft(mask: NDArray[np.bool_], wide: float) -> Field:
    sigma = max(0.8, wide / 90)
    return np.asarray(cv2.GaussianBlur(mask.astype(np.float32), (0, 0), sigma), np.float32)


def _eye(
    points: NDArray[np.float64], eye: tuple[Sequence[int], Sequence[int]], lid: float
) -> _Warp:
    top, bottom = eye
    start, end = points[top[0]], points[top[-1]]
    middle = (start + end) / 2
    place = _place(start, end, (-0.75, -0.85), (0.75, 0.60))
    upper = _edge(place, points, top, middle)
    lower = np.maximum(_edge(place, points, bottom, middle), upper)
    inside = np.clip(1 - (place.u / 0.52) ** 2, 0, 1) ** 0.5
    shut = lid * (lower - upper) * inside
    skin = 0.40
    edge = upper + shut
    # The lid is the skin above the eye, stretched down over it.
    stretched = edge - (edge - place.v) * skin / (skin + shut)
    moved = np.where(
        place.v >= edge, place.v, np.where(place.v > upper - skin, stretched - shut, place.v)
    )
    none = np.zeros_like(place.u)
    return _Warp(place, place.u, moved.astype(np.float32), none, none)


def _firm(planes: Planes, hides: Plane | None) -> tuple[Field, Field]:
    """Return how freely each pixel may move, at full and at half size: 0 near the edge of a cut-out."""
    if hides is None:
        return np.ones(planes.y.shape, np.float32), np.ones(planes.cb.shape, np.float32)
    whole = cv2.erode((hides > 250).astype(np.float32), np.ones((9, 9), np.uint8))
    half = cv2.GaussianBlur(whole, (0, 0), 3)
    height, width = planes.y.shape
    return np.asarray(cv2.resize(half, (width, height)), np.float32), np.asarray(half, np.float32)


def _draw(planes: Planes, warp: _Warp, firm: tuple[Field, Field]) -> Patch:
    """Draw one pose from the planes as they were photographed."""
    place = warp.place
    dx, dy = place.source(warp.u, warp.v)
    rows, columns = place.u.shape
    top, left = max(0, place.top), max(0, place.left)
    bottom = min(planes.y.shape[0], place.top + rows) & ~1
    right = min(planes.y.shape[1], place.left + columns) & ~1
    crop = (
        slice(top - place.top, bottom - place.top),
        slice(left - place.left, right - place.left),
    )
    if bottom <= top or right <= left:
        return Patch(0, 0, Planes(*(plane[:0, :0] for plane in planes)))
    light = _light_of(planes, place)
    drawn = []
    for plane, shrink, inside, tooth in zip(
        planes, (1, 2, 2), _lit(_INSIDE, light), _lit(_TEETH, light), strict=True
    ):
        thin = (slice(None, None, shrink), slice(None, None, shrink))
        rows_now = slice(top // shrink, bottom // shrink)
        columns_now = slice(left // shrink, right // shrink)
        x = np.arange(columns_now.start, columns_now.stop, dtype=np.float32)[None, :]
        y = np.arange(rows_now.start, rows_now.stop, dtype=np.float32)[:, None]
        from_x, from_y = x + dx[crop][thin] / shrink, y + dy[crop][thin] / shrink
        moved = np.asarray(cv2.remap(plane, from_x, from_y, cv2.INTER_LINEAR), np.float32)
        moved += (inside - moved) * warp.dark[crop][thin]
        moved += (tooth - moved) * warp.teeth[crop][thin]
        still = plane[rows_now, columns_now].astype(np.float32)
        free = firm[shrink - 1][rows_now, columns_now]
        drawn.append(np.rint((still + (moved - still) * free).clip(0, 255)).astype(np.uint8))
    return Patch(left, top, Planes(*drawn))


_INSIDE = (0.16, 121.0, 150.0)
"""The dark of a mouth: a share of the face's own light, and the two colours."""
_TEETH = (0.80, 125.0, 131.0)


def _lit(colour: tuple[float, float, float], light: float) -> tuple[float, float, float]:
    """Return Y, Cb, Cr of something in a face's light: dim light holds little colour."""
    share = min(1.0, light / 170)
    return 16 + colour[0] * light, 128 + (colour[1] - 128) * share, 128 + (colour[2] - 128) * share


def _light_of(planes: Planes, place: _Place) -> float:
    """Return how bright the face is around the mouth, luma steps above black."""
    part: Plane = planes.y[max(0, place.top) : place.top + place.u.shape[0], max(0, place.left) :]
    return float(np.quantile(part[:, : place.u.shape[1]], 0.8)) - 16
