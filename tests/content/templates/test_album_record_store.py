"""The record turns and the light on it does not: otherwise it would look like a sticker."""

from __future__ import annotations

import math

import cv2
import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from backline.content.caption import draw_caption
from backline.content.media.frame import FRAME_RATE, Planes, new_planes
from backline.content.media.still import view_matrix
from backline.content.motion import View
from backline.content.templates import find_template
from backline.content.templates.album_record_store.layout import (
    RECORD_CENTRE,
    RECORD_RADIUS,
    SLEEVE_AREA,
)
from backline.content.templates.album_record_store.scene import (
    TURNS_PER_SECOND,
    RecordStore,
    Shop,
    build,
)
from tests import pictures
from tests.scenes import frame, music

UNMOVED = view_matrix(View(zoom=1.0, shift_x=0, shift_y=0, angle=0))
CENTRE = tuple(place / 1.5 for place in RECORD_CENTRE)
LABEL = RECORD_RADIUS / 1.5 * 100 / 302


@pytest.fixture(scope="module")
def scene() -> RecordStore:
    scene = build(pictures.artwork(), music())
    assert isinstance(scene, RecordStore)
    return scene


@pytest.fixture(scope="module")
def shop(scene: RecordStore) -> Shop:
    return scene.shop


def turned(shop: Shop, degrees: float) -> Planes:
    """Draw still, label and dust with the record at an angle, the camera unmoved."""
    planes = new_planes()
    shop.still.draw(UNMOVED, planes)
    shop.label.draw(UNMOVED, math.radians(degrees), planes)
    shop.dust.add(UNMOVED, math.radians(degrees), planes)
    return planes


def ring(plane: NDArray[np.uint8], radius: float) -> NDArray[np.float64]:
    """Return a plane's values along a circle around the axle, one per degree, clockwise."""
    angle = np.radians(np.arange(360))
    x = (CENTRE[0] + radius * np.cos(angle)).astype(np.float32)
    y = (CENTRE[1] + radius * np.sin(angle)).astype(np.float32)
    return cv2.remap(plane, x, y, cv2.INTER_LINEAR).ravel().astype(float)


def shift_between(one: NDArray[np.float64], other: NDArray[np.float64]) -> int:
    """Return by how many degrees the second circle is the first, turned clockwise."""
    one, other = one - one.mean(), other - other.mean()
    scores = [float((np.roll(one, turn) * other).sum()) for turn in range(360)]
    return int(np.argmax(scores))


@pytest.mark.parametrize("degrees", [30, 90, 200])
def test_label_turns_with_the_record(shop: Shop, degrees: int) -> None:
    """What is printed on the label goes round, clockwise, by the angle it should."""
    colours = [
        cv2.resize(turned(shop, angle).cb, (1080, 1920), interpolation=cv2.INTER_LINEAR)
        for angle in (0, degrees)
    ]
    found = shift_between(ring(colours[0], LABEL * 0.6), ring(colours[1], LABEL * 0.6))
    assert abs(found - degrees) <= 2


def test_highlights_stand_still(shop: Shop) -> None:
    """A quarter turn later the light lies on the grooves where it lay."""
    still, later = (
        np.roll(ring(turned(shop, angle).y, LABEL * 2.2), 90)[:170] for angle in (0, 90)
    )
    assert still.max() - still.min() > 30
    assert np.abs(still - later).mean() < 4


def test_dust_turns_with_the_record(shop: Shop) -> None:
    """A faint something on the vinyl does move, so that it reads as turning."""
    one, other = turned(shop, 0).y, turned(shop, 90).y
    left, top = int(CENTRE[0]), int(CENTRE[1] - 300)
    part = np.abs(
        one[top : top + 180, left : left + 150].astype(int)
        - other[top : top + 180, left : left + 150]
    )
    assert part.max() > 15


def test_no_dust_lies_on_the_sleeve(shop: Shop) -> None:
    """Where the sleeve stands before the record nothing is added, at any turn and wherever the camera is."""
    for zoom, degrees in ((1.0, 0), (1.04, 90), (1.09, 200)):
        matrix = view_matrix(View(zoom=zoom, shift_x=3.3, shift_y=-2.6, angle=0.002))
        planes = new_planes()
        shop.dust.add(matrix, math.radians(degrees), planes)
        middle = 540 + (404 - 540) * zoom
        assert (planes.y[:, : round(middle + 330 * zoom)] == 16).all()
        assert planes.y[:, round(middle + 350 * zoom) :].max() > 40


def test_record_turns_at_33_and_a_third() -> None:
    """1.8 seconds are one turn."""
    assert pytest.approx(1.8) == 1 / TURNS_PER_SECOND


def test_label_has_a_hole(shop: Shop) -> None:
    """In the middle, where the axle goes through, the record is dark."""
    assert ring(turned(shop, 0).y, 2).mean() < 40


def test_sleeve_hides_the_record(shop: Shop) -> None:
    """Left of the sleeve's edge nothing turns."""
    one, other = turned(shop, 0), turned(shop, 77)
    assert np.array_equal(one.y[600:1200, 100:700], other.y[600:1200, 100:700])


def test_film_shows_the_turn(scene: RecordStore) -> None:
    """From frame to frame the whole scene does what its parts do."""
    planes = [new_planes(), new_planes()]
    scene.draw(0, planes[0])
    scene.draw(round(0.9 * FRAME_RATE), planes[1])
    x, y, reach = int(CENTRE[0]), int(CENTRE[1]), int(LABEL * 0.6)
    label = [p.y[y - reach : y + reach, x - reach : x + reach].astype(int) for p in planes]
    assert np.abs(label[0] - label[1]).mean() > 10


def card_of(artist: str, title: str) -> NDArray[np.bool_]:
    """Return which pixels a card changes."""
    facts = msgspec.structs.replace(music(), artist="", title="")
    bare = frame(build(pictures.artwork(), facts), 0)
    named = msgspec.structs.replace(facts, artist=artist, title=title)
    return np.abs(frame(build(pictures.artwork(), named), 0).y.astype(int) - bare.y) > 12


def test_a_card_in_the_crate_names_the_artist_or_else_the_song() -> None:
    """It stands where it stands, and only its letters differ."""
    artist, title, both = (
        card_of(*names) for names in (("Vega", ""), ("", "Undertow"), ("Vega", "Undertow"))
    )
    rows, columns = np.nonzero(artist)
    assert len(rows) > 5_000
    assert rows.min() > 1480 and rows.max() < 1700
    assert columns.min() > 120 and columns.max() < 640
    assert np.array_equal(artist, both)
    assert 0 < (artist != title).sum() < len(rows)


@pytest.mark.parametrize("length", [20, 150, 500])
def test_nothing_is_written_on_the_artwork(scene: RecordStore, length: int) -> None:
    """However long a caption is, it stays above the sleeve; its shadow may fall there."""
    text = ("she took the long way home " * 20)[:length]
    overlay = draw_caption(text, "album-record-store", scene.faces)
    assert overlay is not None
    shadow = find_template("album-record-store").caption.shadow
    assert overlay.area.bottom - shadow <= SLEEVE_AREA.top
