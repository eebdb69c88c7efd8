"""Looks at the picture while the song is heard: the sound tells nothing of it, and there are two cores.

What is found (faces, a cut-out, the painted scene) stays in this process's
caches, where the next step finds it. It is a head start and nothing else: the
next step judges pictures, and does all of this itself where there was none.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

from backline.content.dates import readable_date
from backline.content.image import base_image
from backline.content.media.picture import read_picture
from backline.content.order import Order, shuffled
from backline.content.tags import read_tags, title_from_file_name
from backline.errors import BacklineError
from backline.sdk import Context


@contextmanager
def glance_at_picture(order: Order, seed: int, song: Path, ctx: Context) -> Iterator[None]:
    """Prepare the picture that is most likely used for as long as the block lasts, and wait for it at its end.

    ``song`` is the file that is heard meanwhile: templates print what it is called.
    """
    path = _first_picture(order, seed, ctx)
    if path is None:
        yield
        return
    looking = Thread(target=_look, args=(order, seed, song, path), name="glance")
    looking.start()
    try:
        yield
    finally:
        looking.join()


def _first_picture(order: Order, seed: int, ctx: Context) -> Path | None:
    """Return the picture that is tried first; None when it would have to be fetched, or can not be opened."""
    names = shuffled(order.images, seed, "image")
    if not names or names[0].lower().startswith(("http://", "https://")):
        return None
    with suppress(BacklineError):
        return ctx.files.open(names[0])
    return None


def _look(order: Order, seed: int, song: Path, path: Path) -> None:
    # Whatever is wrong with the picture is said by the step that uses it: this one spoils no run.
    with suppress(Exception):
        tags = read_tags(song)
        base_image(
            order.template,
            read_picture(path),
            seed,
            title=tags.title or title_from_file_name(song.name),
            artist=order.artist_name or tags.artist,
            date=readable_date(order.release_date or tags.date),
        )
