"""What can be done to a film: each operation a function from a film to a film."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice

import cv2
import numpy as np

from backline.content.edit.film import Film, Frames
from backline.content.edit.wording import draw_text
from backline.content.media.audio import Audio
from backline.content.media.frame import Area, Planes
from backline.content.media.sound import SOUND_RATE_HZ
from backline.errors import MediaError
from backline.wire.editing import MOST_PIXELS_A_SIDE, Crop, OverlayText, Resize, Trim


def trim(film: Film, wish: Trim) -> Film:
    """Keep ``duration`` seconds from ``start`` on, or what there is of them."""
    first = round(wish.start * film.frame_rate)
    count = max(1, round(wish.duration * film.frame_rate))

    def frames() -> Iterator[Planes]:
        found = False
        for planes in islice(film.frames(), first, first + count):
            found = True
            yield planes
        if not found:
            raise MediaError(
                f"trim: {film.name!r} ends before {wish.start:g} s: choose an earlier start"
            )

    seconds = min(count / film.frame_rate, max(0.0, film.duration_seconds - wish.start))
    return replace(
        film,
        frames=frames,
        sound=_part(film.sound, first / film.frame_rate, count / film.frame_rate),
        duration_seconds=max(seconds, 1 / film.frame_rate),
    )


def crop(film: Film, wish: Crop) -> Film:
    """Keep the middle of the picture."""
    box = crop_box(film, wish)
    return replace(
        film,
        width=box.width,
        height=box.height,
        frames=_each(film.frames, lambda planes: _cut_out(planes, box)),
    )


def crop_box(film: Film, wish: Crop) -> Area:
    """Return the part that is kept: centred, on even pixels, never larger than the picture.

    Raises ``MediaError`` for sides that the picture does not have.
    """
    width, height = wish.width or film.width, wish.height or film.height
    if wish.aspect is not None:
        across, down = map(int, wish.aspect.split(":"))
        width = min(film.width, round(film.height * across / down))
        height = min(film.height, round(film.width * down / across))
    if width > film.width or height > film.height:
        raise MediaError(
            f"crop: {film.name!r} is {film.width}x{film.height} pixels, less than {width}x{height}: "
            "choose smaller sides or an aspect"
        )
    width, height = max(2, width & ~1), max(2, height & ~1)
    left, top = (film.width - width) // 2 & ~1, (film.height - height) // 2 & ~1
    return Area(left, top, left + width, top + height)


def resize(film: Film, wish: Resize) -> Film:
    """Scale the picture."""
    width, height = new_size(film, wish)
    return replace(
        film,
        width=width,
        height=height,
        frames=_each(film.frames, lambda planes: _scaled(planes, width, height)),
    )


def new_size(film: Film, wish: Resize) -> tuple[int, int]:
    """Return the even size to scale to; a side that was not said follows the other."""
    width, height = wish.width, wish.height
    if width is None:
        width = round(film.width * (height or film.height) / film.height)
    if height is None:
        height = round(film.height * width / film.width)
    if not 16 <= min(width, height) <= max(width, height) <= MOST_PIXELS_A_SIDE:
        raise MediaError(
            f"resize: {film.name!r} would be {width}x{height} pixels: choose both sides "
            f"between 16 and {MOST_PIXELS_A_SIDE}"
        )
    return width & ~1, height & ~1


def overlay_text(film: Film, wish: OverlayText) -> Film:
    """Write on every frame; text that holds nothing to draw changes nothing."""
    overlay = draw_text(wish, film.width, film.height)
    if overlay is None:
        return film

    def written(planes: Planes) -> Planes:
        own = Planes(*(plane.copy() for plane in planes))
        overlay.blend(own)
        return own

    return replace(film, frames=_each(film.frames, written))


def mux_audio(film: Film, sound: Audio, *, replaces: bool) -> Film:
    """Put sound (stereo, 48 kHz) under the picture, instead of its own or together with it."""
    if replaces or film.sound is None:
        return replace(film, sound=sound)
    length = max(film.sound.samples.shape[1], sound.samples.shape[1])
    own, added = (
        np.pad(one.samples, ((0, 0), (0, length - one.samples.shape[1])))
        for one in (film.sound, sound)
    )
    both = own + added
    # Two full signals may add up to twice full scale; a film's sound must not clip.
    loudest = max(1.0, float(np.abs(both).max()))
    return replace(film, sound=Audio((both / loudest).astype(np.float32), SOUND_RATE_HZ))


def _each(frames: Frames, change: Callable[[Planes], Planes]) -> Frames:
    return lambda: map(change, frames())


def _part(sound: Audio | None, start_seconds: float, duration_seconds: float) -> Audio | None:
    if sound is None:
        return None
    start = round(start_seconds * sound.sample_rate_hz)
    part = sound.samples[:, start : start + round(duration_seconds * sound.sample_rate_hz)]
    return Audio(np.ascontiguousarray(part), sound.sample_rate_hz) if part.shape[1] else None


def _cut_out(planes: Planes, box: Area) -> Planes:
    y = planes.y[box.top : box.bottom, box.left : box.right]
    cb, cr = (
        plane[box.top // 2 : box.bottom // 2, box.left // 2 : box.right // 2]
        for plane in (planes.cb, planes.cr)
    )
    return Planes(y, cb, cr)


def _scaled(planes: Planes, width: int, height: int) -> Planes:
    smaller = width * height < planes.y.size
    way = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    half = (width // 2, height // 2)
    return Planes(
        cv2.resize(planes.y, (width, height), interpolation=way),
        cv2.resize(planes.cb, half, interpolation=way),
        cv2.resize(planes.cr, half, interpolation=way),
    )
