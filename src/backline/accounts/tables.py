"""The tables of who exists, who belongs where, and which keys open the door."""

from __future__ import annotations

import sqlalchemy as sa

from backline.db import metadata

accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("email", sa.Text, unique=True, comment="lower-case"),
    sa.Column("created_at", sa.BigInteger, nullable=False),
)


def _account_reference() -> sa.ForeignKey:
    return sa.ForeignKey("accounts.id", ondelete="CASCADE")


memberships = sa.Table(
    "memberships",
    metadata,
    sa.Column("organization_id", sa.Text, _account_reference(), primary_key=True),
    sa.Column("account_id", sa.Text, _account_reference(), primary_key=True),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Index("ix_memberships_account_id", "account_id"),
)

artist_owners = sa.Table(
    "artist_owners",
    metadata,
    sa.Column("owner_id", sa.Text, _account_reference(), primary_key=True),
    sa.Column("artist_id", sa.Text, _account_reference(), primary_key=True),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Index("ix_artist_owners_artist_id", "artist_id"),
)

identities = sa.Table(
    "identities",
    metadata,
    sa.Column("issuer", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("account_id", sa.Text, _account_reference(), nullable=False),
    sa.Index("ix_identities_account_id", "account_id"),
)

api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("account_id", sa.Text, _account_reference(), nullable=False),
    sa.Column("environment", sa.Text, comment="set on an operator's secret key only"),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("prefix", sa.Text, nullable=False, comment="the key's first characters"),
    sa.Column("key_hash", sa.Text, nullable=False, unique=True),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("last_used_at", sa.BigInteger),
    sa.Column("expires_at", sa.BigInteger),
    sa.Column("revoked_at", sa.BigInteger),
    sa.Index("ix_api_keys_account_id", "account_id"),
)
