"""What a template is: a look for a video, its caption manner, and what it asks for.

A template is a folder beside this file. It MUST hold

- ``__init__.py`` with ``TEMPLATE``, a `Template`; it is read by processes that
  only list templates, so it MUST NOT import NumPy, OpenCV or PyAV;
- ``scene.py`` with ``build(picture, facts)``, which returns a `Scene`: it MUST
  name the faces that captions leave free, and, unless the template says that it
  does not (``sings``), MUST let the largest face follow ``facts.mouth``.

It MAY hold more files of its own. Nothing else has to be told of a new folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

Colour = tuple[int, int, int]
"""Red, green, blue; 0 to 255."""

Need = Literal["portrait", "artwork", "any picture"]

Grammar = Mapping[str, tuple[str, ...]]
"""Sentences with holes: ``{name}`` is filled from the entry of that name, by chance of the seed."""


class CaptionLook(msgspec.Struct, frozen=True, kw_only=True):
    """How a template sets its captions. Lengths are pixels of a 1080x1920 frame."""

    size: int
    """Type size of a short caption; longer ones shrink."""
    weight: int
    """100 (thin) to 900 (black)."""
    colour: Colour
    sung: Colour
    """Of the word that is being sung, where captions follow the singer word by word."""
    lines_from: Literal["top", "bottom"]
    """The edge of the safe area from which the caption grows."""
    inset: int = 0
    """How far from that edge the first line stands."""
    stroke: int = 0
    """Width of the outline."""
    shadow: int = 0
    """Softness of the shadow."""
    shadow_strength: float = 0.0
    """0 to 1."""
    box: Colour | None = None
    """Paper behind the lines, if any."""
    box_opacity: float = 1.0


class CaptionWords(msgspec.Struct, frozen=True, kw_only=True):
    """What a template says when nobody wrote a caption."""

    tone: str
    rules: tuple[str, ...]
    lower_case: bool
    grammar: Grammar
    """Entries ``short``, ``medium``, ``long``, each also as ``…_song`` (with ``{title}``,
    ``{artist}``) and ``…_lyric`` (with ``{lyric}``, a line that is sung in the clip)."""


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """A look for a video."""

    id: str
    name: str
    description: str
    needs: tuple[Need, ...]
    """Any one of these will do."""
    without: str
    """What it does when the picture is not of the best kind."""
    sings: bool = True
    """Whether a face in the picture is shown as a person, whose mouth may follow the voice."""
    caption: CaptionLook
    words: CaptionWords
    moods: tuple[str, ...] = ()
    movements: tuple[str, ...] = ()
