"""Keep how much each line of a run's log matters."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take this step."""
    op.add_column(
        "run_logs",
        sa.Column(
            "level",
            sa.Text(),
            nullable=False,
            server_default="info",
            comment="debug, info, warn, error",
        ),
    )
