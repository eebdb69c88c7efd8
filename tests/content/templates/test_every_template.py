"""What every template keeps, new ones included: it is found, it moves smoothly, it repeats itself exactly."""

from __future__ import annotations

import subprocess
import sys

import msgspec
import numpy as np
import pytest

from backline.content.image import base_image
from backline.content.media.frame import FRAME_RATE, Planes, new_planes
from backline.content.media.picture import Picture
from backline.content.templates import build_scene, find_template, template_ids
from backline.errors import InvalidInput
from tests import pictures
from tests.scenes import frame, music

every_template = pytest.mark.parametrize("template_id", template_ids())


def test_listing_loads_no_media_library() -> None:
    """The API lists templates without the weight of NumPy, OpenCV and PyAV."""
    program = (
        "import sys; from backline.content.templates import find_template, template_ids;"
        "[find_template(i) for i in template_ids()];"
        "print([m for m in ('numpy', 'cv2', 'av', 'uharfbuzz') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True
    )
    assert done.stdout.strip() == "[]"


def test_unknown_template_names_the_known_ones() -> None:
    """A typing error is answered with what there is."""
    with pytest.raises(InvalidInput, match="album-record-store, artist-caption-bedroom") as caught:
        find_template("artist-caption-bathroom")
    assert caught.value.field == "template"


@every_template
def test_declaration_travels_as_json(template_id: str) -> None:
    """A template can be shown by the API as it is declared."""
    shown = msgspec.json.decode(msgspec.json.encode(find_template(template_id)))
    assert shown["id"] == shown["name"] == template_id
    assert shown["needs"]


@every_template
def test_one_second_renders_and_moves(template_id: str) -> None:
    """Thirty frames, none black, each a little different from the last."""
    scene = build_scene(template_id, pictures.portrait(), music())
    before, now = new_planes(), new_planes()
    scene.draw(0, before)
    for index in range(1, FRAME_RATE):
        scene.draw(index, now)
        change = np.abs(now.y[::4, ::4].astype(int) - before.y[::4, ::4]).mean()
        assert 20 < now.y.mean() < 200
        assert 0.005 < change < 6
        before, now = now, before


@every_template
def test_a_person_is_shown_and_kept_clear_of_the_caption(template_id: str) -> None:
    """The singer's face lies inside the frame and is named; the film moves around her too."""
    scene = build_scene(template_id, pictures.singer(), music())
    face = scene.faces[0]
    assert 0 <= face.left < face.right <= 1080
    assert 0 <= face.top < face.bottom <= 1920
    one, other = frame(scene, 0), frame(scene, 29)
    assert 15 < one.y.mean() < 200
    assert 0.1 < np.abs(one.y.astype(int) - other.y).mean() < 25


@every_template
def test_same_seed_gives_the_same_frames_in_any_order(template_id: str) -> None:
    """A run can be repeated to the pixel; frames may be drawn backwards."""
    once = build_scene(template_id, pictures.artwork(), music(seed=5))
    build_scene(template_id, pictures.portrait(), music(seed=6))  # what is kept is painted over
    again = build_scene(template_id, pictures.artwork(), music(seed=5))
    later, earlier = frame(once, 40), frame(once, 3)
    for one, other in ((frame(again, 3), earlier), (frame(again, 40), later)):
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


@every_template
def test_seed_changes_the_film(template_id: str) -> None:
    """Two videos of one song are not twins."""
    one, other = (build_scene(template_id, pictures.artwork(), music(seed=s)) for s in (1, 2))
    assert np.abs(frame(one, 10).y.astype(int) - frame(other, 10).y).mean() > 1


@every_template
def test_light_follows_the_beat(template_id: str) -> None:
    """On the downbeat the picture is a little brighter, a third of a second later it is not."""
    beaten = build_scene(template_id, pictures.portrait(), music())
    silent = build_scene(template_id, pictures.portrait(), music(beats=False))
    lift = [frame(beaten, i).y.mean() / frame(silent, i).y.mean() - 1 for i in (6, 14)]
    assert 0.01 < lift[0] < 0.15
    assert lift[1] < 0.4 * lift[0]


@every_template
def test_frame_is_drawn_into_strided_memory(template_id: str) -> None:
    """The encoder's planes have padding at the end of each row, and it stays untouched."""
    scene = build_scene(template_id, pictures.artwork(), music())
    padded = [np.full((h, w + 8), 7, np.uint8) for h, w in ((1920, 1080), (960, 540), (960, 540))]
    scene.draw(12, Planes(*(plane[:, :-8] for plane in padded)))
    plain = frame(scene, 12)
    for plane, expected in zip(padded, plain, strict=True):
        assert np.array_equal(plane[:, :-8], expected)
        assert (plane[:, -8:] == 7).all()


@every_template
@pytest.mark.parametrize(
    ("width", "height", "shade"),
    [(64, 64, 128), (3000, 70, 90), (70, 3000, 90), (800, 600, 0), (600, 800, 255)],
)
def test_any_picture_makes_a_still(template_id: str, width: int, height: int, shade: int) -> None:
    """Tiny, endless, black and white pictures all end as a full frame that is neither black nor white."""
    picture = Picture(np.full((height, width, 3), shade, np.uint8))
    still = base_image(template_id, picture, seed=3)
    assert still.shape == (1920, 1080, 3)
    assert 5 < still.mean() < 200
