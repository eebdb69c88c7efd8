"""Remember which delayed run the triggers of a debounce key push back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take this step."""
    op.create_table(
        "debounces",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("task_identifier", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("latest_at", sa.BigInteger(), comment="it is not pushed back beyond"),
        sa.ForeignKeyConstraint(
            ["run_id"], ["runs.id"], name="fk_debounces_run_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "task_identifier", "key", name="pk_debounces"),
    )
    op.create_index("ix_debounces_run_id", "debounces", ["run_id"])
