"""What a picture became in a scene, somebody or something: it stands nearer than the background and may sing."""

from __future__ import annotations

from typing import NamedTuple

from backline.content.media.frame import Area, Plane, Planes
from backline.content.media.layer import Layer
from backline.content.media.picture import Picture
from backline.content.media.speech import Speech, let_speak
from backline.content.media.still import (
    ChangingStill,
    Matrix,
    Still,
    changing_still_of,
    view_matrix,
)
from backline.content.motion import SceneFacts, View
from backline.content.portrait import find_portrait


def nearer(view: View) -> View:
    """Return how a person before the background is seen: what the camera does, and a third more of it."""
    return View(
        zoom=1 + (view.zoom - 1) * 1.35,
        shift_x=view.shift_x * 1.8,
        shift_y=view.shift_y * 1.8,
        angle=view.angle,
    )


class Subject(NamedTuple):
    """What the picture became in a scene: somebody who stands there, or a thing that shows the picture."""

    layer: Layer
    picture_to_still: Matrix
    faces: tuple[Area, ...]
    """Frame pixels, wide enough for all that the camera does."""
    is_person: bool
    speech: Speech | None = None

    def singing(self, picture: Picture, facts: SceneFacts) -> Subject:
        """Return the same with a mouth that follows the voice, if the music asks for it and there is one."""
        layer = self.layer
        speech = speech_on(
            layer.planes,
            picture,
            self.picture_to_still,
            facts,
            corner=(layer.left, layer.top),
            hides=layer.hides,
        )
        if speech is None:
            return self
        shown = layer.showing(speech.planes)
        return self._replace(layer=shown, speech=speech._replace(planes=shown.planes))

    def draw(self, view: View, index: int, into: Planes) -> None:
        """Lay it over the background that a camera sees in ``view`` at a frame."""
        near = nearer(view)
        if self.speech is not None:
            self.speech.pose(index)
            near = self.speech.swayed(near, index) if self.is_person else near
        self.layer.draw(view_matrix(near), into)


def singing_still(
    still: Still | ChangingStill, picture: Picture, picture_to_still: Matrix, facts: SceneFacts
) -> tuple[Still | ChangingStill, Speech | None]:
    """Return a still whose largest face may sing, and what moves its mouth, if anything does."""
    speech = speech_on(still.planes, picture, picture_to_still, facts)
    if speech is None:
        return still, None
    shown = changing_still_of(speech.planes)
    return shown, speech._replace(planes=shown.planes)


def speech_on(
    planes: Planes,
    picture: Picture,
    picture_to_still: Matrix,
    facts: SceneFacts,
    *,
    corner: tuple[int, int] = (0, 0),
    hides: Plane | None = None,
) -> Speech | None:
    """Return the picture's largest face, singing, on planes whose corner lies at ``corner`` of the still.

    None when the music has no mouth for it or there is no face.
    """
    face = find_portrait(picture).singer
    if face is None or not facts.mouth:
        return None
    to_planes = picture_to_still.copy()
    to_planes[:, 2] -= corner
    return let_speak(planes, face, to_planes, facts.mouth, facts.seed, hides, facts.rounding)
