"""Finds faces in a picture: how sure, where, which way they look, and 468 points on each.

Two small nets (see ``content/data``): a detector proposes places, a second net
lays its mesh of points over each and says whether a face is there at all. The
detector alone takes cats for people; the mesh does not.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from backline.content.media.nets import run_net
from backline.content.media.picture import Rgb

Points = NDArray[np.float32]
"""(468, 3): x and y in picture pixels, z in the same unit, towards the viewer negative."""
Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""

EYE_OUTER = (33, 263)
"""Points of the mesh: outer corners of the eyes, left in the picture first."""
CHEEKS = (234, 454)
CHIN, FOREHEAD, NOSE = 152, 10, 1

SURE = 0.5
"""Least score of either net; a cat gets .04 from the mesh, portraits .9 and more."""
MOST_FACES = 12
_DETECTOR_SIDE, _MESH_SIDE = 128, 192
_MESH_CROP = 1.5
"""Sides of the mesh's crop, in those of the detector's box."""
_OVERLAP = 0.3
"""Two boxes that share more than this of their union are one face."""


class Face(msgspec.Struct, frozen=True, eq=False):
    """One face. Lengths are pixels of the picture."""

    score: float
    """0.5 to 1: how sure the mesh is."""
    points: Points

    @property
    def box(self) -> Box:
        """From chin to forehead and from side to side."""
        low, high = self.points[:, :2].min(axis=0), self.points[:, :2].max(axis=0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])

    @property
    def height(self) -> float:
        """Pixels, chin to forehead."""
        return float(np.linalg.norm(self.points[CHIN, :2] - self.points[FOREHEAD, :2]))

    @property
    def middle(self) -> tuple[float, float]:
        """Between the eyes."""
        eyes = self.points[list(EYE_OUTER), :2].mean(axis=0)
        return float(eyes[0]), float(eyes[1])

    @property
    def turned_degrees(self) -> float:
        """How far it looks to a side: 0 into the camera, 90 in profile."""
        across = self.points[CHEEKS[1]] - self.points[CHEEKS[0]]
        return abs(math.degrees(math.atan2(across[2], math.hypot(across[0], across[1]))))

    @property
    def tilt(self) -> float:
        """Radians by which the eye line is turned clockwise."""
        across = self.points[EYE_OUTER[1]] - self.points[EYE_OUTER[0]]
        return math.atan2(across[1], across[0])

    def __repr__(self) -> str:
        left, top, right, bottom = self.box
        return f"Face({self.score:.2f}, {left:.0f},{top:.0f} to {right:.0f},{bottom:.0f})"


class _Proposal(msgspec.Struct, frozen=True):
    """What the detector says of one place."""

    score: float
    box: Box
    tilt: float


def find_faces(rgb: Rgb) -> tuple[Face, ...]:
    """Return the faces of a picture, the largest first; none is an answer too.

    The whole is looked at and its parts; only when those show nobody, smaller
    parts are, for people who stand far away. 30 to 90 ms once the nets are loaded.
    """
    for levels in ((1, 3), (5,)):
        tiles = [tile for parts in levels for tile in _tiles(rgb, parts)]
        proposals = [proposal for tile in tiles for proposal in _propose(rgb, tile)]
        found = [_mesh(rgb, proposal) for proposal in _distinct(proposals)[:MOST_FACES]]
        faces = [face for face in found if face is not None]
        if faces:
            return tuple(sorted(faces, key=lambda face: -face.height))
    return ()


def _tiles(rgb: Rgb, parts: int) -> Iterator[tuple[int, int, int]]:
    """Yield squares (left, top, side) that cover the picture; with many parts they overlap by half."""
    height, width = rgb.shape[:2]
    if parts == 1:
        side = max(height, width)
        yield (width - side) // 2, (height - side) // 2, side
        return
    side = max(64, 2 * max(height, width) // (parts + 1))
    for top in _starts(height, side):
        for left in _starts(width, side):
            yield left, top, side


def _starts(length: int, side: int) -> list[int]:
    if length <= side:
        return [(length - side) // 2]
    steps = math.ceil((length - side) / (side / 2))
    return [round(step * (length - side) / steps) for step in range(steps + 1)]


def _propose(rgb: Rgb, tile: tuple[int, int, int]) -> list[_Proposal]:
    left, top, side = tile
    scale = side / _DETECTOR_SIDE
    raw_scores, raw_places = run_net("face_detection_short_range", _part(rgb, tile) / 127.5 - 1)
    scores = 1 / (1 + np.exp(-np.clip(raw_scores.ravel(), -80, 80)))
    places = raw_places.reshape(-1, 8, 2) * scale
    places[:, [0, 2, 3, 4, 5, 6, 7]] += (_anchors() * side)[:, None]
    places[:, [0, 2, 3, 4, 5, 6, 7]] += (left, top)
    return [_proposal(float(scores[i]), places[i]) for i in np.flatnonzero(scores > SURE)]


def _part(rgb: Rgb, tile: tuple[int, int, int]) -> NDArray[np.float32]:
    """Return a square of the picture at the detector's size, black where there is no picture."""
    left, top, side = tile
    height, width = rgb.shape[:2]
    low_x, low_y = max(0, left), max(0, top)
    inside = rgb[low_y : min(height, top + side), low_x : min(width, left + side)]
    scale = _DETECTOR_SIDE / side
    size = max(1, round(inside.shape[1] * scale)), max(1, round(inside.shape[0] * scale))
    # Shrunk first: letterboxing a 20-megapixel picture would cost a third of a second.
    small = cv2.resize(inside, size, interpolation=cv2.INTER_AREA)
    part = np.zeros((_DETECTOR_SIDE, _DETECTOR_SIDE, 3), np.float32)
    x, y = round((low_x - left) * scale), round((low_y - top) * scale)
    room = part[y : y + size[1], x : x + size[0]]
    room[:] = small[: room.shape[0], : room.shape[1]]
    return part


@cache
def _anchors() -> NDArray[np.float32]:
    """The detector's 896 places: two on each cell of a 16x16 grid, six on each of an 8x8 one."""
    grids = []
    for cells, each in ((16, 2), (8, 6)):
        middle = (np.arange(cells, dtype=np.float32) + 0.5) / cells
        x, y = np.meshgrid(middle, middle)
        grids.append(np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), each, axis=0))
    return np.concatenate(grids)


def _proposal(score: float, places: NDArray[np.float32]) -> _Proposal:
    (x, y), (width, height) = places[0], places[1]
    across = places[3] - places[2]
    box = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    tilt = math.atan2(float(across[1]), float(across[0]))
    return _Proposal(score, tuple(float(side) for side in box), tilt)  # type: ignore[arg-type]


def _distinct(proposals: list[_Proposal]) -> list[_Proposal]:
    """Keep the surest of each group of boxes that lie on one another."""
    kept: list[_Proposal] = []
    for proposal in sorted(proposals, key=lambda p: -p.score):
        if all(_shared(proposal.box, other.box) < _OVERLAP for other in kept):
            kept.append(proposal)
    return kept


def _shared(one: Box, other: Box) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    both = max(0.0, width) * max(0.0, height)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return both / max(1e-6, sum(areas) - both)


def _mesh(rgb: Rgb, proposal: _Proposal) -> Face | None:
    """Lay the mesh over a proposal; None when there is no face after all."""
    left, top, right, bottom = proposal.box
    side = _MESH_CROP * max(right - left, bottom - top)
    step = side / _MESH_SIDE
    cos, sin = step * math.cos(proposal.tilt), step * math.sin(proposal.tilt)
    turn = np.array([[cos, -sin], [sin, cos]])
    middle = np.array([(left + right) / 2, (top + bottom) / 2])
    start = middle - turn @ np.full(2, _MESH_SIDE / 2)
    score, raw = run_net("face_landmark", _crop(rgb, turn, start, step))
    certainty = 1 / (1 + math.exp(-float(np.clip(score.item(), -80, 80))))
    if certainty < SURE:
        return None
    mesh = raw.reshape(-1, 3)
    points = np.column_stack([mesh[:, :2] @ turn.T + start, mesh[:, 2] * step])
    return Face(certainty, points.astype(np.float32))


def _crop(
    rgb: Rgb, turn: NDArray[np.float64], start: NDArray[np.float64], step: float
) -> NDArray[np.float32]:
    shrink = max(1, int(step))
    source = (
        rgb
        if shrink == 1
        else cv2.resize(rgb, None, fx=1 / shrink, fy=1 / shrink, interpolation=cv2.INTER_AREA)
    )
    matrix = np.column_stack([turn, start]) / shrink
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    part = cv2.warpAffine(source, matrix, (_MESH_SIDE, _MESH_SIDE), flags=flags)
    return np.asarray(part, np.float32) / np.float32(255)
