"""The shelf: takes files in, finds them again, and lends them out.

An upload is written to a draft on this machine while its bytes are counted and
hashed; only a whole, welcome file goes to storage, and only a stored file gets
its row. Whatever fails on the way leaves nothing behind.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import msgspec
import sqlalchemy as sa

from backline.clock import now_ms
from backline.db import Connection, Database
from backline.errors import InvalidInput, TooLarge, UnsupportedType
from backline.files.file import File, Origin
from backline.files.tables import files
from backline.ids import AccountId, RunId, new_id
from backline.mime import SNIFF_BYTES, kind_of, sniff
from backline.names import safe_file_name, slug_of
from backline.sdk import StoredFile
from backline.settings import Settings
from backline.storage import DEFAULT_LIFETIME_SECONDS, Store, check_link, sign_link

WELCOME = "songs (mp3, m4a, ogg, flac, wav), pictures (jpg, png, webp, gif, heic, avif), videos (mp4, mov, webm) and lyrics (lrc, txt)"


class Upload:
    """A file on its way in: chunks are written as they come, then it is kept."""

    def __init__(
        self, draft: IO[bytes], file_name: str, max_bytes: int, shelve: Callable[[Upload], File]
    ) -> None:
        self._draft = draft
        self._max_bytes = max_bytes
        self._shelve = shelve
        self._hash = hashlib.sha256()
        self.file_name = file_name
        """As the caller says it."""
        self.size_bytes = 0
        self.head = b""
        """The first bytes, enough to judge the kind of content."""

    def write(self, chunk: bytes) -> None:
        """Take the next bytes. Raises ``TooLarge`` as soon as they are more than allowed."""
        self.size_bytes += len(chunk)
        if self.size_bytes > self._max_bytes:
            limit = self._max_bytes / 1024**2
            raise TooLarge(f"The file is larger than {limit:g} MiB, the most that is taken here")
        if len(self.head) < SNIFF_BYTES:
            self.head += chunk[: SNIFF_BYTES - len(self.head)]
        self._hash.update(chunk)
        self._draft.write(chunk)

    def keep(self) -> File:
        """Put what was written on the shelf; takes as long as storage takes.

        Raises ``InvalidInput`` for an empty file, ``UnsupportedType`` when the
        content is none of the kinds that are taken.
        """
        self._draft.flush()
        return self._shelve(self)

    @property
    def path(self) -> Path:
        """Where the draft lies."""
        return Path(self._draft.name)

    @property
    def sha256(self) -> str:
        """The hash of what was written so far, hexadecimal."""
        return self._hash.hexdigest()


class Shelf:
    """All files of all accounts. One per process; safe to use from many threads."""

    def __init__(self, database: Database, store: Store, settings: Settings) -> None:
        self._database = database
        self._store = store
        self._settings = settings
        self._drafts = settings.data_dir / "drafts"

    @contextmanager
    def receive(self, account_id: AccountId, file_name: str) -> Iterator[Upload]:
        """Take an upload in; one that is not kept within the block leaves nothing behind.

        ::

            with shelf.receive(caller.account_id, part.filename) as upload:
                async for chunk in part:
                    upload.write(chunk)
                file = await to_thread.run_sync(upload.keep)
        """
        self._drafts.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self._drafts) as draft:
            yield Upload(
                draft,
                file_name,
                self._settings.max_upload_bytes,
                lambda upload: self._shelve(upload, account_id),
            )

    def save(
        self,
        path: Path,
        *,
        account_id: AccountId,
        file_name: str,
        mime_type: str,
        run_id: RunId | None = None,
    ) -> File:
        """Put a file that a run made on the shelf of its account."""
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return self._keep(
            path,
            account_id=account_id,
            origin="produced",
            file_name=safe_file_name(file_name),
            mime_type=mime_type,
            size_bytes=path.stat().st_size,
            sha256=sha256,
            run_id=run_id,
        )

    def find(self, file_id: str) -> File | None:
        """Return the record of a file. Whether the caller may have it is for the caller to ask."""
        return self._first(sa.select(files).where(files.c.id == file_id))

    def find_by_slug(self, account_id: AccountId, slug: str, kind: str) -> File | None:
        """Return the newest upload of an account with this slug and kind."""
        statement = sa.select(files).where(
            files.c.account_id == account_id,
            files.c.slug == slug,
            files.c.kind == kind,
            files.c.origin == "uploaded",
        )
        return self._first(statement.order_by(files.c.id.desc()).limit(1))

    def newest_upload(self, account_id: AccountId, kind: str) -> File | None:
        """Return the newest upload of an account of this kind."""
        statement = sa.select(files).where(
            files.c.account_id == account_id, files.c.kind == kind, files.c.origin == "uploaded"
        )
        return self._first(statement.order_by(files.c.id.desc()).limit(1))

    def newest(self, account_id: AccountId, limit: int = 100) -> list[File]:
        """Return the newest files of an account, the newest first."""
        statement = sa.select(files).where(files.c.account_id == account_id)
        with self._database.read() as connection:
            rows = connection.execute(statement.order_by(files.c.id.desc()).limit(limit))
            return [File(**row._mapping) for row in rows]

    def bring(self, file: File, into: Path) -> Path:
        """Return a local, read-only path of a file, which ends in the file's own name.

        On one machine this is where storage keeps it; from a cloud it is copied
        into the folder ``into``. Raises ``NotFound`` when storage has lost it.
        """
        kept = self._store.local_path(file.storage_key)
        if kept is not None:
            return kept
        path = into / file.id / file.file_name
        path.parent.mkdir(parents=True, exist_ok=True)
        self._store.get_to_file(file.storage_key, path)
        return path

    def lend(self, file: File, path: Path) -> None:
        """Copy a file's content to ``path``. Raises ``NotFound`` when storage has lost it."""
        self._store.get_to_file(file.storage_key, path)

    def local_path(self, file: File) -> Path | None:
        """Return where the content lies on this machine, read-only, or None in a cloud."""
        return self._store.local_path(file.storage_key)

    def remove(self, file: File) -> None:
        """Forget a file: its row first, so that nothing points at content that is gone."""
        with self._database.write() as connection:
            connection.execute(sa.delete(files).where(files.c.id == file.id))
        self._store.delete(file.storage_key)

    def forget_runs(self, run_ids: Sequence[RunId]) -> None:
        """Remove what runs made that are to be forgotten. Safe to repeat.

        Content goes before its row here: what is interrupted is found again by
        its row. Raises ``BacklineError`` when storage does not answer.
        """
        made = sa.select(files.c.id, files.c.storage_key).where(files.c.run_id.in_(run_ids))
        with self._database.read() as connection:
            rows = connection.execute(made).all()
        for row in rows:
            self._store.delete(row.storage_key)
        with self._database.write() as connection:
            connection.execute(sa.delete(files).where(files.c.id.in_([row.id for row in rows])))

    def link(self, file: File, lifetime_seconds: int = DEFAULT_LIFETIME_SECONDS) -> str:
        """Return a full URL that opens the file without credentials, for a week if not said."""
        path = sign_link(self._settings.secret, file.id, file.file_name, lifetime_seconds)
        return self._settings.public_url + path

    def open_link(
        self, file_id: str, file_name: str, expires: str | None, signature: str | None
    ) -> File | None:
        """Return the file that a link leads to, None if it was removed since.

        Raises ``AccessDenied`` for an altered, forged or expired link.
        """
        check_link(self._settings.secret, file_id, file_name, expires, signature)
        return self.find(file_id)

    def describe(self, file: File) -> StoredFile:
        """Return the record as tasks and the API show it, with a fresh link."""
        return StoredFile(
            file_id=file.id,
            storage_key=file.storage_key,
            file_name=file.file_name,
            mime_type=file.mime_type,
            size_bytes=file.size_bytes,
            signed_url=self.link(file),
        )

    def _shelve(self, upload: Upload, account_id: AccountId) -> File:
        return self._keep(
            upload.path,
            account_id=account_id,
            origin="uploaded",
            file_name=safe_file_name(upload.file_name),
            mime_type=_welcome_type(upload),
            size_bytes=upload.size_bytes,
            sha256=upload.sha256,
        )

    def _keep(
        self,
        path: Path,
        *,
        account_id: AccountId,
        origin: Origin,
        file_name: str,
        mime_type: str,
        size_bytes: int,
        sha256: str,
        run_id: RunId | None = None,
    ) -> File:
        file_id = new_id("file")
        file = File(
            id=file_id,
            account_id=account_id,
            origin=origin,
            kind=kind_of(mime_type),
            storage_key=f"{account_id}/{file_id}/{file_name}",
            file_name=file_name,
            slug=slug_of(file_name),
            mime_type=mime_type,
            size_bytes=size_bytes,
            sha256=sha256,
            created_at=now_ms(),
            run_id=run_id,
        )
        self._store.put_file(file.storage_key, path, mime_type)
        try:
            with self._database.write() as connection:
                _insert(connection, file)
        except BaseException:
            self._store.delete(file.storage_key)
            raise
        return file

    def _first(self, statement: sa.Select[tuple[object, ...]]) -> File | None:
        with self._database.read() as connection:
            row = connection.execute(statement).one_or_none()
        return None if row is None else File(**row._mapping)


def _insert(connection: Connection, file: File) -> None:
    connection.execute(sa.insert(files).values(msgspec.structs.asdict(file)))


def _welcome_type(upload: Upload) -> str:
    if upload.size_bytes == 0:
        raise InvalidInput(f"{upload.file_name!r} is empty: send a file with content", "file")
    mime_type = sniff(upload.head)
    if mime_type is None:
        raise UnsupportedType(
            f"{upload.file_name!r} is none of the kinds that are taken here: {WELCOME}"
        )
    return mime_type
