"""An artist is an account that others work for: a person's, an organization's, or both."""

from __future__ import annotations

import sqlalchemy as sa

from backline.accounts.account import Account, add_account, require_account
from backline.accounts.tables import accounts, artist_owners
from backline.clock import now_ms
from backline.db import Connection, insert_ignoring
from backline.ids import AccountId


def add_artist(connection: Connection, *, name: str, owner_id: AccountId) -> Account:
    """Sign a new artist to a person or an organization.

    Raises ``NotFound`` when the owner does not exist, ``InvalidInput`` when it
    is itself an artist.
    """
    owner = require_account(connection, owner_id, "person", "organization", field="account")
    artist = add_account(connection, kind="artist", name=name)
    own_artist(connection, owner.id, artist.id)
    return artist


def own_artist(connection: Connection, owner_id: AccountId, artist_id: AccountId) -> None:
    """Let one more account own an artist; saying it again changes nothing.

    Raises ``NotFound`` for unknown ids, ``InvalidInput`` for accounts of other kinds.
    """
    owner = require_account(connection, owner_id, "person", "organization", field="account")
    artist = require_account(connection, artist_id, "artist", field="artist")
    insert_ignoring(
        connection, artist_owners, owner_id=owner.id, artist_id=artist.id, created_at=now_ms()
    )


def artists_of(connection: Connection, owner_id: AccountId) -> list[Account]:
    """Return the artists that an account owns, the first signed first."""
    statement = (
        sa.select(accounts)
        .join(artist_owners, artist_owners.c.artist_id == accounts.c.id)
        .where(artist_owners.c.owner_id == owner_id)
        .order_by(artist_owners.c.created_at, accounts.c.id)
    )
    return [Account(**row._mapping) for row in connection.execute(statement)]
