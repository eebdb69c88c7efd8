"""What an operator does from a terminal: make accounts, organizations, artists and keys.

Each function is one transaction and returns plain values, ready to be printed.
"""

from __future__ import annotations

from typing import TypedDict

import msgspec

from backline import accounts
from backline.accounts import ApiKey
from backline.clock import TimestampMs
from backline.db import Connection, Database
from backline.errors import NotAuthenticated
from backline.ids import AccountId
from backline.settings import Settings

_DEV_ACCOUNT_NAME = "Developer"
_FIRST_KEY_NAME = "first key"


class AccountMade(TypedDict):
    """A new account with its first key, which is shown only now."""

    account_id: AccountId
    api_key: str


class DevCredentials(TypedDict):
    """What local clients need: an account's key, and the environment's secret key."""

    account_id: AccountId
    api_key: str
    secret_key: str


def create_account(
    database: Database, settings: Settings, name: str, email: str | None = None
) -> AccountMade:
    """Make a person's account with a key.

    Raises ``InvalidInput`` for an unusable name or address, ``Conflict`` when
    the address is taken.
    """
    with database.write() as connection:
        account = accounts.add_account(connection, kind="person", name=name, email=email)
        return _with_first_key(connection, settings, account.id)


def create_organization(database: Database, name: str, admin: AccountId) -> AccountId:
    """Found an organization with its first admin, and return its id.

    Raises ``NotFound`` for an unknown admin.
    """
    with database.write() as connection:
        return accounts.add_organization(connection, name=name, admin_id=admin).id


def add_member(
    database: Database, organization: AccountId, account: AccountId, role: str = "member"
) -> None:
    """Make a person a ``member`` or ``admin`` of an organization; twice is as good as once.

    Raises ``NotFound`` for unknown ids, ``InvalidInput`` for another role.
    """
    with database.write() as connection:
        accounts.set_member(connection, organization, account, role)


def create_artist(database: Database, name: str, account: AccountId) -> AccountId:
    """Sign a new artist to a person or an organization, and return the artist's id.

    Raises ``NotFound`` for an unknown owner.
    """
    with database.write() as connection:
        return accounts.add_artist(connection, name=name, owner_id=account).id


def link_login(database: Database, account: AccountId, issuer: str, subject: str) -> None:
    """Let a login of the token issuer act for an account, by the issuer's name for it.

    Raises ``NotFound`` for an unknown account, ``Conflict`` when the login is another's.
    """
    with database.write() as connection:
        accounts.add_identity(connection, account, issuer=issuer, subject=subject)


def create_key(
    database: Database,
    settings: Settings,
    account: AccountId,
    name: str,
    *,
    environment: str | None = None,
    expires_at: TimestampMs | None = None,
) -> tuple[str, ApiKey]:
    """Make one more key for an account; the key itself, the first value, is shown only now.

    With ``environment`` (``dev`` or ``prod``) it is an operator's secret key,
    which sees every run. Raises ``NotFound`` or ``InvalidInput``.
    """
    with database.write() as connection:
        return accounts.issue_key(
            connection,
            settings.secret,
            account,
            name=name,
            environment=environment,
            expires_at=expires_at,
        )


def list_keys(database: Database, account: AccountId) -> list[ApiKey]:
    """Return an account's keys, newest first, revoked ones included. Raises ``NotFound``."""
    with database.read() as connection:
        owner = accounts.require_account(connection, account)
        return accounts.keys_of(connection, owner.id)


def revoke_key(database: Database, key_id: str) -> ApiKey:
    """Close a key for good; twice is as good as once. Raises ``NotFound``."""
    with database.write() as connection:
        return accounts.revoke_key(connection, key_id)


def ensure_dev_account(database: Database, settings: Settings) -> DevCredentials:
    """Return working credentials of the data directory, making them the first time.

    They are read back from ``credentials.json``, since the database keeps only
    fingerprints; when the file is gone, or its keys no longer open this
    database, a new account is made. Writing the file is the caller's.
    """
    kept = _kept_credentials(settings)
    if kept and _are_good(database, settings, kept):
        return kept
    with database.write() as connection:
        account = accounts.add_account(connection, kind="person", name=_DEV_ACCOUNT_NAME)
        made = _with_first_key(connection, settings, account.id)
        secret_key, _ = accounts.issue_key(
            connection,
            settings.secret,
            account.id,
            name="secret key",
            environment=settings.environment,
        )
    return DevCredentials(**made, secret_key=secret_key)


def _with_first_key(
    connection: Connection, settings: Settings, account_id: AccountId
) -> AccountMade:
    key, _ = accounts.issue_key(connection, settings.secret, account_id, name=_FIRST_KEY_NAME)
    return AccountMade(account_id=account_id, api_key=key)


def _are_good(database: Database, settings: Settings, kept: DevCredentials) -> bool:
    gatekeeper = accounts.Gatekeeper(settings)
    try:
        person = gatekeeper.identify(database, kept["api_key"], None)
        operator = gatekeeper.identify(database, kept["secret_key"], None)
    except NotAuthenticated:
        return False
    return person.account_id == kept["account_id"] and operator.environment == settings.environment


def _kept_credentials(settings: Settings) -> DevCredentials | None:
    try:
        return msgspec.json.decode(settings.credentials_path.read_bytes(), type=DevCredentials)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
