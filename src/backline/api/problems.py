"""From an error to an HTTP answer, in one place, for every endpoint.

What the caller did wrong is said with the field and the next step. What we did
wrong is logged under a short id, and the caller is told that id and no more.
"""

from __future__ import annotations

import logging
import secrets

import msgspec
from litestar import Response
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap
from msgspec import UNSET

from backline.api.manners import asked_method
from backline.api.services import AnyRequest
from backline.db import AWAY, reason_of
from backline.errors import InvalidInput, NotAuthenticated, UsageError
from backline.wire.recoup import Problem

log = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 2


def refuse(_: AnyRequest, refusal: UsageError) -> Response[bytes]:
    """Answer an error of the caller."""
    field = refusal.field if isinstance(refusal, InvalidInput) else None
    headers = {"WWW-Authenticate": "Bearer"} if isinstance(refusal, NotAuthenticated) else None
    return _problem(refusal.status, str(refusal), field, headers)


def refuse_protocol(request: AnyRequest, refusal: HTTPException) -> Response[bytes]:
    """Answer what does not reach an endpoint: an unknown path, a wrong method, a large body."""
    path = request.scope["path"]
    match refusal.status_code:
        case 404:
            text = f"There is nothing at {path}: /openapi.json lists what there is"
        case 405:
            return _wrong_method(path, asked_method(request.scope), refusal)
        case 413:
            text = "The body is larger than what is taken here: send less, or upload a file"
        case status if status < 500:
            text = refusal.detail
        case _:
            return fail(request, refusal)
    return _problem(refusal.status_code, text)


def fail(_: AnyRequest, failure: Exception) -> Response[bytes]:
    """Answer an error of ours, whose inside is for the log alone."""
    error_id = secrets.token_hex(4)
    log.error("error %s while answering a request", error_id, exc_info=failure)
    return _problem(500, f"Something went wrong here, not with your request (error {error_id})")


def excuse(_: AnyRequest, trouble: Exception) -> Response[bytes]:
    """Answer while the database is away, which passes by itself."""
    log.warning("the database does not answer: %s", reason_of(trouble))
    text = "The database does not answer just now: ask again in a moment"
    return _problem(503, text, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})


HANDLERS: ExceptionHandlersMap = {
    **dict.fromkeys(AWAY, excuse),
    UsageError: refuse,
    HTTPException: refuse_protocol,
    Exception: fail,
}


def _wrong_method(path: str, method: str, refusal: HTTPException) -> Response[bytes]:
    methods = set((refusal.headers or {}).get("allow", "").split(", "))
    if "GET" in methods:
        methods.add("HEAD")
    allow = ", ".join(sorted(methods))
    return _problem(405, f"{path} does not know {method}; use {allow}", headers={"Allow": allow})


def _problem(
    status: int, text: str, field: str | None = None, headers: dict[str, str] | None = None
) -> Response[bytes]:
    body = Problem(status="error", error=text, field=UNSET if field is None else field)
    return Response(
        msgspec.json.encode(body),
        status_code=status,
        headers=headers,
        media_type="application/json",
    )
