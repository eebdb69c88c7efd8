"""Who is in a picture, and how to frame them: faces, a cut-out, a crop that keeps heads on shoulders.

Nobody, several people, a drawing, an animal: each has an answer. An animal or
a flower may look like a person to the cut-out's net; without a face there is
no cut-out.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from backline.content.media.canvas import Affine, Mask, resized
from backline.content.media.cutout import person_mask
from backline.content.media.face import Box, Face, find_faces
from backline.content.media.focus import focus_of
from backline.content.media.picture import Picture, Rgb

EYE_LINE = 0.36
"""Of a frame's height: the eyes stand a little below the upper third."""
LEAST_FACE_SHARE = 0.09
"""Of the crop's height; a smaller face is brought nearer."""
NEAREST = 1.7
"""How much nearer at most: beyond it the picture is soft."""
SMALL_FACE = 0.45
"""Of the largest face's height; smaller ones are people passing by and do not decide the frame."""


class Portrait(msgspec.Struct, frozen=True, eq=False):
    """What was found in a picture."""

    faces: tuple[Face, ...]
    """The largest first."""
    person: Mask | None
    """How much of each pixel is person, the picture's size; None without a clear cut-out."""

    @property
    def main_faces(self) -> tuple[Face, ...]:
        """Those whom the picture is about."""
        return tuple(f for f in self.faces if f.height > SMALL_FACE * self.faces[0].height)

    @property
    def singer(self) -> Face | None:
        """The largest face, if there is any."""
        return self.faces[0] if self.faces else None


class Framing(NamedTuple):
    """A crop of a picture: the corner at which it starts, and how much it is enlarged."""

    left: float
    top: float
    scale: float

    def cut(self, rgb: Rgb, width: int, height: int) -> Rgb:
        """Return the crop, width by height."""
        rows, columns = round(height / self.scale), round(width / self.scale)
        left = min(max(0, round(self.left)), max(0, rgb.shape[1] - columns))
        top = min(max(0, round(self.top)), max(0, rgb.shape[0] - rows))
        return resized(rgb[top : top + max(1, rows), left : left + max(1, columns)], width, height)

    @property
    def matrix(self) -> Affine:
        """From the picture's pixels to the crop's."""
        return np.array(
            [[self.scale, 0, -self.left * self.scale], [0, self.scale, -self.top * self.scale]]
        )


# A run asks twice, for its still and for its film.
@lru_cache(maxsize=2)
def find_portrait(picture: Picture) -> Portrait:
    """Look for faces and for a person who can be cut out; 0.05 to 0.4 s, and once per picture."""
    faces = find_faces(picture.rgb)
    if not faces:
        return Portrait((), None)
    mask = person_mask(picture.rgb)
    found = Portrait(faces, mask)
    # Whom the net did not see would be cut away from beside the others.
    if mask is not None and not all(_is_inside(face, mask) for face in found.main_faces):
        return Portrait(faces, None)
    return found


def frame_for(picture: Picture, width: int, height: int, eye_line: float = EYE_LINE) -> Framing:
    """Return the crop of a shape that keeps the faces, eyes on ``eye_line``; else what is of interest."""
    closest = max(width / picture.width, height / picture.height)
    faces = _together(find_portrait(picture).main_faces, width / closest)
    if not faces:
        return _around(picture, width, height, closest, focus_of(picture.rgb))
    scale = _nearer(faces, closest, height)
    left, top, right, bottom = _united([face.box for face in faces])
    eyes = sum(face.middle[1] for face in faces) / len(faces)
    middle = eyes + (0.5 - eye_line) * height / scale
    room = height / scale
    if bottom - top < 0.9 * room:
        middle = min(max(middle, bottom + 0.05 * room - room / 2), top - 0.05 * room + room / 2)
    focus = ((left + right) / 2 / picture.width, middle / picture.height)
    return _around(picture, width, height, scale, focus)


def _together(faces: tuple[Face, ...], room: float) -> tuple[Face, ...]:
    """Return the largest faces that fit into a width together: better one whole face than two halves."""
    while len(faces) > 1 and _width(faces) > room:
        faces = faces[:-1]
    return faces


def _width(faces: Sequence[Face]) -> float:
    left, _, right, _ = _united([face.box for face in faces])
    return right - left


def _nearer(faces: Sequence[Face], scale: float, height: int) -> float:
    """Return the scale at which the faces can be seen."""
    share = max(face.height for face in faces) * scale / height
    return scale * min(NEAREST, max(1.0, LEAST_FACE_SHARE / share))


def _around(
    picture: Picture, width: int, height: int, scale: float, focus: tuple[float, float]
) -> Framing:
    columns, rows = width / scale, height / scale
    left = min(max(0.0, focus[0] * picture.width - columns / 2), picture.width - columns)
    top = min(max(0.0, focus[1] * picture.height - rows / 2), picture.height - rows)
    return Framing(max(0.0, left), max(0.0, top), scale)


def _united(boxes: Sequence[Box]) -> Box:
    sides: NDArray[np.float64] = np.array(boxes)
    low, high = sides[:, :2].min(axis=0), sides[:, 2:].max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _is_inside(face: Face, mask: Mask) -> bool:
    height, width = mask.shape
    x = min(max(0, round(face.middle[0])), width - 1)
    y = min(max(0, round(face.middle[1])), height - 1)
    return bool(mask[y, x] > 0.5)
