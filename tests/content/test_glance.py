"""The picture is prepared while the song is heard, and never in the way."""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from backline.content.media.picture import read_picture, write_jpeg
from backline.content.order import Order
from backline.content.portrait import find_portrait
from backline.content.steps.glance import glance_at_picture
from backline.errors import AbortRun
from tests import pictures

SONG = Path("night-drive.mp3")
"""Not there: a song without tags."""


class Shelf:
    """Stored files by name; remembers what was asked for."""

    def __init__(self, **files: Path) -> None:
        self._files, self.opened = files, []

    def open(self, name: str) -> Path:
        self.opened.append(name)
        if name not in self._files:
            raise AbortRun(f"no file {name}")
        return self._files[name]


def context(shelf: Shelf) -> Any:
    return SimpleNamespace(files=shelf)


@pytest.fixture
def portrait(tmp_path: Path) -> Path:
    path = tmp_path / "portrait.jpg"
    write_jpeg(pictures.portrait().rgb, path)
    return path


def test_the_picture_is_ready_at_the_end(portrait: Path) -> None:
    """What was found in it is answered from the cache, and no thread is left."""
    order = Order(songs=["song"], images=["portrait"])
    find_portrait.cache_clear()
    with glance_at_picture(order, 1, SONG, context(Shelf(portrait=portrait))):
        pass
    before = find_portrait.cache_info()
    find_portrait(read_picture(portrait))
    after = find_portrait.cache_info()
    assert (after.hits, after.misses) == (before.hits + 1, before.misses)
    assert "glance" not in [thread.name for thread in threading.enumerate()]


@pytest.mark.parametrize("images", [[], ["https://example.com/a.jpg"]])
def test_nothing_is_opened_that_would_have_to_be_fetched(images: list[str]) -> None:
    """A URL is fetched once, by the step that uses it."""
    shelf = Shelf()
    with glance_at_picture(Order(songs=["song"], images=images), 1, SONG, context(shelf)):
        pass
    assert shelf.opened == []


def test_a_picture_that_is_none_disturbs_nobody(tmp_path: Path) -> None:
    """Out of reach or damaged: the next step says so."""
    damaged = tmp_path / "damaged.jpg"
    damaged.write_bytes(b"\xff\xd8\xff" + bytes(400))
    for shelf in (Shelf(), Shelf(portrait=damaged)):
        order = Order(songs=["song"], images=["portrait"])
        with glance_at_picture(order, 1, SONG, context(shelf)):
            pass
        assert shelf.opened == ["portrait"]


def test_trouble_with_the_song_is_the_songs_own(portrait: Path) -> None:
    """An error inside the block comes out as it is, after the glance has ended."""
    order = Order(songs=["song"], images=["portrait"])
    with (
        pytest.raises(AbortRun, match="no song"),
        glance_at_picture(order, 1, SONG, context(Shelf(portrait=portrait))),
    ):
        raise AbortRun("no song")
    assert "glance" not in [thread.name for thread in threading.enumerate()]
