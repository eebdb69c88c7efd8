"""The still of a run: the template's first frame, before anything is written on it."""

from __future__ import annotations

from backline.content.media.colour import to_rgb
from backline.content.media.frame import new_planes
from backline.content.media.picture import Picture, Rgb
from backline.content.motion import SceneFacts
from backline.content.templates import build_scene


def base_image(
    template_id: str,
    picture: Picture,
    seed: int,
    *,
    title: str = "",
    artist: str = "",
    date: str = "",
) -> Rgb:
    """Return the picture in the template's look, (1920, 1080, 3) RGB.

    ``title``, ``artist`` and ``date`` are for templates that print them.

    Raises ``InvalidInput`` when there is no such template.
    """
    quiet = SceneFacts(
        duration_seconds=15.0,
        seed=seed,
        beats=(),
        energy=(),
        title=title,
        artist=artist,
        date=date,
    )
    planes = new_planes()
    build_scene(template_id, picture, quiet).draw(0, planes)
    return to_rgb(planes)
