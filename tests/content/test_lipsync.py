"""Lipsync: the mouth opens with the voice, and where it can not be done the reason is said."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from backline.content.caption import lines_of_clip
from backline.content.lipsync import refusal, sing_along
from backline.content.lyrics import parse_lrc
from backline.content.media.audio import Audio
from backline.content.media.colour import to_planes
from backline.content.media.face import find_faces
from backline.content.media.frame import FRAME_RATE, Planes
from backline.content.media.picture import Picture
from backline.content.media.speech import LOWER_LIP, UPPER_LIP, Speech, let_speak
from backline.content.motion import SceneFacts
from backline.content.templates import build_scene, find_template, template_ids
from backline.content.voice import Voice
from tests import pictures, voices
from tests.scenes import frame

SINGING = Voice(envelope=(1.0,) * 60, share=0.5, is_mono=False)
SILENT = Voice(envelope=(0.0,) * 60, share=0.02, is_mono=False)
BEDROOM = "artist-caption-bedroom"


@pytest.fixture(scope="module")
def speech() -> Speech:
    """The demo singer on planes of her own picture, mouth from shut to open over 25 frames."""
    rgb = pictures.singer().rgb
    (face,) = find_faces(rgb)
    openings = [n / 24 for n in range(25)]
    return let_speak(to_planes(rgb), face, np.eye(2, 3), openings, seed=3)


def posed(speech: Speech, index: int) -> Planes:
    speech.pose(index)
    return Planes(*(plane.copy() for plane in speech.planes))


def mouth_darkness(planes: Planes) -> float:
    """Return how many pixels between nose and chin are as dark as the inside of a mouth."""
    (face,) = find_faces(pictures.singer().rgb)
    lips = face.points[[*UPPER_LIP, *LOWER_LIP], :2]
    left, right = lips[:, 0].min(), lips[:, 0].max()
    top, bottom = lips[:, 1].min() - 10, lips[:, 1].max() + 50
    part = planes.y[int(top) : int(bottom), int(left) : int(right)]
    return float((part < 55).mean())


def test_the_further_the_mouth_is_open_the_more_of_its_dark_is_seen(speech: Speech) -> None:
    """From frame to frame the inside grows, and there is none when the mouth is shut."""
    seen = [mouth_darkness(posed(speech, index)) for index in (0, 8, 16, 24)]
    assert seen == sorted(seen)
    assert seen[-1] > seen[0] + 0.08


def test_a_shut_mouth_is_the_photograph(speech: Speech) -> None:
    """With closed lips, at no opening nothing is changed by more than rounding."""
    photograph = to_planes(pictures.singer().rgb)
    shut = posed(speech, 0)
    change = np.abs(shut.y.astype(int) - photograph.y)
    assert change.mean() < 0.05
    assert (change > 12).mean() < 0.0005


def test_nothing_but_mouth_chin_and_eyes_moves(speech: Speech) -> None:
    """Hair, wall and jacket stay where they are."""
    one, other = posed(speech, 0), posed(speech, 24)
    change = np.abs(one.y.astype(int) - other.y)
    assert change[:380].max() == 0
    assert change[1000:].max() == 0
    assert change[:, :300].max() == 0


def test_any_frame_can_be_posed_in_any_order(speech: Speech) -> None:
    """A frame looks the same whatever was posed before it."""
    first = posed(speech, 12)
    posed(speech, 24)
    again = posed(speech, 12)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))


def test_a_mouth_outside_the_picture_harms_nobody() -> None:
    """A face that a crop left out is posed all the same, and nothing changes."""
    rgb = pictures.singer().rgb
    (face,) = find_faces(rgb)
    away = np.array([[1.0, 0, 5000], [0, 1, 0]])
    speech = let_speak(to_planes(rgb), face, away, [1.0], seed=1)
    assert np.array_equal(posed(speech, 0).y, to_planes(rgb).y)


def test_eyes_blink_every_few_seconds_and_differ_by_seed() -> None:
    """In a minute there are twelve blinks and more, never two within a second and a half."""
    rgb = cv2.resize(pictures.singer().rgb, (270, 338), interpolation=cv2.INTER_AREA)
    (face,) = find_faces(np.asarray(rgb))
    planes = to_planes(np.asarray(rgb))
    one, other = (
        let_speak(planes, face, np.eye(2, 3), [0.0] * 1800, seed).blinks for seed in (1, 2)
    )
    assert 12 <= len(one) <= 30
    assert min(np.diff(sorted(one))) >= 45
    assert one != other


@pytest.mark.parametrize("template_id", [t for t in template_ids() if find_template(t).sings])
def test_every_artist_template_shows_the_mouth(template_id: str) -> None:
    """With a voice the film differs around the face from the film without one, and not in the first corner."""
    quiet = SceneFacts(duration_seconds=2.0, seed=1, beats=(), energy=())
    loud = SceneFacts(duration_seconds=2.0, seed=1, beats=(), energy=(), mouth=[1.0] * 60)
    picture = pictures.singer()
    still, singing = (build_scene(template_id, picture, facts) for facts in (quiet, loud))
    area = still.faces[0]
    one, other = frame(still, 30).y.astype(int), frame(singing, 30).y
    face = np.s_[max(0, area.top) : area.bottom, max(0, area.left) : area.right]
    assert np.abs(one - other)[face].mean() > 1
    assert np.abs(one - other)[:60, :60].mean() < 1
    assert np.array_equal(frame(build_scene(template_id, picture, quiet), 30).y, one)


def test_a_face_that_looks_into_the_camera_sings() -> None:
    """Portrait, artist template, voice: no reason to refuse."""
    assert refusal(BEDROOM, pictures.singer(), SINGING, has_words=False) is None


@pytest.mark.parametrize(
    ("template_id", "picture", "voice", "reason"),
    [
        ("album-record-store", pictures.singer(), SINGING, "choose an artist template"),
        (BEDROOM, pictures.artwork(), SINGING, "no face"),
        (BEDROOM, pictures.singer(), SILENT, "nobody seems to sing"),
        (BEDROOM, pictures.singer(), SILENT._replace(is_mono=True), "mono"),
    ],
)
def test_a_refusal_says_why_and_what_would_help(
    template_id: str, picture: Picture, voice: Voice, reason: str
) -> None:
    """One sentence with the reason, ending in a way out."""
    said = refusal(template_id, picture, voice, has_words=False)
    assert said is not None
    assert reason in said
    assert any(word in said for word in ("send", "choose", "attach"))


def test_words_with_times_are_believed() -> None:
    """Who attaches the words need not be heard."""
    assert refusal(BEDROOM, pictures.singer(), SILENT, has_words=True) is None


def test_a_face_too_small_to_sing_is_refused() -> None:
    """A mouth of ten pixels is not animated."""
    small = cv2.resize(pictures.singer().rgb, (130, 162), interpolation=cv2.INTER_AREA)
    said = refusal(BEDROOM, Picture(np.asarray(small)), SINGING, has_words=False)
    assert said is not None
    assert "pixels tall" in said


def test_singing_along_gives_one_opening_per_frame() -> None:
    """The whole way: a mix and a portrait become a mouth, between shut and open."""
    voice, _ = voices.sung(6.0, 4)
    sound = Audio(voices.mixed(voice, voices.backing(6.0, 4)), voices.RATE_HZ)
    singing = sing_along(BEDROOM, pictures.singer(), sound)
    assert singing.left_out == ""
    assert len(singing.mouth) == 6 * FRAME_RATE
    assert 0 <= min(singing.mouth) < 0.1
    assert 0.6 < max(singing.mouth) <= 1


def test_words_give_the_lips_their_shapes() -> None:
    """With the times of words the mouth shuts for an m that the voice hums through, and rounds for an o."""
    voice, _ = voices.sung(6.0, 4)
    sound = Audio(voices.mixed(voice, voices.backing(6.0, 4)), voices.RATE_HZ)
    text = "[00:00.00]<00:00.00>ah <00:01.00>mmmm <00:02.00>oh <00:04.00>ee\n[00:06.00]"
    lines = lines_of_clip(parse_lrc(text), 0.0, 6.0)
    plain, shaped = (sing_along(BEDROOM, pictures.singer(), sound, given) for given in ((), lines))
    hummed = slice(35, 56)
    assert max(shaped.mouth[hummed]) < 0.05
    assert max(plain.mouth[hummed]) > 0.2
    assert min(shaped.rounding[70:110]) > 0.5
    assert max(shaped.rounding[130:170]) < -0.3
    assert np.corrcoef(plain.mouth, shaped.mouth)[0, 1] > 0.5


def test_a_round_mouth_is_narrower() -> None:
    """Drawn together, the dark of the mouth takes fewer columns; drawn apart, more."""
    rgb = pictures.singer().rgb
    (face,) = find_faces(rgb)
    speech = let_speak(to_planes(rgb), face, np.eye(2, 3), [0.9] * 3, 1, None, [-1, 0, 1])
    left, top, right, bottom = (int(side) for side in face.box)
    widths = []
    for index in range(3):
        part = posed(speech, index).y[(top + 2 * bottom) // 3 : bottom, left + 60 : right - 60]
        widths.append(int(((part < 50).sum(axis=0) > 4).sum()))
    assert widths[0] > widths[1] > widths[2]
    assert widths[2] < 0.97 * widths[1]
