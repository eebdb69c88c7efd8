"""Tell schedules that a task's code declares from those that callers made."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take this step."""
    op.add_column(
        "run_schedules",
        sa.Column(
            "is_declared",
            sa.Boolean(),
            nullable=False,
            server_default=sa.false(),
            comment="in the code of its task",
        ),
    )
    op.create_index("ix_run_schedules_account_id_id", "run_schedules", ["account_id", "id"])
