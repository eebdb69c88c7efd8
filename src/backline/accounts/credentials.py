"""Who is calling? Two header values go in, an account comes out, or a refusal.

A caller sends exactly one of ``x-api-key: <key>`` and ``Authorization: Bearer
<token>``. A bearer that looks like a key is judged as one, anything else as a
login token. Whatever is wrong with a credential, the answer is the same text,
so that guessing teaches nothing.
"""

from __future__ import annotations

import msgspec

from backline.accounts.api_key import find_key_holder, is_touch_due, looks_like_key
from backline.accounts.identity import find_login_account
from backline.accounts.token import Login, TokenJudge
from backline.db import Connection, Database
from backline.errors import NotAuthenticated
from backline.ids import AccountId
from backline.settings import Settings

EXACTLY_ONE = "Exactly one of x-api-key and Authorization: Bearer must be given"
NOT_A_BEARER = "The Authorization header must be of the form: Bearer <token>"
UNKNOWN = "The credential is unknown, expired or revoked"


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Whoever sent a request."""

    account_id: AccountId
    kind: str
    """``person``, ``artist`` or ``organization``."""
    is_operator: bool = False
    """Sees everything; true for the secret key of an environment."""
    environment: str | None = None
    """The environment of a secret key; None for everyone else."""
    key_id: str | None = None
    """The key that was used; None for a login token."""
    is_touch_due: bool = False
    """Whether ``touch_key`` should be called for ``key_id``, after the answer is sent."""


class Gatekeeper:
    """Judges credentials. One per process: it keeps the issuer's public keys."""

    def __init__(self, settings: Settings) -> None:
        self._secret = settings.secret
        self._tokens = TokenJudge(
            issuer=settings.jwt_issuer,
            audience=settings.jwt_audience,
            key_set=settings.jwt_jwks,
        )

    def examine(self, x_api_key: str | None, authorization: str | None) -> str | Login:
        """Return the key that was sent, or the login that a good token stands for.

        Needs no database, but may ask the issuer for its keys. Raises
        ``NotAuthenticated``.
        """
        bearer = _bearer_token(authorization)
        key = (x_api_key or "").strip()
        if bool(key) == bool(bearer):
            raise NotAuthenticated(EXACTLY_ONE)
        if key or looks_like_key(bearer):
            return key or bearer
        login = self._tokens.judge(bearer)
        if login is None:
            raise NotAuthenticated(UNKNOWN)
        return login

    def admit(self, connection: Connection, credential: str | Login) -> Caller:
        """Return who an examined credential belongs to: one indexed statement.

        Raises ``NotAuthenticated``.
        """
        if isinstance(credential, Login):
            caller = _caller_by_login(connection, credential)
        else:
            caller = _caller_by_key(connection, self._secret, credential)
        if caller is None:
            raise NotAuthenticated(UNKNOWN)
        return caller

    def identify(
        self, database: Database, x_api_key: str | None, authorization: str | None
    ) -> Caller:
        """Examine and admit in one go. Raises ``NotAuthenticated``."""
        credential = self.examine(x_api_key, authorization)
        with database.read() as connection:
            return self.admit(connection, credential)


def _bearer_token(authorization: str | None) -> str:
    header = (authorization or "").strip()
    if not header:
        return ""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer":
        raise NotAuthenticated(NOT_A_BEARER)
    return token.strip()


def _caller_by_key(connection: Connection, secret: bytes, key: str) -> Caller | None:
    holder = find_key_holder(connection, secret, key)
    if holder is None:
        return None
    return Caller(
        account_id=holder.account_id,
        kind=holder.kind,
        is_operator=holder.environment is not None,
        environment=holder.environment,
        key_id=holder.key_id,
        is_touch_due=is_touch_due(holder.last_used_at),
    )


def _caller_by_login(connection: Connection, login: Login) -> Caller | None:
    account = find_login_account(connection, login)
    return None if account is None else Caller(account_id=account.id, kind=account.kind)
