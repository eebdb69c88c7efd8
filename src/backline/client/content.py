"""Content: order short videos from a song, and see the templates they can be made with."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from backline.client.connection import Connection
from backline.ids import AccountId, RunId


class VideoOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What ``POST /api/content/create`` is told. What is UNSET is the server's choice."""

    artist_account_id: AccountId
    """The artist, or any account within the caller's reach, whose video it is."""
    songs: list[str] | UnsetType = UNSET
    """File ids, URLs or slugs of uploaded songs."""
    images: list[str] | UnsetType = UNSET
    """File ids or URLs of pictures."""
    lyrics: str | UnsetType = UNSET
    """Timed lyrics: LRC text, or the file id of such a text."""
    template: str | UnsetType = UNSET
    caption: str | UnsetType = UNSET
    """These words, instead of written ones."""
    caption_length: str | UnsetType = UNSET
    """``none``, ``short``, ``medium`` or ``long``."""
    lipsync: bool | UnsetType = UNSET
    seed: int | UnsetType = UNSET
    """The same song, picture, options and seed give the same video."""
    batch: int | UnsetType = UNSET
    """How many videos, 1 to 30."""


class VideosTriggered(msgspec.Struct, frozen=True, kw_only=True):
    """The runs that make the ordered videos, one each."""

    run_ids: list[RunId] = msgspec.field(name="runIds")
    template: str | None = None
    lipsync: bool = False


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """A look that a video can have."""

    id: str
    name: str = ""
    description: str = ""


class _TemplatesAnswer(msgspec.Struct, frozen=True):
    templates: list[Template]


class Content:
    """Videos made from songs."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def create(self, order: VideoOrder) -> VideosTriggered:
        """Order videos. Raises ``InvalidInput`` naming what can not be, ``NotFound`` for the artist."""
        return self._connection.post("/api/content/create", VideosTriggered, order)

    def templates(self) -> list[Template]:
        """Return the templates the server has."""
        return self._connection.get("/api/content/templates", _TemplatesAnswer).templates
