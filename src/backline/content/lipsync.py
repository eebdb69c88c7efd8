"""Lipsync: whether the person in a picture can be made to sing, and how their mouth follows the voice.

Where it can not be done well it is not done, and the reason is said in words.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from backline.content.caption import SungLine
from backline.content.media.audio import Audio
from backline.content.media.lips import are_lips_seen
from backline.content.media.picture import Picture
from backline.content.portrait import find_portrait
from backline.content.templates import find_template
from backline.content.visemes import mouth_of
from backline.content.voice import Voice, hear_voice


class Singing(msgspec.Struct, frozen=True, kw_only=True):
    """How the mouth moves, or why it does not."""

    mouth: tuple[float, ...] = ()
    """How far it is open at each frame, 0 to 1; empty when it stays as it was photographed."""
    rounding: tuple[float, ...] = ()
    """How round it is at each frame, -1 to 1; empty when the times of words are not known."""
    left_out: str = ""
    """Why lipsync was left out, as a sentence with a way out; empty when it was not."""


MOST_TURNED_DEGREES = 25.0
"""Beyond it the far corner of the mouth is out of sight, and one photograph does not know it."""
LEAST_FACE_PIXELS = 56
"""Chin to forehead; a smaller mouth is a dozen pixels wide."""


def sing_along(
    template_id: str, picture: Picture, sound: Audio, lines: Sequence[SungLine] = ()
) -> Singing:
    """Return how the mouth of a picture follows the voice of a finished clip.

    ``lines`` are sung in the clip, when their times are known; where those of
    their words are, the lips take the words' shapes. Never raises for a picture
    or a sound that will not do.
    """
    voice = hear_voice(sound, [(line.start_seconds, line.end_seconds) for line in lines])
    left_out = refusal(template_id, picture, voice, has_words=bool(lines))
    if left_out:
        return Singing(left_out=left_out)
    if not any(line.words for line in lines):
        return Singing(mouth=voice.envelope)
    shaped = mouth_of(lines, len(voice.envelope))
    mouth = np.array(voice.envelope) * shaped.opening
    return Singing(mouth=tuple(mouth.tolist()), rounding=tuple(shaped.rounding.tolist()))


def refusal(template_id: str, picture: Picture, voice: Voice, *, has_words: bool) -> str | None:
    """Return why the mouth can not follow the voice, as a sentence with a way out; None when it can.

    ``has_words`` says that the times of the words in the clip are known.
    """
    if not find_template(template_id).sings:
        return f"Lipsync was left out: {template_id} shows the picture as an object; choose an artist template."
    face = find_portrait(picture).singer
    if face is None:
        return "Lipsync was left out: there is no face in the picture; send a portrait."
    if face.turned_degrees > MOST_TURNED_DEGREES:
        return (
            f"Lipsync was left out: the face is turned {face.turned_degrees:.0f} degrees to the side; "
            f"send a portrait that looks into the camera ({MOST_TURNED_DEGREES:.0f} at most)."
        )
    if face.height < LEAST_FACE_PIXELS:
        return (
            f"Lipsync was left out: the face is {face.height:.0f} pixels tall; "
            f"send a picture in which it has {LEAST_FACE_PIXELS} or more."
        )
    if not are_lips_seen(picture.rgb, face):
        return (
            "Lipsync was left out: the mouth can not be seen, something is before it or it lies in "
            "the dark; send a portrait without a hand, a mask or a microphone there."
        )
    return None if has_words or voice.sings else _silence(voice)


def _silence(voice: Voice) -> str:
    if voice.is_mono:
        return (
            "Lipsync was left out: the song is in mono, where a voice can not be told from an "
            "instrument; attach its words with times (.lrc)."
        )
    return (
        "Lipsync was left out: nobody seems to sing in this part of the song; "
        "choose another clipStart or attach the words with times (.lrc)."
    )
