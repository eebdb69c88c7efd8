"""Looks at the picture while the song is heard: the two know nothing of each other, and there are two cores.

What is found (faces, a cut-out, the painted scene) stays in this process's
caches, where the next step finds it. It is a head start and nothing else: the
next step judges pictures, and does all of this itself where there was none.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

from backline.content.image import base_image
from backline.content.media.picture import read_picture
from backline.content.order import Order, shuffled
from backline.errors import BacklineError
from backline.sdk import Context


@contextmanager
def glance_at_picture(order: Order, seed: int, ctx: Context) -> Iterator[None]:
    """Prepare the picture that is most likely used for as long as the block lasts, and wait for it at its end."""
    path = _first_picture(order, seed, ctx)
    if path is None:
        yield
        return
    looking = Thread(target=_look, args=(order.template, path, seed), name="glance")
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


def _look(template_id: str, path: Path, seed: int) -> None:
    # Whatever is wrong with the picture is said by the step that uses it: this one spoils no run.
    with suppress(Exception):
        base_image(template_id, read_picture(path), seed)
