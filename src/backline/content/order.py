"""What is asked for, and what comes back: the payload and the output of ``create-content``."""

from __future__ import annotations

from hashlib import sha256
from random import Random
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from backline.content.shape import AspectRatio
from backline.content.templates import find_template
from backline.errors import InvalidInput, PayloadInvalid
from backline.sdk import StoredFile

DEFAULT_CLIP_SECONDS = 15.0
SHORTEST_CLIP_SECONDS, LONGEST_CLIP_SECONDS = 5.0, 60.0

RELEASE_DATE = r"^[1-9]\d{3}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$"

CaptionLength = Literal["none", "short", "medium", "long"]
CaptionMode = Literal["still", "lines", "karaoke"]
"""Whether the caption stands still, or the song's words come line by line or light up word by word."""


class Order(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One video, please. Field names on the wire are camelCase."""

    account_id: str = ""
    """Whose run it is; repeated in the output."""
    artist_account_id: str = ""
    artist_name: str = ""
    """Empty: the song's own tags tell."""
    template: str = "artist-caption-bedroom"
    songs: Annotated[list[str], Meta(min_length=1, max_length=100)]
    """Ids of stored files, or URLs; of several, the seed chooses one that plays."""
    images: Annotated[list[str], Meta(max_length=100)] = []
    """Ids of stored files, or URLs; without any, the song's cover art is used."""
    lyrics: Annotated[str, Meta(max_length=100_000)] | None = None
    """The words: .lrc text, whose times say what is sung inside the clip, or plain text."""
    lyrics_file: str | None = None
    """The same as a stored file's id; ``lyrics`` wins."""
    hear_words: bool = False
    """Without timed words for the clip: let a net hear them, where the worker has one."""
    caption: str | None = None
    """The caption's text; without it one is written, ``caption_length`` long."""
    caption_length: CaptionLength = "short"
    caption_mode: CaptionMode = "still"
    """The other two need lyrics with times; without them the caption stands still and says so."""
    lipsync: bool = False
    aspect_ratio: AspectRatio = "9:16"
    upscale: bool = False
    """Deliver 1440 pixels wide instead of 1080."""
    release_date: Annotated[str, Meta(pattern=RELEASE_DATE)] | None = None
    """YYYY, YYYY-MM or YYYY-MM-DD, for templates that print it; without it the song's own tags tell."""
    clip_start: Annotated[float, Meta(ge=0)] | None = None
    """Seconds into the song; without it the clip is chosen by listening."""
    clip_seconds: Annotated[float, Meta(ge=SHORTEST_CLIP_SECONDS, le=LONGEST_CLIP_SECONDS)] = (
        DEFAULT_CLIP_SECONDS
    )
    variant: Annotated[int, Meta(ge=0, le=29)] = 0
    """Which video of a batch it is, counted from 0: they take turns with the clip's three candidates."""
    seed: Annotated[int, Meta(ge=0, le=2**53 - 1)] | None = None
    """All that is left to chance hangs on it; without it the run's id decides."""


class AudioFacts(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The song and the part of it that plays."""

    song_title: str
    song_filename: str
    start_seconds: float
    duration_seconds: float
    clip_lyrics: str | None
    """The lines sung inside the clip, one a line; None when no times are known."""
    clip_mood: str | None
    """None when the sound does not tell clearly."""


class FinishedContent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A finished video and all that was decided on the way."""

    status: Literal["completed"] = "completed"
    account_id: str
    video_source_url: str
    """The film: 30 frames a second, mp4."""
    image_url: str
    """The still that the video was made from, jpg."""
    caption_text: str
    template: str
    lipsync: bool
    audio: AudioFacts
    video: StoredFile
    poster: StoredFile
    """One frame of the film, jpg."""
    preview: StoredFile
    """Three seconds of it that move, 270 pixels wide, an animated webp."""
    width: int
    height: int
    """Of the film, pixels."""
    seed: int
    message: str
    """What was made, and what was asked for but not done."""


def check_order(order: Order) -> None:
    """Raise ``PayloadInvalid`` for a template that does not exist."""
    try:
        find_template(order.template)
    except InvalidInput as unknown:
        raise PayloadInvalid(f"template: {unknown}") from unknown


def seed_of(order: Order, run_id: str) -> int:
    """Return the order's seed, or one that hangs on the run's id: the same at each attempt."""
    if order.seed is not None:
        return order.seed
    return int.from_bytes(sha256(run_id.encode()).digest()[:4], "big")


def shuffled(names: list[str], seed: int, purpose: str) -> list[str]:
    """Return names in an order drawn from the seed; ``purpose`` keeps two draws independent."""
    order = list(names)
    Random(f"{seed} {purpose}").shuffle(order)  # noqa: S311  (a choice, not a secret)
    return order
