"""Faces: found where they are, upright, tilted, small or several; not where there are none."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from backline.content.media.face import find_faces
from tests import pictures


def test_a_face_is_found_where_it_was_drawn() -> None:
    """The demo singer's eyes lie between her brows and her nose, to a few pixels."""
    (face,) = find_faces(pictures.singer().rgb)
    assert face.score > 0.9
    assert face.middle == pytest.approx((540, 520), abs=14)
    assert face.turned_degrees < 8
    assert 330 < face.height < 430


@pytest.mark.parametrize("degrees", [-20, 15])
def test_a_tilted_head_is_found_and_its_tilt_told(degrees: int) -> None:
    """Turned by an angle, the eye line is turned by that angle."""
    rgb = pictures.singer().rgb
    height, width = rgb.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 0.8)
    tilted = cv2.warpAffine(rgb, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)
    (face,) = find_faces(np.asarray(tilted))
    assert math.degrees(face.tilt) == pytest.approx(degrees, abs=4)


def test_several_faces_come_the_largest_first() -> None:
    """Two singers of different size are two faces in that order."""
    one = pictures.singer().rgb
    small = cv2.resize(one, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
    both = np.full((one.shape[0], one.shape[1] + small.shape[1], 3), 120, np.uint8)
    both[:, : one.shape[1]] = one
    both[: small.shape[0], one.shape[1] :] = small
    faces = find_faces(both)
    assert len(faces) == 2
    assert faces[0].height > 1.4 * faces[1].height


def test_somebody_far_away_is_found() -> None:
    """A face of forty pixels in a large picture, which the first look misses."""
    small = cv2.resize(pictures.singer().rgb, (130, 162), interpolation=cv2.INTER_AREA)
    field = np.full((900, 900, 3), 118, np.uint8)
    field[500:662, 610:740] = small
    (face,) = find_faces(field)
    assert face.middle == pytest.approx((610 + 65, 500 + 62), abs=9)


@pytest.mark.parametrize("name", ["artwork", "portrait", "noise", "flat"])
def test_where_nobody_is_nobody_is_found(name: str) -> None:
    """Four colours, a skin-coloured oval, noise and nothing are not faces."""
    rng = np.random.default_rng(3)
    given = {
        "artwork": pictures.artwork().rgb,
        "portrait": pictures.portrait().rgb,
        "noise": rng.integers(0, 255, (480, 640, 3)).astype(np.uint8),
        "flat": np.full((64, 64, 3), 200, np.uint8),
    }
    assert find_faces(given[name]) == ()
