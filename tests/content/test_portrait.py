"""Portraits: who is there, what is cut out, how a crop keeps heads on shoulders."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from backline.content.media.picture import Picture
from backline.content.media.stance import face_areas, stand
from backline.content.media.still import STILL_HEIGHT, STILL_WIDTH
from backline.content.portrait import find_portrait, frame_for
from tests import pictures


def test_a_person_is_cut_out_along_their_outline() -> None:
    """Head, hair and jacket are in, the wall is out, and the edge between is narrow."""
    person = find_portrait(pictures.singer()).person
    assert person is not None
    for x, y in ((540, 600), (540, 330), (540, 1200), (250, 1100)):
        assert person[y, x] > 0.9
    for x, y in ((60, 60), (1000, 300), (120, 700), (980, 800)):
        assert person[y, x] < 0.1
    assert ((person > 0.1) & (person < 0.9)).mean() < 0.04


@pytest.mark.parametrize("picture", [pictures.artwork(), pictures.portrait()])
def test_without_a_face_there_is_no_cut_out(picture: Picture) -> None:
    """A flower or a cat may look like a body to the net; only people are set into scenes."""
    portrait = find_portrait(picture)
    assert portrait.faces == ()
    assert portrait.person is None
    assert stand(picture, portrait) is None


@pytest.mark.parametrize(("width", "height"), [(1080, 1920), (1000, 1000), (1600, 900)])
def test_a_crop_keeps_the_face_and_puts_the_eyes_on_the_upper_third(
    width: int, height: int
) -> None:
    """In any shape the whole face is inside, eyes between a quarter and a half of the height."""
    picture = pictures.singer()
    (face,) = find_portrait(picture).faces
    framing = frame_for(picture, width, height)
    left, top, right, bottom = face.box
    placed = framing.matrix @ np.array([[left, right], [top, bottom], [1, 1]])
    assert placed.min() >= 0
    assert placed[0, 1] <= width
    assert placed[1, 1] <= height
    eyes = (framing.matrix @ np.array([*face.middle, 1]))[1]
    assert 0.24 * height < eyes < 0.5 * height
    assert framing.cut(picture.rgb, width, height).shape == (height, width, 3)


def test_a_face_at_the_edge_of_a_wide_picture_stays_in_an_upright_crop() -> None:
    """The crop goes where the person is, not where the middle is."""
    wide = np.full((1350, 3000, 3), 150, np.uint8)
    wide[:, 1920:] = pictures.singer().rgb
    picture = Picture(wide)
    framing = frame_for(picture, 1080, 1920)
    eyes = (framing.matrix @ np.array([1920 + 540, 520, 1]))[0]
    assert eyes == pytest.approx(540, abs=60)


def test_of_two_people_far_apart_one_is_shown_whole() -> None:
    """An upright crop of a wide picture keeps the larger face rather than half of each."""
    one = pictures.singer().rgb
    wide = np.full((1350, 3600, 3), 150, np.uint8)
    wide[:, :1080] = one
    wide[:1147, 2682:] = cv2.resize(one, (918, 1147), interpolation=cv2.INTER_AREA)
    picture = Picture(wide)
    assert len(find_portrait(picture).main_faces) == 2
    framing = frame_for(picture, 1080, 1920)
    left, _, right, _ = find_portrait(picture).faces[0].box
    placed = framing.matrix @ np.array([[left, right], [600, 600], [1, 1]])
    assert placed[0].min() >= 0
    assert placed[0].max() <= 1080


def test_nobody_is_cut_away_from_beside_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the net sees one of two people, their picture is shown whole."""
    one = pictures.singer().rgb
    picture = Picture(np.ascontiguousarray(np.hstack([one, one[:, ::-1]])))
    left = np.zeros(picture.rgb.shape[:2], np.float32)
    left[200:, 150:930] = 1
    monkeypatch.setattr("backline.content.portrait.person_mask", lambda _rgb: left)
    portrait = find_portrait(picture)
    assert len(portrait.main_faces) == 2
    assert portrait.person is None


def test_a_cropped_body_reaches_down_and_the_eyes_stand_high() -> None:
    """The picture's lower edge lies where it is hidden, the eyes above the middle."""
    picture = pictures.singer()
    stance = stand(picture, find_portrait(picture))
    assert stance is not None
    eyes = (stance.matrix @ np.array([540, 520, 1])) / (STILL_WIDTH, STILL_HEIGHT)
    assert eyes[0] == pytest.approx(0.5, abs=0.02)
    assert 0.33 < eyes[1] < 0.48
    assert stance.top + picture.height * stance.scale >= 0.79 * STILL_HEIGHT


def test_a_body_cropped_at_the_left_leans_on_the_left_of_the_frame() -> None:
    """A straight cut through a shoulder is never shown inside the frame."""
    picture = Picture(np.ascontiguousarray(pictures.singer().rgb[:, 200:]))
    stance = stand(picture, find_portrait(picture))
    assert stance is not None
    assert stance.left <= 0


def test_a_tiny_person_is_not_blown_up() -> None:
    """Somebody of forty pixels is not set into a scene at a size that shows every one of them."""
    field = np.full((900, 900, 3), 118, np.uint8)
    field[500:662, 610:740] = cv2.resize(pictures.singer().rgb, (130, 162))
    picture = Picture(field)
    stance = stand(picture, find_portrait(picture))
    assert stance is None or stance.scale < 4.7


def test_face_areas_hold_the_face_for_the_whole_push_in() -> None:
    """The part kept free of captions contains the face at the widest and at the nearest view."""
    picture = pictures.singer()
    portrait = find_portrait(picture)
    framing = frame_for(picture, STILL_WIDTH, STILL_HEIGHT)
    (area,) = face_areas(portrait, framing.matrix)
    left, top, right, bottom = portrait.faces[0].box
    for zoom in (1.04, 1.12):
        corners = framing.matrix @ np.array([[left, right], [top, bottom], [1, 1]]) / 1.5
        seen = (corners - [[540], [960]]) * zoom + [[540], [960]]
        assert area.left <= seen[0, 0]
        assert area.right >= seen[0, 1]
        assert area.top <= seen[1, 0]
        assert area.bottom >= seen[1, 1]
