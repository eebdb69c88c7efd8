"""Let a run wait for several things at once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take this step."""
    op.add_column(
        "waits", sa.Column("until", sa.BigInteger(), comment="when a wait for time is over")
    )
