"""Accounts: who the credentials speak for, and whom that account belongs to."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from litestar import get

from backline.accounts import Account, Caller, artists_of, may_see, organizations_of
from backline.api.answers import Answer, answer
from backline.api.auth import authenticate, for_caller, reach_of
from backline.api.query import Query
from backline.api.services import AnyRequest
from backline.db import Connection
from backline.errors import AccessDenied
from backline.ids import AccountId
from backline.wire.recoup import (
    AccountIdentity,
    ArtistEntry,
    ArtistList,
    OrganizationEntry,
    OrganizationList,
)


@get("/api/accounts/id")
async def get_account_id(request: AnyRequest) -> Answer:
    """Say which account the credentials speak for."""
    caller = await authenticate(request)
    return answer(AccountIdentity(status="success", account_id=caller.account_id))


@get("/api/organizations")
async def list_organizations(request: AnyRequest) -> Answer:
    """List the organizations that an account belongs to."""
    found = await for_caller(request, partial(_listed, request, organizations_of))
    return answer(
        OrganizationList(
            status="success",
            organizations=[
                OrganizationEntry(
                    id=one.id,
                    organization_id=one.id,
                    organization_name=one.name,
                    organization_image=None,
                )
                for one in found
            ],
        )
    )


@get("/api/artists")
async def list_artists(request: AnyRequest) -> Answer:
    """List the artists that an account owns."""
    found = await for_caller(request, partial(_listed, request, artists_of))
    entries = [ArtistEntry(account_id=one.id, id=one.id, name=one.name) for one in found]
    return answer(ArtistList(status="success", artists=entries))


def chosen_account(query: Query, connection: Connection, caller: Caller) -> AccountId:
    """Return the account of ``account_id``, or the caller's own.

    Raises ``AccessDenied`` for one out of reach, whether it exists or not.
    """
    account_id = query.account_id("account_id")
    if account_id is None or account_id == caller.account_id:
        return caller.account_id
    if not may_see(reach_of(connection, caller), account_id):
        raise AccessDenied("Access denied to specified account_id")
    return account_id


def _listed(
    request: AnyRequest,
    read: Callable[[Connection, AccountId], list[Account]],
    connection: Connection,
    caller: Caller,
) -> list[Account]:
    return read(connection, chosen_account(Query(request), connection, caller))
