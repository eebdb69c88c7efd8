"""A caption that stands still: set in the template's look, inside the safe area, on nobody's face."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from backline.content.media.frame import Area
from backline.content.media.lettering import letter, room_for_lines
from backline.content.media.overlay import Overlay
from backline.content.media.safe_area import free_bands, safe_area
from backline.content.media.shaping import pieces_of
from backline.content.media.typesetting import CAPTION_SHARE, Setting, cleaned, typeset
from backline.content.templates import CaptionLook, find_template

_READABLE_SIZE = 40
"""Type size down to which a caption gives way to a face; smaller it would not be read."""


class Stand(NamedTuple):
    """Where a caption stands, and how it is set there."""

    look: CaptionLook
    within: Area
    share: float
    """How much of the height it may fill before it shrinks."""

    def set(self, text: str, size: int, word_starts: Sequence[int] = ()) -> Setting | None:
        """Fit a text in here, at ``size`` at most; None when there is nothing to draw."""
        room = self.within
        return typeset(
            text, self.look.weight, size, room.width, room.height, self.share, word_starts
        )

    def draw(self, setting: Setting, letters_strength: float = 1.0) -> Overlay:
        """Draw what was set here."""
        return letter(setting, self.look, self.within, letters_strength)


def draw_caption(text: str, template_id: str, faces: Sequence[Area] = ()) -> Overlay | None:
    """Return a caption set in the template's look, inside the safe area; None when there is nothing to draw.

    It stands where the template wants it, or as near to that as leaves the
    ``faces`` free (parts of the frame). A long text shrinks, to 34 pixels at
    the least; what does not fit even then is cut with an ellipsis. Characters
    that no bundled font holds are left out and named in ``Overlay.unshown``.
    Raises ``InvalidInput`` when there is no such template.
    """
    look = find_template(template_id).caption
    stand = usual_stand(look)
    setting = stand.set(text, look.size)
    if setting is None:
        return None
    overlay = stand.draw(setting)
    aside = stand_beside(text, look, faces) if is_on_a_face(overlay, faces) else None
    if aside is None:
        return overlay
    stand, setting = aside
    return stand.draw(setting)


def unshown_characters(text: str, template_id: str) -> str:
    """Return the characters of a caption that no bundled font holds."""
    weight = find_template(template_id).caption.weight
    return "".join(pieces_of(line, weight)[1] for line in cleaned(text).split("\n"))


def usual_stand(look: CaptionLook) -> Stand:
    """Return the place that a template wants."""
    return Stand(look, room_for_lines(look, safe_area()), CAPTION_SHARE)


def stand_beside(
    text: str, look: CaptionLook, faces: Sequence[Area]
) -> tuple[Stand, Setting] | None:
    """Set a text where no face is: at a readable size as near to the look's place as can be.

    None when the faces leave nothing of the safe area.
    """
    choices: list[tuple[Stand, Setting]] = []
    for band in _bands(faces, look):
        # Overlays stand on even pixels: two at each side are left for that.
        room = Area(band.left + 2, band.top + 2, band.right - 2, band.bottom - 2)
        stand = Stand(msgspec.structs.replace(look, inset=0), room, 1.0)
        setting = stand.set(text, look.size)
        if setting is not None:
            choices.append((stand, setting))
    if not choices:
        return None
    readable = [choice for choice in choices if choice[1].size >= _READABLE_SIZE]
    return readable[0] if readable else max(choices, key=lambda c: c[0].within.height)


def is_on_a_face(overlay: Overlay, faces: Sequence[Area]) -> bool:
    """Return whether a caption, with all that surrounds it, touches a face."""
    return any(_touch(overlay.area, face) for face in faces)


def _touch(one: Area, other: Area) -> bool:
    return (
        one.left < other.right
        and other.left < one.right
        and one.top < other.bottom
        and other.top < one.bottom
    )


def _bands(faces: Sequence[Area], look: CaptionLook) -> list[Area]:
    """Return the free parts of the safe area, the nearest to the look's own edge first."""
    free = [room_for_lines(look, band) for band in free_bands(safe_area(), faces)]
    bands = [band for band in free if band.height > 1.5 * _READABLE_SIZE]
    return bands if look.lines_from == "top" else bands[::-1]
