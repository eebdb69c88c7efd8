"""The ledger's tables. Times are UTC milliseconds; JSON is kept as the text that travels."""

from __future__ import annotations

import sqlalchemy as sa

from backline.db import metadata

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("account_id", sa.Text, nullable=False),
    sa.Column("task_identifier", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("queue", sa.Text, nullable=False),
    sa.Column("environment", sa.Text, nullable=False),
    sa.Column("version", sa.Text),
    sa.Column("is_test", sa.Boolean, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("updated_at", sa.BigInteger, nullable=False),
    sa.Column("queued_at", sa.BigInteger),
    sa.Column("started_at", sa.BigInteger),
    sa.Column("finished_at", sa.BigInteger),
    sa.Column("delayed_until", sa.BigInteger),
    sa.Column("ttl", sa.Text),
    sa.Column("expired_at", sa.BigInteger),
    sa.Column("idempotency_key", sa.Text),
    sa.Column("depth", sa.Integer, nullable=False),
    sa.Column("root_id", sa.Text),
    sa.Column("parent_id", sa.Text),
    sa.Column("batch_id", sa.Text),
    sa.Column("trigger_function", sa.Text, nullable=False),
    sa.Column("attempt_count", sa.Integer, nullable=False),
    sa.Column("attempt_id", sa.Text, comment="the attempt that may write now"),
    sa.Column("worker_id", sa.Text, comment="the worker that executes it now"),
    sa.Column("failure_count", sa.Integer, nullable=False, comment="attempts that the task lost"),
    sa.Column("loss_count", sa.Integer, nullable=False, comment="attempts that died with a worker"),
    sa.Column("duration_ms", sa.BigInteger, nullable=False),
    sa.Column("cost_cents", sa.Float, nullable=False),
    sa.Column("base_cost_cents", sa.Float, nullable=False),
    sa.Column("tags", sa.Text, nullable=False),
    sa.Column("metadata", sa.Text),
    sa.Column("schedule", sa.Text),
    # The large ones last: a listing then reads none of their pages.
    sa.Column("error", sa.Text),
    sa.Column("payload", sa.Text),
    sa.Column("output", sa.Text),
    sa.Index("ix_runs_account_id_id", "account_id", "id"),
    sa.Index("ix_runs_parent_id", "parent_id"),
    sa.Index("ix_runs_status_task", "status", "task_identifier", "id"),
    sa.Index("ix_runs_worker_id", "worker_id"),
)

run_tags = sa.Table(
    "run_tags",
    metadata,
    sa.Column("tag", sa.Text, primary_key=True),
    sa.Column("run_id", sa.Text, sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Index("ix_run_tags_run_id", "run_id"),
)

attempts = sa.Table(
    "attempts",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("run_id", sa.Text, sa.ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("worker_id", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("updated_at", sa.BigInteger, nullable=False),
    sa.Column("started_at", sa.BigInteger),
    sa.Column("completed_at", sa.BigInteger),
    sa.Column("error", sa.Text),
    sa.UniqueConstraint("run_id", "number"),
)

steps = sa.Table(
    "steps",
    metadata,
    sa.Column("run_id", sa.Text, sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
    sa.Column("attempt_id", sa.Text, nullable=False, comment="the attempt that did it"),
    sa.Column("finished_at", sa.BigInteger, nullable=False),
)

run_events = sa.Table(
    "run_events",
    metadata,
    # SQLite numbers rows by itself only when the type is exactly INTEGER.
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("run_id", sa.Text, sa.ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("status", sa.Text, nullable=False, comment="the status that the run moved to"),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Index("ix_run_events_run_id_id", "run_id", "id"),
)

run_logs = sa.Table(
    "run_logs",
    metadata,
    sa.Column("run_id", sa.Text, sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, comment="from 1, over all attempts"),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("stream", sa.Text, nullable=False, comment="log, stdout or stderr"),
    sa.Column("text", sa.Text, nullable=False),
)

idempotency_keys = sa.Table(
    "idempotency_keys",
    metadata,
    sa.Column("account_id", sa.Text, primary_key=True),
    sa.Column("task_identifier", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("run_id", sa.Text, sa.ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    sa.Column("expires_at", sa.BigInteger, nullable=False),
    sa.Index("ix_idempotency_keys_run_id", "run_id"),
)

workers = sa.Table(
    "workers",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("process", sa.Text, nullable=False, comment="pid and start time on that host"),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("slots", sa.Integer, nullable=False),
    sa.Column("started_at", sa.BigInteger, nullable=False),
    sa.Column("heartbeat_at", sa.BigInteger, nullable=False),
    sa.Column("stopped_at", sa.BigInteger),
)

announced_tasks = sa.Table(
    "announced_tasks",
    metadata,
    sa.Column("task_identifier", sa.Text, primary_key=True),
    sa.Column(
        "worker_id", sa.Text, sa.ForeignKey("workers.id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("version", sa.Text, nullable=False),
)
