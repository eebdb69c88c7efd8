"""The tables of sandboxes and their snapshots."""

from __future__ import annotations

import sqlalchemy as sa

from backline.db import metadata

sandboxes = sa.Table(
    "sandboxes",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("account_id", sa.Text, nullable=False, unique=True),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("snapshot_id", sa.Text, comment="the home as it now is"),
    sa.Column("lease_run_id", sa.Text, comment="the run that works in it"),
    sa.Column("lease_fence", sa.BigInteger, nullable=False),
    sa.Column("lease_expires_at", sa.BigInteger, nullable=False),
    sa.Column("repository_url", sa.Text),
)

snapshots = sa.Table(
    "sandbox_snapshots",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column(
        "sandbox_id", sa.Text, sa.ForeignKey("sandboxes.id", ondelete="CASCADE"), nullable=False
    ),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("blobs", sa.Text, nullable=False, comment="JSON: digests of what lies in storage"),
    sa.Column("home_bytes", sa.BigInteger, nullable=False),
    sa.Column("home_entries", sa.BigInteger, nullable=False),
    sa.Column("run_id", sa.Text),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("expires_at", sa.BigInteger, nullable=False),
    sa.Index("ix_sandbox_snapshots_sandbox_id_id", "sandbox_id", "id"),
)
