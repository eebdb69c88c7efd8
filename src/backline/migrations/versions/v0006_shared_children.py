"""Remember which runs wait for a run that another one triggered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take this step."""
    op.create_table(
        "shared_children",
        sa.Column("child_id", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="the parent's wait"),
        sa.ForeignKeyConstraint(
            ["child_id"], ["runs.id"], name="fk_shared_children_child_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["runs.id"], name="fk_shared_children_parent_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("child_id", "parent_id", "key", name="pk_shared_children"),
    )
    op.create_index("ix_shared_children_parent_id", "shared_children", ["parent_id"])
