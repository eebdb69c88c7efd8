"""Tokens: make something that a run can wait for, and complete it."""

from __future__ import annotations

from functools import partial
from typing import Any

from anyio import to_thread
from litestar import get, post
from litestar.params import FromPath

from backline.accounts import Caller
from backline.api.answers import Answer, answer
from backline.api.auth import authenticate, for_caller
from backline.api.bodies import decode, read_json, require_visible
from backline.api.query import Query
from backline.api.recoup.accounts import chosen_account
from backline.api.recoup.one_run import is_storable, is_within_reach
from backline.api.recoup.options import read_delay
from backline.api.recoup.token_state import completed_output, token_state
from backline.api.recoup.trigger import named_account
from backline.api.services import AnyRequest, Services, services_of
from backline.api.token_links import callback_url, check_callback
from backline.db import Connection
from backline.errors import InvalidInput, NotFound
from backline.runs import waiting
from backline.sdk import check_tags
from backline.wire.tokens import (
    Completion,
    NewToken,
    TokenAnswer,
    TokenCompleted,
    TokenCreated,
    TokenList,
)

NOT_FOUND = "Token not found"
MAX_OUTPUT_BYTES = 512 * 1024
"""As much as a token can be completed with."""
MAX_ORDER_BYTES = 64 * 1024


@post("/api/tokens", request_max_body_size=MAX_ORDER_BYTES)
async def create_token(request: AnyRequest) -> Answer:
    """Make a token: 201, its id, and the URL that completes it."""
    caller = await authenticate(request)
    order = await read_json(request, NewToken)
    return answer(await to_thread.run_sync(_create, services_of(request), caller, order), 201)


@get("/api/tokens")
async def list_tokens(request: AnyRequest) -> Answer:
    """List the newest tokens of an account."""
    found = await for_caller(request, partial(_listed, request))
    settings = services_of(request).settings
    return answer(
        TokenList(status="success", tokens=[token_state(settings, token) for token in found])
    )


@get("/api/tokens/{token_id:str}")
async def get_token(request: AnyRequest, token_id: FromPath[str]) -> Answer:
    """Show a token with what it was completed with."""
    token = await for_caller(request, partial(_required, token_id))
    state = token_state(services_of(request).settings, token, output=completed_output(token))
    return answer(TokenAnswer(status="success", token=state))


@post("/api/tokens/{token_id:str}/complete", request_max_body_size=MAX_OUTPUT_BYTES)
async def complete_token(request: AnyRequest, token_id: FromPath[str]) -> Answer:
    """Complete a token; the first completion counts."""
    await for_caller(request, partial(_required, token_id))
    completion = await read_json(request, Completion)
    return await _complete(services_of(request), token_id, completion.data)


@post("/api/tokens/{token_id:str}/callback", request_max_body_size=MAX_OUTPUT_BYTES)
async def call_token_back(request: AnyRequest, token_id: FromPath[str]) -> Answer:
    """Complete a token by its signed URL, which needs no credentials; the JSON body is the answer."""
    services = services_of(request)
    check_callback(services.settings, token_id, request.query_params.get("signature"))
    body = await request.body()
    return await _complete(services, token_id, decode(body, object) if body else None)


async def _complete(services: Services, token_id: str, output: Any) -> Answer:
    try:
        await to_thread.run_sync(services.dispatch.complete_token, token_id, output)
    except NotFound:
        raise NotFound(NOT_FOUND) from None
    except RecursionError:
        raise InvalidInput("The body is nested too deeply") from None
    return answer(TokenCompleted(status="success"))


def _create(services: Services, caller: Caller, order: NewToken) -> TokenCreated:
    account_id = named_account(services, caller, order.account_id)
    timeout_at = None if order.timeout is None else read_delay(order.timeout, "timeout")
    tags = [require_visible(tag, "tags") for tag in check_tags(order.tags)]
    key = order.idempotency_key
    # Exclusive: two calls with one key must not both find that nobody holds it.
    with services.database.exclusive() as connection:
        token = waiting.open_token(
            connection,
            account_id,
            timeout_at=timeout_at,
            idempotency_key=None if key is None else require_visible(key, "idempotencyKey"),
            tags=tags,
        )
    return TokenCreated(
        status="success", id=token.id, url=callback_url(services.settings, token.id)
    )


def _listed(request: AnyRequest, connection: Connection, caller: Caller) -> list[waiting.Token]:
    query = Query(request)
    limit = query.integer("limit", least=1, most=100, default=20)
    return waiting.tokens_of(connection, chosen_account(query, connection, caller), limit)


def _required(token_id: str, connection: Connection, caller: Caller) -> waiting.Token:
    """Return a token. One out of reach is refused just as one that does not exist."""
    token = waiting.find_token(connection, token_id) if is_storable(token_id) else None
    owner_id = None if token is None else token.account_id
    if not is_within_reach(connection, caller, owner_id) or token is None:
        raise NotFound(NOT_FOUND)
    return token
