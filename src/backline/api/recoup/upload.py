"""Take files in: streamed to the shelf as they arrive, all of a form or none."""

from __future__ import annotations

from anyio import CancelScope, to_thread

from backline.accounts import Caller, may_work_for
from backline.api.auth import reach_of
from backline.api.multipart import Part, parts_of
from backline.api.query import Query, read_account_id
from backline.api.services import AnyRequest, Services, services_of
from backline.errors import AccessDenied, InvalidInput
from backline.files import File
from backline.ids import AccountId


async def receive_files(request: AnyRequest, caller: Caller) -> list[File]:
    """Keep the files of a form, in its order; when one is refused, none is kept.

    ``account_id``, in the query or as a field before the first file, says whose
    they are. Raises ``InvalidInput``, ``TooLarge``, ``UnsupportedType`` for the
    files, ``AccessDenied`` for the account.
    """
    services = services_of(request)
    owner_id = await _owner(services, caller, Query(request).text("account_id"))
    kept: list[File] = []
    try:
        async for part in parts_of(request):
            if part.file_name:
                kept.append(await _receive(services, owner_id, part))
            elif part.name == "account_id":
                _refuse_late(kept)
                owner_id = await _owner(services, caller, await part.text())
    except BaseException:
        with CancelScope(shield=True):
            await to_thread.run_sync(_forget, services, kept)
        raise
    if not kept:
        raise InvalidInput("There is no file in the form: send it in a part named file", "file")
    return kept


async def _receive(services: Services, owner_id: AccountId, part: Part) -> File:
    with services.shelf.receive(owner_id, part.file_name or "") as upload:
        async for chunk in part.chunks():
            upload.write(chunk)
        return await to_thread.run_sync(upload.keep)


async def _owner(services: Services, caller: Caller, text: str | None) -> AccountId:
    if text is None:
        return caller.account_id
    account_id = read_account_id(text, "account_id")
    if not await to_thread.run_sync(_may_upload, services, caller, account_id):
        raise AccessDenied("Access denied to specified account_id")
    return account_id


def _may_upload(services: Services, caller: Caller, account_id: AccountId) -> bool:
    with services.database.read() as connection:
        return may_work_for(reach_of(connection, caller), account_id)


def _refuse_late(kept: list[File]) -> None:
    if kept:
        raise InvalidInput("account_id must come before the files of the form", "account_id")


def _forget(services: Services, kept: list[File]) -> None:
    for file in kept:
        services.shelf.remove(file)
