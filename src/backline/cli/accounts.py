"""Accounts: who may call backline."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from backline.cli.database import open_database
from backline.cli.options import Data, Json
from backline.cli.render import show, show_json

app = App(name="accounts", help="Make accounts for people.")


@app.command
def create(
    name: Annotated[str, Parameter(help="What to call the person.")],
    /,
    *,
    email: Annotated[
        str | None, Parameter(help="Address by which a login finds the account.")
    ] = None,
    json: Json = False,
    data: Data = None,
) -> None:
    """Make a person's account and its first API key, which is shown only now."""
    from backline import administration

    with open_database(data) as (database, settings):
        made = administration.create_account(database, settings, name, email)
    if json:
        show_json(made)
    else:
        show(f"account {made['account_id']}\nAPI key {made['api_key']}  (not shown again)")
