"""Which songs, pictures and lyrics are meant: every name is looked up before a run is triggered.

A name is a URL, the id of an uploaded file, or the slug of one. What a worker
gets are URLs and file ids that existed, were of the right kind and within the
caller's reach when the order was taken.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec

from backline.accounts import Reach, may_work_for
from backline.api.bodies import require_visible
from backline.errors import InvalidInput
from backline.files import File, Shelf
from backline.ids import AccountId

MAX_URL_CHARACTERS = 2048

SONG_KINDS = ("audio", "video")
"""A video may carry the song as its sound; whether it does, listening tells."""
PICTURE_KINDS = ("image",)
FILM_KINDS = ("video",)
LYRICS_KINDS = ("text",)

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_TIME_STAMP = re.compile(r"\[\d{1,3}:\d{2}")


class Supplies(msgspec.Struct, frozen=True, kw_only=True):
    """Where names are looked up: the shelf, within a reach, on behalf of these accounts."""

    shelf: Shelf
    reach: Reach
    accounts: tuple[AccountId, ...]
    """Whose slugs are meant; the first that has one counts."""

    def songs(self, names: Sequence[str]) -> list[str]:
        """Return URLs and file ids of songs; without names, the newest upload of the first account."""
        if not names:
            return [self._newest_song()]
        return [self._resolve(name, "songs", SONG_KINDS) for name in names]

    def images(self, names: Sequence[str]) -> list[str]:
        """Return URLs and file ids of pictures."""
        return [self._resolve(name, "images", PICTURE_KINDS) for name in names]

    def film(self, name: str) -> str:
        """Return the URL or file id of a film to edit."""
        return self._resolve(name, "video_url", FILM_KINDS)

    def sound(self, name: str) -> str:
        """Return the URL or file id of sound to put under a film."""
        return self._resolve(name, "audio_url", SONG_KINDS)

    def lyrics_file(self, lyrics: str) -> str | None:
        """Return the id of the file that ``lyrics`` names, None when it is lyrics itself."""
        if "\n" in lyrics.strip() or _TIME_STAMP.search(lyrics):
            return None
        if _SCHEME.match(lyrics):
            raise InvalidInput("lyrics are LRC text, or an uploaded file: not a URL", "lyrics")
        return self._resolve(lyrics, "lyrics", LYRICS_KINDS)

    def _resolve(self, text: str, field: str, kinds: tuple[str, ...]) -> str:
        name = require_visible(text.strip(), field)
        if _SCHEME.match(name):
            return _checked_url(name, field)
        if name.startswith("file_"):
            return self._by_id(name, field, kinds).id
        return self._by_slug(name, field, kinds).id

    def _by_id(self, file_id: str, field: str, kinds: tuple[str, ...]) -> File:
        file = self.shelf.find(file_id)
        if file is None or not may_work_for(self.reach, file.account_id):
            raise InvalidInput(f"{field}: there is no file {file_id!r}; upload it first", field)
        if file.kind not in kinds:
            raise InvalidInput(
                f"{field}: {file.file_name!r} is {file.mime_type}, not {' or '.join(kinds)}", field
            )
        return file

    def _by_slug(self, slug: str, field: str, kinds: tuple[str, ...]) -> File:
        for account_id in self.accounts:
            for kind in kinds:
                file = self.shelf.find_by_slug(account_id, slug.casefold(), kind)
                if file is not None:
                    return file
        raise InvalidInput(
            f"{field}: there is no upload called {slug[:80]!r}; upload it with POST /api/files, "
            "or give a URL or a file id",
            field,
        )

    def _newest_song(self) -> str:
        song = self.shelf.newest_upload(self.accounts[0], "audio")
        if song is None:
            raise InvalidInput(
                "songs: the account has no uploaded song; upload one with POST /api/files, "
                "or name a URL in songs",
                "songs",
            )
        return song.id


def _checked_url(url: str, field: str) -> str:
    """Refuse at once what no worker would fetch; addresses are judged when it connects."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        host, parts = None, urlsplit("")
    if parts.scheme.lower() not in ("http", "https") or not host:
        raise InvalidInput(f"{field}: only http and https URLs can be fetched", field)
    if parts.username is not None or parts.password is not None:
        raise InvalidInput(f"{field}: a URL must not carry a user name or password", field)
    if len(url) > MAX_URL_CHARACTERS:
        raise InvalidInput(f"{field}: a URL has at most {MAX_URL_CHARACTERS} characters", field)
    return url
