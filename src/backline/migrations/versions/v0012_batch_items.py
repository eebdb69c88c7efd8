"""Remember which run answers each item of a batch, also where an older run does."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take this step: batches of before get the runs that carry their id, in order."""
    op.create_table(
        "batch_items",
        sa.Column("batch_id", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False, comment="from 0, as the items came"),
        sa.Column("run_id", sa.Text(), nullable=False, comment="may be forgotten before its batch"),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["batches.id"], name="fk_batch_items_batch_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("batch_id", "place", name="pk_batch_items"),
    )
    op.execute(
        "INSERT INTO batch_items (batch_id, place, run_id) "
        "SELECT batch_id, row_number() OVER (PARTITION BY batch_id ORDER BY id) - 1, id "
        "FROM runs WHERE batch_id IN (SELECT id FROM batches)"
    )
