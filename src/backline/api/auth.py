"""Who is calling: credentials are judged before anything else of a request is looked at.

Work for a caller is a plain function of a database connection and the caller;
it shares its connection with the look-up of the credentials. On an embedded
database such reads take microseconds and are done on the spot. Where they
would wait, for a database across a network or for a token issuer's keys, they
are done in a thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from anyio import to_thread

from backline.accounts import (
    OPERATOR_REACH,
    Caller,
    Reach,
    load_reach,
    looks_like_key,
)
from backline.api.services import AnyRequest, Services, services_of
from backline.db import Connection

T = TypeVar("T")


async def for_caller(request: AnyRequest, work: Callable[[Connection, Caller], T]) -> T:
    """Judge the credentials, then read for the caller. Raises ``NotAuthenticated``."""
    services = services_of(request)
    x_api_key, authorization = _credentials(request)
    if services.database.is_embedded and not _is_login(authorization):
        return _perform(services, x_api_key, authorization, work)
    return await to_thread.run_sync(_perform, services, x_api_key, authorization, work)


async def authenticate(request: AnyRequest) -> Caller:
    """Judge the credentials alone. Raises ``NotAuthenticated``."""
    return await for_caller(request, lambda _, caller: caller)


def reach_of(connection: Connection, caller: Caller) -> Reach:
    """Return how far a caller may see."""
    if caller.is_operator:
        return OPERATOR_REACH
    return load_reach(connection, caller.account_id)


def _perform(
    services: Services,
    x_api_key: str | None,
    authorization: str | None,
    work: Callable[[Connection, Caller], T],
) -> T:
    credential = services.gatekeeper.examine(x_api_key, authorization)
    with services.database.read() as connection:
        caller = services.gatekeeper.admit(connection, credential)
        services.key_use.note(caller)
        return work(connection, caller)


def _credentials(request: AnyRequest) -> tuple[str | None, str | None]:
    """Return the two header values; one that is sent twice is joined, and so is no good key."""
    found: dict[bytes, str] = {}
    for name, raw in request.scope["headers"]:
        if name in (b"x-api-key", b"authorization"):
            value = raw.decode("latin-1")
            found[name] = f"{found[name]}, {value}" if name in found else value
    return found.get(b"x-api-key"), found.get(b"authorization")


def _is_login(authorization: str | None) -> bool:
    """Tell whether judging this header may need a look at the issuer's keys."""
    return authorization is not None and not looks_like_key(authorization.rpartition(" ")[2])
