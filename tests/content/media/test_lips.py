"""Whether lips are seen: bare they are, behind a hand, a microphone or a mask they are not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from backline.content.lipsync import refusal
from backline.content.media.face import Face, find_faces
from backline.content.media.lips import are_lips_seen
from backline.content.media.picture import Picture
from backline.content.voice import Voice
from tests import pictures

Rgb = NDArray[np.uint8]
CORNERS = (61, 291)


def singer() -> tuple[Rgb, Face]:
    rgb = pictures.singer().rgb.copy()
    return rgb, find_faces(rgb)[0]


def covered(colour: tuple[int, int, int], *, fingers: bool = False) -> Rgb:
    """Paint something over the mouth: a blob, or four fingers with shadows between them."""
    rgb, face = singer()
    left, right = face.points[list(CORNERS), :2]
    middle, wide = (left + right) / 2, float(np.linalg.norm(right - left))
    if not fingers:
        centre = (round(float(middle[0])), round(float(middle[1])))
        cv2.ellipse(rgb, centre, (round(wide * 0.8), round(wide * 0.7)), 0, 0, 360, colour, -1)
    for number in range(4 * fingers):
        x = middle[0] + (number - 1.5) * wide * 0.42
        top, bottom = middle[1] - wide, middle[1] + 0.8 * wide
        ends = ((round(x), round(top)), (round(x + wide * 0.1), round(bottom)))
        cv2.line(rgb, *ends, tuple(value // 3 for value in colour), round(wide * 0.44))
        cv2.line(rgb, *ends, colour, round(wide * 0.38))
    return rgb


@pytest.mark.parametrize("gain", [0.35, 1.0, 1.3])
@pytest.mark.parametrize("grey", [False, True], ids=["colour", "grey"])
def test_bare_lips_are_seen(gain: float, grey: bool) -> None:
    """In dim and in bright pictures, and in black and white."""
    rgb, face = singer()
    lit = (rgb.astype(np.float32) * gain).clip(0, 255).astype(np.uint8)
    if grey:
        lit = np.repeat(cv2.cvtColor(lit, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    assert are_lips_seen(lit, face)


@pytest.mark.parametrize("share", [0.35, 0.6])
def test_small_pictures_show_lips_too(share: float) -> None:
    """A mouth of forty pixels is enough."""
    rgb, _ = singer()
    small = np.asarray(cv2.resize(rgb, None, fx=share, fy=share, interpolation=cv2.INTER_AREA))
    assert are_lips_seen(small, find_faces(small)[0])


@pytest.mark.parametrize(
    ("colour", "fingers"),
    [
        ((224, 172, 140), True),
        ((110, 74, 56), True),
        ((32, 32, 34), False),
        ((196, 212, 222), False),
    ],
    ids=["fair hand", "dark hand", "microphone", "mask"],
)
def test_covered_lips_are_not(colour: tuple[int, int, int], fingers: bool) -> None:
    """The face is found all the same, so the mouth has to be looked at; the refusal says what would help."""
    rgb = covered(colour, fingers=fingers)
    (face,) = find_faces(rgb)
    assert not are_lips_seen(rgb, face)
    sings = Voice(envelope=(1.0,) * 30, share=0.5, is_mono=False)
    said = refusal("artist-caption-bedroom", Picture(rgb), sings, has_words=True)
    assert said is not None
    assert "mouth can not be seen" in said


def test_a_mouth_outside_the_picture_is_not_seen() -> None:
    """A face that is cut off below the nose has none."""
    rgb, face = singer()
    top = int(face.points[list(CORNERS), 1].min()) - 60
    assert not are_lips_seen(rgb[:top], face)
