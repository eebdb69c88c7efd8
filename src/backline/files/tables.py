"""The table of files: what was uploaded, and what runs made."""

from __future__ import annotations

import sqlalchemy as sa

from backline.db import metadata

files = sa.Table(
    "files",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("account_id", sa.Text, nullable=False),
    sa.Column("origin", sa.Text, nullable=False, comment="uploaded or produced"),
    sa.Column("kind", sa.Text, nullable=False, comment="audio, image, video or text"),
    sa.Column("storage_key", sa.Text, nullable=False, unique=True),
    sa.Column("file_name", sa.Text, nullable=False),
    sa.Column("slug", sa.Text, nullable=False),
    sa.Column("mime_type", sa.Text, nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("run_id", sa.Text, comment="the run that made it"),
    sa.Index("ix_files_account_id_id", "account_id", "id"),
    sa.Index("ix_files_account_id_slug", "account_id", "slug", "id"),
    sa.Index("ix_files_run_id", "run_id"),
)
