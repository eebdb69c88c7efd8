"""Create the sandboxes and their snapshots."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take this step."""
    op.create_table(
        "sandboxes",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("snapshot_id", sa.Text(), comment="the home as it now is"),
        sa.Column("lease_run_id", sa.Text(), comment="the run that works in it"),
        sa.Column("lease_fence", sa.BigInteger(), nullable=False),
        sa.Column("lease_expires_at", sa.BigInteger(), nullable=False),
        sa.Column("repository_url", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_sandboxes"),
        sa.UniqueConstraint("account_id", name="uq_sandboxes_account_id"),
    )
    op.create_table(
        "sandbox_snapshots",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("sandbox_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column(
            "blobs", sa.Text(), nullable=False, comment="JSON: digests of what lies in storage"
        ),
        sa.Column("home_bytes", sa.BigInteger(), nullable=False),
        sa.Column("home_entries", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.Text()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["sandbox_id"],
            ["sandboxes.id"],
            name="fk_sandbox_snapshots_sandbox_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_sandbox_snapshots"),
    )
    op.create_index("ix_sandbox_snapshots_sandbox_id_id", "sandbox_snapshots", ["sandbox_id", "id"])
