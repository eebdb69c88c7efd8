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
    sa.Column("lane", sa.Text, nullable=False, comment="the queue, or its copy for one key"),
    sa.Column("position", sa.BigInteger, nullable=False, comment="when queued, less the priority"),
    sa.Column("priority_ms", sa.BigInteger, nullable=False, comment="head start in the queue"),
    sa.Column(
        "is_admitted", sa.Boolean, nullable=False, comment="has a place: handed to the engine"
    ),
    sa.Column("admission_count", sa.Integer, nullable=False),
    sa.Column("admitted_at", sa.BigInteger),
    sa.Column("environment", sa.Text, nullable=False),
    sa.Column("version", sa.Text),
    sa.Column("is_test", sa.Boolean, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("updated_at", sa.BigInteger, nullable=False),
    sa.Column("queued_at", sa.BigInteger),
    sa.Column("started_at", sa.BigInteger),
    sa.Column("finished_at", sa.BigInteger),
    sa.Column("delayed_until", sa.BigInteger),
    sa.Column("due_at", sa.BigInteger, comment="when the timekeeper has to look at it"),
    sa.Column("ttl", sa.Text),
    sa.Column("expires_at", sa.BigInteger, comment="when it expires unless it has started"),
    sa.Column("expired_at", sa.BigInteger),
    sa.Column("idempotency_key", sa.Text),
    sa.Column("concurrency_key", sa.Text),
    sa.Column("machine", sa.Text),
    sa.Column("max_attempts", sa.Integer, comment="the trigger's own; the task's when absent"),
    sa.Column("max_duration_ms", sa.BigInteger, comment="likewise"),
    sa.Column("locked_version", sa.Text, comment="only workers of this version may take it"),
    sa.Column("cancel_asked_at", sa.BigInteger),
    sa.Column("resume_key", sa.Text, comment="the parent's wait that ends with this run"),
    sa.Column("replay_of", sa.Text),
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
    sa.Column("first_metadata", sa.Text, comment="as it was triggered with, for replays"),
    # The large ones last: a listing then reads none of their pages.
    sa.Column("error", sa.Text),
    sa.Column("payload", sa.Text),
    sa.Column("output", sa.Text),
    sa.Index("ix_runs_account_id_id", "account_id", "id"),
    sa.Index("ix_runs_parent_id", "parent_id"),
    sa.Index("ix_runs_status_task", "status", "task_identifier", "id"),
    sa.Index("ix_runs_worker_id", "worker_id"),
    sa.Index("ix_runs_lane", "lane", "is_admitted", "status", "position"),
    sa.Index("ix_runs_is_admitted", "is_admitted", "status", "position"),
    sa.Index("ix_runs_due_at", "due_at"),
    sa.Index("ix_runs_expires_at", "expires_at"),
    sa.Index("ix_runs_batch_id", "batch_id"),
    sa.Index(
        "ix_runs_finished_at",
        "finished_at",
        sqlite_where=sa.text("finished_at IS NOT NULL"),
        postgresql_where=sa.text("finished_at IS NOT NULL"),
    ),
)

run_queues = sa.Table(
    "run_queues",  # DBOS keeps a table `queues` in the same SQLite file
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("concurrency_limit", sa.Integer, comment="as the task's author declared it"),
    sa.Column("override_limit", sa.Integer, comment="as an operator set it"),
    sa.Column("rate_limit", sa.Integer, comment="starts per period"),
    sa.Column("rate_period_ms", sa.BigInteger),
    sa.Column("is_paused", sa.Boolean, nullable=False),
    sa.Column("retry_at", sa.BigInteger, comment="when the rate limit has room again"),
)

queue_starts = sa.Table(
    "queue_starts",
    metadata,
    # SQLite numbers rows by itself only when the type is exactly INTEGER.
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("queue", sa.Text, nullable=False, comment="one with a rate"),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Index("ix_queue_starts_queue_at", "queue", "at"),
)

waits = sa.Table(
    "waits",
    metadata,
    sa.Column("run_id", sa.Text, sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("key", sa.Text, primary_key=True, comment="the step that the answer becomes"),
    sa.Column("kind", sa.Text, nullable=False, comment="time, token or runs"),
    sa.Column("token_id", sa.Text),
    sa.Column("until", sa.BigInteger, comment="when a wait for time is over"),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Index("ix_waits_token_id", "token_id"),
)

shared_children = sa.Table(
    "shared_children",
    metadata,
    sa.Column("child_id", sa.Text, sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("parent_id", sa.Text, sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("key", sa.Text, primary_key=True, comment="the parent's wait"),
    sa.Index("ix_shared_children_parent_id", "parent_id"),
)

tokens = sa.Table(
    "tokens",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("account_id", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("timeout_at", sa.BigInteger),
    sa.Column("completed_at", sa.BigInteger),
    sa.Column("idempotency_key", sa.Text),
    sa.Column("tags", sa.Text, nullable=False),
    sa.Column("output", sa.Text),
    sa.Index("ix_tokens_timeout_at", "status", "timeout_at"),
    sa.Index("ix_tokens_account_id_id", "account_id", "id"),
)

schedules = sa.Table(
    "run_schedules",  # DBOS may keep schedules of its own in the same SQLite file
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("account_id", sa.Text, nullable=False),
    sa.Column("task_identifier", sa.Text, nullable=False),
    sa.Column("cron", sa.Text, nullable=False),
    sa.Column("timezone", sa.Text, nullable=False),
    sa.Column("external_id", sa.Text),
    sa.Column("deduplication_key", sa.Text, unique=True),
    sa.Column("environment", sa.Text, nullable=False),
    sa.Column("is_active", sa.Boolean, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("last_fire_at", sa.BigInteger, comment="the nominal time of the last run"),
    sa.Column("next_fire_at", sa.BigInteger),
    sa.Column("is_declared", sa.Boolean, nullable=False, comment="in the code of its task"),
    sa.Index("ix_run_schedules_next_fire_at", "next_fire_at"),
    sa.Index("ix_run_schedules_account_id_id", "account_id", "id"),
)

batches = sa.Table(
    "batches",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("account_id", sa.Text, nullable=False),
    sa.Column("run_count", sa.Integer, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
)

batch_items = sa.Table(
    "batch_items",
    metadata,
    sa.Column(
        "batch_id", sa.Text, sa.ForeignKey("batches.id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("place", sa.Integer, primary_key=True, comment="from 0, as the items came"),
    sa.Column("run_id", sa.Text, nullable=False, comment="may be forgotten before its batch"),
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
    sa.Column(
        "level", sa.Text, nullable=False, server_default="info", comment="debug, info, warn, error"
    ),
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

debounces = sa.Table(
    "debounces",
    metadata,
    sa.Column("account_id", sa.Text, primary_key=True),
    sa.Column("task_identifier", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("run_id", sa.Text, sa.ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    sa.Column("latest_at", sa.BigInteger, comment="it is not pushed back beyond"),
    sa.Index("ix_debounces_run_id", "run_id"),
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
    sa.Column("facts", sa.Text, nullable=False, comment="JSON: what the task's author declared"),
)
