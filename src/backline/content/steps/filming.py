"""Having the film made outside, where a service is named for it: the artist sings, or the still moves."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

from backline.content.media.audio import Audio
from backline.content.media.film import Film
from backline.content.media.frame import FRAME_RATE
from backline.content.media.sound import write_sound
from backline.content.order import Order
from backline.content.providers import Kind, LipsyncJob, MotionJob, Outside
from backline.content.providers.prompts import lipsync_prompt, motion_prompt
from backline.content.steps.picturing import ChosenPicture
from backline.content.templates import find_template
from backline.errors import MediaError
from backline.sdk import Context

_MISSING_SECONDS = 1.0
"""How much shorter than its sound a film of a singer may be."""


class OutsideFilm(NamedTuple):
    """What came of asking; no film where nobody is to be asked, or was of use."""

    film: Film | None = None
    sings: bool = False
    made_by: str = ""
    left_out: str = ""
    """Why there is no film although one was to be made; empty otherwise."""


def film_outside(
    order: Order, picture: ChosenPicture, clip: Audio, outside: Outside, ctx: Context
) -> OutsideFilm:
    """Have the clip's film made by a service, if one is named for what is wished for.

    Who wishes for lipsync does not get a film in which nobody sings.
    """
    kind: Kind = "lipsync" if order.lipsync else "motion"
    name = outside.name_of(kind)
    template = find_template(order.template)
    if not name or (order.lipsync and not template.sings):
        return OutsideFilm()
    still = ctx.workdir / "shown.jpg"
    shutil.copyfile(ctx.files.open(picture.still.file_id), still)

    def sing() -> Film:
        sound = ctx.workdir / "clip.m4a"
        write_sound(clip, sound)
        job = LipsyncJob(prompt=lipsync_prompt(template), picture=str(still), sound=str(sound))
        film = Film(Path(outside.make(job).path))
        _check_length(film, clip.duration_seconds)
        return film

    def move() -> Film:
        job = MotionJob(prompt=motion_prompt(template), picture=str(still))
        return Film(Path(outside.make(job).path))

    film, left_out = outside.attempt(kind, sing if order.lipsync else move)
    if film is None:
        return OutsideFilm(left_out=left_out)
    return OutsideFilm(film, order.lipsync, name)


def _check_length(film: Film, seconds: float) -> None:
    length = film.frame_count / FRAME_RATE
    if length < seconds - _MISSING_SECONDS:
        raise MediaError(f"its film lasts {length:.1f} s, the clip {seconds:.1f} s")
