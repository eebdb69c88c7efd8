"""Files: bring songs, pictures and lyrics, list them, open them by signed link."""

from __future__ import annotations

from functools import partial

from anyio import to_thread
from litestar import get, post
from litestar.params import FromPath
from litestar.response.base import ASGIResponse

from backline.accounts import Caller
from backline.api.answers import Answer, answer
from backline.api.auth import authenticate, for_caller
from backline.api.query import Query
from backline.api.recoup.accounts import chosen_account
from backline.api.recoup.download import lend_file
from backline.api.recoup.upload import receive_files
from backline.api.services import AnyRequest, services_of
from backline.db import Connection
from backline.files import File, Shelf
from backline.ids import AccountId
from backline.wire.recoup import FileList, StoredFile


@post("/api/files", request_max_body_size=None)
async def upload_files(request: AnyRequest) -> Answer:
    """Take in the files of a form: 201 and their records."""
    caller = await authenticate(request)
    kept = await receive_files(request, caller)
    return answer(_listed(services_of(request).shelf, kept), 201)


@get("/api/files")
async def list_files(request: AnyRequest) -> Answer:
    """List the newest files of an account."""
    account_id, limit = await for_caller(request, partial(_wanted, request))
    shelf = services_of(request).shelf
    found = await to_thread.run_sync(shelf.newest, account_id, limit)
    return answer(_listed(shelf, found))


@get("/api/files/{file_id:str}/{file_name:str}")
async def open_file(
    request: AnyRequest, file_id: FromPath[str], file_name: FromPath[str]
) -> ASGIResponse:
    """Open a file by its signed link, which needs no credentials."""
    return await lend_file(request, file_id, file_name)


def _wanted(request: AnyRequest, connection: Connection, caller: Caller) -> tuple[AccountId, int]:
    query = Query(request)
    limit = query.integer("limit", least=1, most=100, default=20)
    return chosen_account(query, connection, caller), limit


def _listed(shelf: Shelf, files: list[File]) -> FileList:
    return FileList(status="success", files=[_stored(shelf, file) for file in files])


def _stored(shelf: Shelf, file: File) -> StoredFile:
    return StoredFile(
        file_id=file.id,
        file_name=file.file_name,
        mime_type=file.mime_type,
        size_bytes=file.size_bytes,
        slug=file.slug,
        signed_url=shelf.link(file),
    )
