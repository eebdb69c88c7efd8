"""Find runs by their end, and files by the run that made them, so that both can go in time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take this step."""
    has_ended = sa.text("finished_at IS NOT NULL")
    op.create_index(
        "ix_runs_finished_at",
        "runs",
        ["finished_at"],
        sqlite_where=has_ended,
        postgresql_where=has_ended,
    )
    op.add_column("files", sa.Column("run_id", sa.Text(), comment="the run that made it"))
    op.create_index("ix_files_run_id", "files", ["run_id"])
