"""What can be done to a finished film: operations in order, each on what the one before made."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

LONGEST_FILM_SECONDS = 300
"""Of the film that is made; what comes in may be longer when a ``trim`` comes first."""
MOST_PIXELS_A_SIDE = 3840

Seconds = Annotated[float, Meta(ge=0, le=36_000)]
Side = Annotated[int, Meta(ge=16, le=MOST_PIXELS_A_SIDE)]
Colour = Annotated[str, Meta(pattern=r"^(#[0-9A-Fa-f]{6}|[a-z]{3,7})$")]
"""``#rrggbb`` or one of ``COLOURS``."""
OutputFormat = Literal["mp4", "webm", "mov"]

COLOURS = {
    "white": (255, 255, 255),
    "black": (8, 6, 10),
    "red": (230, 40, 40),
    "yellow": (250, 215, 60),
    "green": (60, 180, 90),
    "blue": (60, 110, 230),
    "pink": (245, 140, 190),
    "purple": (150, 90, 220),
    "orange": (245, 140, 50),
    "gray": (128, 128, 128),
    "grey": (128, 128, 128),
}


class Trim(Struct, frozen=True, kw_only=True, tag="trim", forbid_unknown_fields=True):
    """Keep a part of the film."""

    start: Seconds = 0.0
    duration: Annotated[float, Meta(gt=0, le=LONGEST_FILM_SECONDS)]


class Crop(Struct, frozen=True, kw_only=True, tag="crop", forbid_unknown_fields=True):
    """Keep the middle of the picture: the most of an aspect, or so many pixels."""

    aspect: Annotated[str, Meta(pattern=r"^[1-9]\d{0,3}:[1-9]\d{0,3}$")] | None = None
    """Width to height, such as ``9:16``; wins over sides."""
    width: Side | None = None
    height: Side | None = None


class Resize(Struct, frozen=True, kw_only=True, tag="resize", forbid_unknown_fields=True):
    """Scale the picture; of one side alone the other follows, both together may stretch it."""

    width: Side | None = None
    height: Side | None = None


class OverlayText(
    Struct, frozen=True, kw_only=True, tag="overlay_text", forbid_unknown_fields=True
):
    """Write on the picture, in lines that are centred and shrink until they fit."""

    content: Annotated[str, Meta(min_length=1, max_length=2000)]
    font: Annotated[str, Meta(max_length=100)] | None = None
    """Taken and passed over: text is set in the bundled fonts, which hold every script."""
    color: Colour = "white"
    stroke_color: Colour = "black"
    max_font_size: Annotated[int, Meta(ge=8, le=400)] = 42
    """Pixels."""
    position: Literal["top", "center", "bottom"] = "bottom"


class MuxAudio(Struct, frozen=True, kw_only=True, tag="mux_audio", forbid_unknown_fields=True):
    """Put sound under the picture: as long as the picture lasts."""

    audio_url: Annotated[str, Meta(min_length=1, max_length=2048)]
    """A URL, or the id or slug of an uploaded file."""
    replace: bool = True
    """Whether the film's own sound goes; otherwise both are heard."""


Operation = Trim | Crop | Resize | OverlayText | MuxAudio


class ContentEdit(Struct, frozen=True, kw_only=True):
    """An order to edit a film. Unknown fields are passed over."""

    video_url: Annotated[str, Meta(min_length=1, max_length=2048)]
    """A URL, or the id or slug of an uploaded or finished film."""
    operations: Annotated[list[Operation], Meta(max_length=20)] = []
    template: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    """Instead of operations: what every template does, 9:16 at 1080x1920."""
    output_format: OutputFormat = "mp4"
    idempotency_key: Annotated[str, Meta(min_length=1, max_length=2000)] | None = None
    """The same key again answers with the same run."""


class EditTriggered(Struct, frozen=True, kw_only=True, rename="camel"):
    """The run that edits the film."""

    run_id: str
    status: Literal["triggered"]
