"""Lend files out by signed link: whole or in part, streamed from storage."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from urllib.parse import quote

from anyio import to_thread
from litestar.response.base import ASGIResponse
from litestar.response.streaming import ASGIStreamingResponse

from backline.api.byte_range import read_range
from backline.api.manners import asked_method
from backline.api.query import Query
from backline.api.services import AnyRequest, services_of
from backline.errors import NotFound
from backline.files import File
from backline.storage import Store

CACHE_SECONDS = 3600


async def lend_file(request: AnyRequest, file_id: str, file_name: str) -> ASGIResponse:
    """Answer 200, 206, 304 or 416 with the file that a link leads to.

    Raises ``AccessDenied`` for a link that is not ours or has expired,
    ``NotFound`` for a file that is gone.
    """
    services, query = services_of(request), Query(request)
    file = await to_thread.run_sync(
        services.shelf.open_link, file_id, file_name, query.text("expires"), query.text("signature")
    )
    if file is None:
        raise NotFound("The file of this link was removed")
    headers = _headers(file)
    asked = request.headers
    if _is_known(asked.get("if-none-match"), headers["etag"]):
        return ASGIResponse(status_code=304, headers=headers)
    span = _span(asked, headers["etag"], file.size_bytes)
    if isinstance(span, str):
        headers["content-range"] = f"bytes */{file.size_bytes}"
        return ASGIResponse(status_code=416, headers=headers)
    return await _stream(services.store, file, span, headers, asked_method(request.scope))


async def _stream(
    store: Store, file: File, span: tuple[int, int] | None, headers: dict[str, str], method: str
) -> ASGIResponse:
    start, end = span or (0, file.size_bytes)
    headers["content-length"] = str(end - start)
    if span is not None:
        headers["content-range"] = f"bytes {start}-{end - 1}/{file.size_bytes}"
    chunks = (
        _nothing() if method == "HEAD" else await _begun(store.stream(file.storage_key, start, end))
    )
    return ASGIStreamingResponse(
        iterator=chunks,
        status_code=200 if span is None else 206,
        headers=headers,
        media_type=_media_type(file),
    )


async def _begun(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Read the first chunk now, so that a file which storage has lost is a 404 and no broken 200."""
    first = await anext(chunks, b"")

    async def resumed() -> AsyncIterator[bytes]:
        yield first
        async for chunk in chunks:
            yield chunk

    return resumed()


async def _nothing() -> AsyncIterator[bytes]:
    yield b""


def _span(asked: Mapping[str, str], etag: str, size_bytes: int) -> tuple[int, int] | str | None:
    """Return the bytes that are asked for; all of them when the caller holds an older file's part."""
    if_range = asked.get("if-range")
    if if_range is not None and if_range.strip() != etag:
        return None
    return read_range(asked.get("range"), size_bytes)


def _headers(file: File) -> dict[str, str]:
    return {
        "etag": f'"{file.sha256[:32]}"',
        "accept-ranges": "bytes",
        "cache-control": f"private, max-age={CACHE_SECONDS}",
        "content-disposition": _disposition(file.file_name),
        # The content was judged when it came in; a browser must not judge it anew.
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; sandbox",
    }


def _disposition(file_name: str) -> str:
    """Name the file for saving (RFC 6266): plain ASCII for old readers, UTF-8 for the others."""
    plain = "".join(c if " " <= c <= "~" and c not in '"\\%' else "_" for c in file_name)
    return f"inline; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe='')}"


def _media_type(file: File) -> str:
    return "text/plain" if file.kind == "text" else file.mime_type


def _is_known(if_none_match: str | None, etag: str) -> bool:
    named = (if_none_match or "").split(",")
    return any(name.strip().removeprefix("W/") in (etag, "*") for name in named)
