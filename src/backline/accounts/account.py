"""An account is whoever can own runs: a person, an artist or an organization.

All three share one id space of UUIDs, so a run, a file or a key needs to know
only the id of its owner, never the kind.
"""

from __future__ import annotations

from typing import Literal

import msgspec
import sqlalchemy as sa

from backline.accounts.tables import accounts
from backline.clock import TimestampMs, now_ms
from backline.db import Connection, insert_ignoring
from backline.errors import Conflict, InvalidInput, NotFound
from backline.ids import AccountId, canonical_uuid, new_account_id

AccountKind = Literal["person", "artist", "organization"]

MAX_NAME_CHARACTERS = 200
MAX_EMAIL_CHARACTERS = 254
"""The longest address that SMTP can carry (RFC 5321, erratum 1690)."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """Someone who can own runs."""

    id: AccountId
    kind: AccountKind
    name: str
    email: str | None
    """Lower-case; persons only."""
    created_at: TimestampMs


def add_account(
    connection: Connection, *, kind: AccountKind, name: str, email: str | None = None
) -> Account:
    """Write a new account.

    Raises ``InvalidInput`` for an unusable name or e-mail address, ``Conflict``
    when the address already belongs to an account.
    """
    account = Account(
        id=new_account_id(),
        kind=kind,
        name=clean_name(name),
        email=None if email is None else clean_email(email),
        created_at=now_ms(),
    )
    if not insert_ignoring(connection, accounts, **msgspec.structs.asdict(account)):
        raise Conflict(f"An account with the e-mail address {account.email!r} exists already")
    return account


def find_account(connection: Connection, account_id: str) -> Account | None:
    """Return the account, or None for an id that is unknown or no UUID."""
    canonical = canonical_uuid(account_id)
    row = connection.execute(sa.select(accounts).where(accounts.c.id == canonical)).one_or_none()
    return None if row is None else Account(**row._mapping)


def require_account(
    connection: Connection, account_id: str, *kinds: AccountKind, field: str = "account"
) -> Account:
    """Return the account of one of ``kinds`` (any, if none is named).

    Raises ``NotFound`` for an unknown id, ``InvalidInput`` naming ``field`` for
    an account of another kind.
    """
    account = find_account(connection, account_id)
    if account is None:
        raise NotFound(
            f"There is no account {account_id!r}; ids are UUIDs, as `create` prints them"
        )
    if kinds and account.kind not in kinds:
        wanted = " or ".join(kinds)
        raise InvalidInput(
            f"{account.id} ({account.name}) is of kind {account.kind}; give one of kind {wanted}",
            field,
        )
    return account


def clean_name(name: str, field: str = "name") -> str:
    """Trim a name and make its white space single blanks.

    Raises ``InvalidInput`` when nothing is left, when it is longer than 200
    characters, or when it holds control characters.
    """
    cleaned = " ".join(name.split())
    if not cleaned:
        raise InvalidInput(f"{field} is empty: give at least one visible character", field)
    if len(cleaned) > MAX_NAME_CHARACTERS:
        raise InvalidInput(
            f"{field} has {len(cleaned)} characters; {MAX_NAME_CHARACTERS} are the most", field
        )
    if not all(character.isprintable() for character in cleaned):
        raise InvalidInput(f"{field} {cleaned!r} holds invisible characters: remove them", field)
    return cleaned


def clean_email(email: str) -> str:
    """Trim an e-mail address and write it in lower case.

    Raises ``InvalidInput`` for what can not be one. Only the shape is judged;
    whether mail arrives is for the issuer of a login to verify.
    """
    cleaned = email.strip().lower()
    local, at, domain = cleaned.rpartition("@")
    if not (at and local and "." in domain.strip(".")) or any(c.isspace() for c in cleaned):
        raise InvalidInput(f"{email!r} is no e-mail address such as ann@example.com", "email")
    if len(cleaned) > MAX_EMAIL_CHARACTERS:
        raise InvalidInput(
            f"An e-mail address has at most {MAX_EMAIL_CHARACTERS} characters", "email"
        )
    return cleaned
