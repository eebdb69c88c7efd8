"""Files: bring a song or picture to the server, and fetch a finished video from it."""

from __future__ import annotations

import secrets
from pathlib import Path
from urllib.parse import urlsplit

from backline.client.connection import Connection
from backline.errors import InvalidInput
from backline.ids import AccountId
from backline.wire.recoup import FileList, StoredFile


class Files:
    """The caller's files."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def upload(self, path: Path, *, account_id: AccountId | None = None) -> StoredFile:
        """Send a file; it is read piece by piece. Raises ``InvalidInput`` if it can not be read."""
        fields = {} if account_id is None else {"account_id": account_id}
        try:
            with path.open("rb") as opened:
                answer = self._connection.post_form(
                    "/api/files", FileList, files={"file": (path.name, opened)}, fields=fields
                )
        except OSError as trouble:
            raise InvalidInput(f"can not read {path}: {trouble.strerror}") from trouble
        return answer.files[0]

    def download(self, url: str, path: Path) -> Path:
        """Fetch a signed link into ``path``, which appears only when it is whole.

        A link of the server's own is opened where we reach the server, whatever
        address it gave itself when it made the link. An earlier file of that name is replaced. Raises ``InvalidInput`` if
        ``path`` can not be written.
        """
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
        try:
            with self._connection.stream(self._near(url)) as pieces, draft.open("wb") as opened:
                for piece in pieces:
                    opened.write(piece)
            draft.replace(path)
        except OSError as trouble:
            raise InvalidInput(f"can not write {path}: {trouble.strerror}") from trouble
        finally:
            draft.unlink(missing_ok=True)
        return path

    def _near(self, url: str) -> str:
        link = urlsplit(url)
        if not link.path.startswith("/api/files/"):
            return url
        return f"{self._connection.url}{link.path}?{link.query}"
