"""An API key lets a program act for an account; we keep only its fingerprint.

A key is shown once, when it is made. What is stored is the HMAC-SHA256 of the
whole key under the server secret, so a stolen table opens nothing, and a key
is found by one look into a unique index. Two kinds::

    bl_sk_<43 characters>    acts for one account (32 random bytes, base64url)
    tr_dev_<24 characters>   an operator's secret key of the environment "dev"
    tr_prod_<24 characters>  the same of "prod"; sees every run
"""

from __future__ import annotations

import hmac
import secrets
import string
from typing import Literal, get_args

import msgspec
import sqlalchemy as sa

from backline.accounts.account import clean_name, require_account
from backline.accounts.tables import accounts, api_keys
from backline.clock import TimestampMs, now_ms
from backline.db import Connection, Prepared
from backline.errors import InvalidInput, NotFound
from backline.ids import AccountId, new_id

Environment = Literal["dev", "prod"]

KEY_PREFIX = "bl_sk_"
SECRET_KEY_PREFIXES = ("tr_dev_", "tr_prod_")

_ALPHANUMERIC = string.ascii_letters + string.digits
_SHOWN_CHARACTERS = 6
"""So much of the random part is kept readable: 36 of 256 bits, to tell keys apart in a list."""
_USE_INTERVAL_MS = 60_000


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """What may be shown of a key after it was made."""

    id: str
    account_id: AccountId
    environment: Environment | None
    """Set on an operator's secret key, None on a key that acts for its account."""
    name: str
    prefix: str
    created_at: TimestampMs
    last_used_at: TimestampMs | None
    """At most a minute behind."""
    expires_at: TimestampMs | None
    revoked_at: TimestampMs | None


class KeyHolder(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a good key speaks for."""

    key_id: str
    account_id: AccountId
    kind: str
    environment: str | None
    last_used_at: TimestampMs | None


_SHOWN = [api_keys.c[field] for field in ApiKey.__struct_fields__]

_FIND_HOLDER = Prepared(
    sa.select(
        api_keys.c.id,
        api_keys.c.account_id,
        accounts.c.kind,
        api_keys.c.environment,
        api_keys.c.last_used_at,
        api_keys.c.expires_at,
        api_keys.c.revoked_at,
    )
    .join(accounts, accounts.c.id == api_keys.c.account_id)
    .where(api_keys.c.key_hash == sa.bindparam("key_hash"))
)


def looks_like_key(text: str) -> bool:
    """Tell whether a bearer token is to be judged as a key."""
    return text.startswith((KEY_PREFIX, *SECRET_KEY_PREFIXES))


def hash_key(secret: bytes, key: str) -> str:
    """Return the hexadecimal HMAC-SHA256 of the whole key under the server secret."""
    return hmac.digest(secret, key.encode("utf-8", "surrogateescape"), "sha256").hex()


def issue_key(
    connection: Connection,
    secret: bytes,
    account_id: AccountId,
    *,
    name: str,
    environment: str | None = None,
    expires_at: TimestampMs | None = None,
) -> tuple[str, ApiKey]:
    """Make a key for an account; the first value is the key itself, seen only here.

    With ``environment`` it is an operator's secret key. Raises ``NotFound`` for
    an unknown account, ``InvalidInput`` for a name, environment or expiry that
    can not be.
    """
    account = require_account(connection, account_id)
    now = now_ms()
    if expires_at is not None and expires_at <= now:
        raise InvalidInput(
            "expires_at lies in the past: give a later moment, or none", "expires_at"
        )
    text = _draw_key(environment)
    key = ApiKey(
        id=new_id("key"),
        account_id=account.id,
        environment=environment,  # type: ignore[arg-type]
        name=clean_name(name),
        prefix=_shown_part(text),
        created_at=now,
        last_used_at=None,
        expires_at=expires_at,
        revoked_at=None,
    )
    values = msgspec.structs.asdict(key) | {"key_hash": hash_key(secret, text)}
    connection.execute(sa.insert(api_keys).values(values))
    return text, key


def find_key_holder(connection: Connection, secret: bytes, key: str) -> KeyHolder | None:
    """Return whom the key speaks for, or None if it is unknown, expired or revoked."""
    found = _FIND_HOLDER.rows(connection, key_hash=hash_key(secret, key))
    if not found:
        return None
    key_id, account_id, kind, environment, last_used_at, expires_at, revoked_at = found[0]
    if revoked_at is not None or (expires_at is not None and expires_at <= now_ms()):
        return None
    return KeyHolder(
        key_id=key_id,
        account_id=account_id,
        kind=kind,
        environment=environment,
        last_used_at=last_used_at,
    )


def keys_of(connection: Connection, account_id: AccountId) -> list[ApiKey]:
    """Return an account's keys, revoked ones too, newest first; never the keys themselves."""
    statement = sa.select(*_SHOWN).where(api_keys.c.account_id == account_id)
    rows = connection.execute(statement.order_by(api_keys.c.id.desc()))
    return [ApiKey(**row._mapping) for row in rows]


def revoke_key(connection: Connection, key_id: str) -> ApiKey:
    """Close a key for good, from the next request on; saying it again changes nothing.

    Raises ``NotFound`` for an unknown id.
    """
    connection.execute(
        sa.update(api_keys)
        .where(api_keys.c.id == key_id, api_keys.c.revoked_at.is_(None))
        .values(revoked_at=now_ms())
    )
    row = connection.execute(sa.select(*_SHOWN).where(api_keys.c.id == key_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no key {key_id!r}: `backline keys list` shows the ids")
    return ApiKey(**row._mapping)


def touch_key(connection: Connection, key_id: str) -> None:
    """Note that a key was used just now; within a minute of the last note, nothing is written."""
    now = now_ms()
    unused_lately = sa.or_(
        api_keys.c.last_used_at.is_(None), api_keys.c.last_used_at <= now - _USE_INTERVAL_MS
    )
    connection.execute(
        sa.update(api_keys).where(api_keys.c.id == key_id, unused_lately).values(last_used_at=now)
    )


def is_touch_due(last_used_at: TimestampMs | None) -> bool:
    """Tell whether ``touch_key`` would write: the key's last note is a minute old."""
    return last_used_at is None or last_used_at <= now_ms() - _USE_INTERVAL_MS


def _draw_key(environment: str | None) -> str:
    if environment is None:
        return KEY_PREFIX + secrets.token_urlsafe(32)
    if environment not in get_args(Environment):
        raise InvalidInput(f"{environment!r} is no environment: use dev or prod", "environment")
    return f"tr_{environment}_" + "".join(secrets.choice(_ALPHANUMERIC) for _ in range(24))


def _shown_part(key: str) -> str:
    prefix = next(p for p in (KEY_PREFIX, *SECRET_KEY_PREFIXES) if key.startswith(p))
    return key[: len(prefix) + _SHOWN_CHARACTERS]
