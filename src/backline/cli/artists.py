"""Artists: accounts that belong to a person or an organization."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from backline.cli.database import open_database
from backline.cli.options import Data, Json
from backline.cli.render import show, show_json

app = App(name="artists", help="Make artists and say whose they are.")


@app.command
def create(
    name: Annotated[str, Parameter(help="The artist's name.")],
    /,
    *,
    account: Annotated[
        str, Parameter(help="Id of the person or organization that the artist belongs to.")
    ],
    json: Json = False,
    data: Data = None,
) -> None:
    """Make an artist, and say whose it is."""
    from backline import administration

    with open_database(data) as (database, _):
        artist_id = administration.create_artist(database, name, account)
    if json:
        show_json({"artist_account_id": artist_id})
    else:
        show(f"artist {artist_id}")
