"""Tokens: make something that a run can wait for, and complete it."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter, validators

from backline.cli.options import Data, Json, Payload
from backline.cli.reach import open_client
from backline.cli.render import show, show_json, show_table

app = App(name="tokens", help="Make what a run can wait for, and complete it.")


@app.command
def create(
    *,
    timeout: Annotated[
        str | None, Parameter(help="How long it may be waited for, such as 2d. Default: for ever.")
    ] = None,
    tag: Annotated[
        tuple[str, ...],
        Parameter(help="A tag; may be given up to 10 times.", negative="", show_default=False),
    ] = (),
    idempotency_key: Annotated[
        str | None, Parameter(help="The same key again gives the same token.")
    ] = None,
    json: Json = False,
    data: Data = None,
) -> None:
    """Make a token; whoever has its URL can complete it."""
    from backline.wire.tokens import NewToken

    order = NewToken(timeout=timeout, tags=list(tag), idempotency_key=idempotency_key)
    with open_client(data) as client:
        created = client.tokens.create(order)
    show_json(created) if json else show(f"{created.id}\n{created.url}")


@app.command
def complete(
    token: Annotated[str, Parameter(help="Id of the token: waitpoint_ and 26 characters.")],
    /,
    *,
    payload: Payload = None,
    json: Json = False,
    data: Data = None,
) -> None:
    """Complete a token; the first completion counts."""
    with open_client(data) as client:
        client.tokens.complete(token, payload)
        state = client.tokens.get(token)
    show_json(state) if json else show(f"token {state.id} is {state.status}")


@app.command(name="list")
def list_(
    *,
    limit: Annotated[
        int, Parameter(help="How many.", validator=validators.Number(gte=1, lte=100))
    ] = 20,
    json: Json = False,
    data: Data = None,
) -> None:
    """List your tokens, newest first."""
    with open_client(data) as client:
        tokens = client.tokens.newest(limit=limit)
    if json:
        show_json(tokens)
        return
    rows = [(token.id, token.status, token.created_at, token.timeout_at or "-") for token in tokens]
    show_table(("token", "status", "made", "until"), rows)
