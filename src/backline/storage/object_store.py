"""The one implementation of ``Store``: obstore, for a local folder and for clouds alike."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, from_url

from backline.errors import BacklineError, NotFound, SetupError
from backline.ids import new_id
from backline.storage.store import CHUNK_BYTES, Store


class ObjectStore(Store):
    """Files in a bucket of S3 and its likes, Google Cloud Storage or Azure."""

    def __init__(self, client: obstore.store.ObjectStore, *, keeps_type: bool = True) -> None:
        self._client = client
        self._keeps_type = keeps_type

    def put_file(self, key: str, path: Path, mime_type: str) -> None:
        attributes = {"Content-Type": mime_type} if self._keeps_type else None
        obstore.put(self._client, key, path, attributes=attributes)

    def get_to_file(self, key: str, path: Path) -> None:
        with _naming(key):
            found = obstore.get(self._client, key)
        draft = path.with_name(new_id("draft"))
        try:
            with draft.open("wb") as file:
                for chunk in found.stream(min_chunk_size=CHUNK_BYTES):
                    file.write(chunk)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)

    def read_range(self, key: str, start: int, end: int) -> bytes:
        if start >= end:
            return b""
        with _naming(key):
            return bytes(obstore.get_range(self._client, key, start=start, end=end))

    async def stream(self, key: str, start: int, end: int) -> AsyncIterator[bytes]:
        if start >= end:
            return
        with _naming(key):
            found = await obstore.get_async(self._client, key, options={"range": (start, end)})
        async for chunk in found.stream(min_chunk_size=CHUNK_BYTES):
            yield bytes(chunk)

    def size_bytes(self, key: str) -> int:
        with _naming(key):
            return int(obstore.head(self._client, key)["size"])

    def delete(self, key: str) -> None:
        with _reaching(key), suppress(FileNotFoundError):
            obstore.delete(self._client, key)

    def older_than(self, prefix: str, moment_ms: int) -> Iterator[str]:
        with _reaching(prefix):
            for page in obstore.list(self._client, prefix):
                for found in page:
                    if found["last_modified"].timestamp() * 1000 < moment_ms:
                        yield found["path"]

    def local_path(self, key: str) -> Path | None:  # noqa: ARG002 - no key of a cloud lies here
        return None


class LocalFolder(ObjectStore):
    """Files in a folder of this machine, or one that several machines share."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # A folder has nowhere to keep a type; obstore refuses to be given one.
        super().__init__(LocalStore(folder, automatic_cleanup=True), keeps_type=False)
        self._folder = folder

    def local_path(self, key: str) -> Path | None:
        path = self._folder / key
        if ".." in Path(key).parts or not path.is_file():
            raise _missing(key)
        return path


def open_store(url: str) -> Store:
    """Open the place that ``BACKLINE_STORAGE_URL`` names.

    A plain path or ``file:///path`` is a folder; ``s3://bucket/prefix``,
    ``gs://…`` and ``az://…`` are clouds. Credentials come from the cloud's
    usual environment variables; other options ride in the query, by obstore's
    names: ``s3://music?endpoint=https://minio.example&region=eu-central-1``.
    Raises ``SetupError`` for a place that can not be.
    """
    parts = urlsplit(url)
    if not parts.scheme:
        return LocalFolder(Path(url).expanduser().resolve())
    if parts.scheme == "file":
        return LocalFolder(Path(unquote(parts.path)))
    options = dict(parse_qsl(parts.query))
    plain_http = options.get("endpoint", "").startswith("http://")
    try:
        client = from_url(
            parts._replace(query="").geturl(),
            config=options,
            client_options={"allow_http": plain_http},
        )
    except (BaseError, ValueError) as problem:
        reason = str(problem).splitlines()[0]
        raise SetupError(
            f"BACKLINE_STORAGE_URL ({parts.scheme}://{parts.hostname}) can not be opened: {reason}"
        ) from None
    return ObjectStore(client)


@contextmanager
def _naming(key: str) -> Iterator[None]:
    """Turn a library's "not found", or a key that is no path, into ours."""
    try:
        yield
    except (FileNotFoundError, ValueError):
        raise _missing(key) from None


@contextmanager
def _reaching(key: str) -> Iterator[None]:
    """Turn a library's trouble with a place that should answer into ours."""
    try:
        yield
    except BaseError as trouble:
        raise BacklineError(
            f"storage did not list or remove {key!r} ({trouble}): see whether it can be reached"
        ) from trouble


def _missing(key: str) -> NotFound:
    return NotFound(f"Storage holds nothing at {key!r}: it was deleted, or storage was moved")
