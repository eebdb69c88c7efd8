"""Create the ledger, the accounts and the files."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take this step."""
    op.create_table(
        "accounts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), comment="lower-case"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
        sa.UniqueConstraint("email", name="uq_accounts_email"),
    )
    op.create_table(
        "batches",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("run_count", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_batches"),
    )
    op.create_table(
        "files",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False, comment="uploaded or produced"),
        sa.Column("kind", sa.Text(), nullable=False, comment="audio, image, video or text"),
        sa.Column("storage_key", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("mime_type", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_files"),
        sa.UniqueConstraint("storage_key", name="uq_files_storage_key"),
    )
    op.create_index("ix_files_account_id_id", "files", ["account_id", "id"])
    op.create_index("ix_files_account_id_slug", "files", ["account_id", "slug", "id"])

    op.create_table(
        "run_queues",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("concurrency_limit", sa.Integer(), comment="as the task's author declared it"),
        sa.Column("override_limit", sa.Integer(), comment="as an operator set it"),
        sa.Column("rate_limit", sa.Integer(), comment="starts per period"),
        sa.Column("rate_period_ms", sa.BigInteger()),
        sa.Column("is_paused", sa.Boolean(), nullable=False),
        sa.Column("retry_at", sa.BigInteger(), comment="when the rate limit has room again"),
        sa.PrimaryKeyConstraint("name", name="pk_run_queues"),
    )
    op.create_table(
        "run_schedules",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("task_identifier", sa.Text(), nullable=False),
        sa.Column("cron", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text()),
        sa.Column("deduplication_key", sa.Text()),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_fire_at", sa.BigInteger(), comment="the nominal time of the last run"),
        sa.Column("next_fire_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_run_schedules"),
        sa.UniqueConstraint("deduplication_key", name="uq_run_schedules_deduplication_key"),
    )
    op.create_index("ix_run_schedules_next_fire_at", "run_schedules", ["next_fire_at"])

    op.create_table(
        "runs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("task_identifier", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False, comment="the queue, or its copy for one key"),
        sa.Column(
            "position", sa.BigInteger(), nullable=False, comment="when queued, less the priority"
        ),
        sa.Column(
            "priority_ms", sa.BigInteger(), nullable=False, comment="head start in the queue"
        ),
        sa.Column(
            "is_admitted", sa.Boolean(), nullable=False, comment="has a place: handed to the engine"
        ),
        sa.Column("admission_count", sa.Integer(), nullable=False),
        sa.Column("admitted_at", sa.BigInteger()),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("version", sa.Text()),
        sa.Column("is_test", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("queued_at", sa.BigInteger()),
        sa.Column("started_at", sa.BigInteger()),
        sa.Column("finished_at", sa.BigInteger()),
        sa.Column("delayed_until", sa.BigInteger()),
        sa.Column("due_at", sa.BigInteger(), comment="when the timekeeper has to look at it"),
        sa.Column("ttl", sa.Text()),
        sa.Column("expires_at", sa.BigInteger(), comment="when it expires unless it has started"),
        sa.Column("expired_at", sa.BigInteger()),
        sa.Column("idempotency_key", sa.Text()),
        sa.Column("concurrency_key", sa.Text()),
        sa.Column("machine", sa.Text()),
        sa.Column(
            "max_attempts", sa.Integer(), comment="the trigger's own; the task's when absent"
        ),
        sa.Column("max_duration_ms", sa.BigInteger(), comment="likewise"),
        sa.Column("locked_version", sa.Text(), comment="only workers of this version may take it"),
        sa.Column("cancel_asked_at", sa.BigInteger()),
        sa.Column("resume_key", sa.Text(), comment="the parent's wait that ends with this run"),
        sa.Column("replay_of", sa.Text()),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("root_id", sa.Text()),
        sa.Column("parent_id", sa.Text()),
        sa.Column("batch_id", sa.Text()),
        sa.Column("trigger_function", sa.Text(), nullable=False),
        sa.Column("attempt_count", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Text(), comment="the attempt that may write now"),
        sa.Column("worker_id", sa.Text(), comment="the worker that executes it now"),
        sa.Column(
            "failure_count", sa.Integer(), nullable=False, comment="attempts that the task lost"
        ),
        sa.Column(
            "loss_count", sa.Integer(), nullable=False, comment="attempts that died with a worker"
        ),
        sa.Column("duration_ms", sa.BigInteger(), nullable=False),
        sa.Column("cost_cents", sa.Float(), nullable=False),
        sa.Column("base_cost_cents", sa.Float(), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("metadata", sa.Text()),
        sa.Column("schedule", sa.Text()),
        sa.Column("first_metadata", sa.Text(), comment="as it was triggered with, for replays"),
        sa.Column("error", sa.Text()),
        sa.Column("payload", sa.Text()),
        sa.Column("output", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
    )
    op.create_index("ix_runs_account_id_id", "runs", ["account_id", "id"])
    op.create_index("ix_runs_batch_id", "runs", ["batch_id"])
    op.create_index("ix_runs_due_at", "runs", ["due_at"])
    op.create_index("ix_runs_expires_at", "runs", ["expires_at"])
    op.create_index("ix_runs_is_admitted", "runs", ["is_admitted", "status", "position"])
    op.create_index("ix_runs_lane", "runs", ["lane", "is_admitted", "status", "position"])
    op.create_index("ix_runs_parent_id", "runs", ["parent_id"])
    op.create_index("ix_runs_status_task", "runs", ["status", "task_identifier", "id"])
    op.create_index("ix_runs_worker_id", "runs", ["worker_id"])

    op.create_table(
        "tokens",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("timeout_at", sa.BigInteger()),
        sa.Column("completed_at", sa.BigInteger()),
        sa.Column("idempotency_key", sa.Text()),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("output", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_tokens"),
    )
    op.create_index("ix_tokens_account_id_id", "tokens", ["account_id", "id"])
    op.create_index("ix_tokens_timeout_at", "tokens", ["status", "timeout_at"])

    op.create_table(
        "workers",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("process", sa.Text(), nullable=False, comment="pid and start time on that host"),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("slots", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("heartbeat_at", sa.BigInteger(), nullable=False),
        sa.Column("stopped_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_workers"),
    )
    op.create_table(
        "announced_tasks",
        sa.Column("task_identifier", sa.Text(), nullable=False),
        sa.Column("worker_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column(
            "facts", sa.Text(), nullable=False, comment="JSON: what the task's author declared"
        ),
        sa.ForeignKeyConstraint(
            ["worker_id"], ["workers.id"], name="fk_announced_tasks_worker_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("task_identifier", "worker_id", name="pk_announced_tasks"),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), comment="set on an operator's secret key only"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False, comment="the key's first characters"),
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger()),
        sa.Column("expires_at", sa.BigInteger()),
        sa.Column("revoked_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_api_keys_account_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
        sa.UniqueConstraint("key_hash", name="uq_api_keys_key_hash"),
    )
    op.create_index("ix_api_keys_account_id", "api_keys", ["account_id"])

    op.create_table(
        "artist_owners",
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("artist_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["artist_id"], ["accounts.id"], name="fk_artist_owners_artist_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["accounts.id"], name="fk_artist_owners_owner_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("owner_id", "artist_id", name="pk_artist_owners"),
    )
    op.create_index("ix_artist_owners_artist_id", "artist_owners", ["artist_id"])

    op.create_table(
        "attempts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("worker_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger()),
        sa.Column("completed_at", sa.BigInteger()),
        sa.Column("error", sa.Text()),
        sa.ForeignKeyConstraint(
            ["run_id"], ["runs.id"], name="fk_attempts_run_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_attempts"),
        sa.UniqueConstraint("run_id", "number", name="uq_attempts_run_id_number"),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("task_identifier", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["runs.id"], name="fk_idempotency_keys_run_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "task_identifier", "key", name="pk_idempotency_keys"),
    )
    op.create_index("ix_idempotency_keys_run_id", "idempotency_keys", ["run_id"])

    op.create_table(
        "identities",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_identities_account_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("issuer", "subject", name="pk_identities"),
    )
    op.create_index("ix_identities_account_id", "identities", ["account_id"])

    op.create_table(
        "memberships",
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_memberships_account_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["accounts.id"],
            name="fk_memberships_organization_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "account_id", name="pk_memberships"),
    )
    op.create_index("ix_memberships_account_id", "memberships", ["account_id"])

    op.create_table(
        "run_events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False, comment="the status that the run moved to"),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["runs.id"], name="fk_run_events_run_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_run_events"),
    )
    op.create_index("ix_run_events_run_id_id", "run_events", ["run_id", "id"])

    op.create_table(
        "run_logs",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, comment="from 1, over all attempts"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False, comment="log, stdout or stderr"),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["runs.id"], name="fk_run_logs_run_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "number", name="pk_run_logs"),
    )
    op.create_table(
        "run_tags",
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["runs.id"], name="fk_run_tags_run_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tag", "run_id", name="pk_run_tags"),
    )
    op.create_index("ix_run_tags_run_id", "run_tags", ["run_id"])

    op.create_table(
        "steps",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("attempt_id", sa.Text(), nullable=False, comment="the attempt that did it"),
        sa.Column("finished_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["runs.id"], name="fk_steps_run_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "key", name="pk_steps"),
    )
    op.create_table(
        "waits",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="the step that the answer becomes"),
        sa.Column("kind", sa.Text(), nullable=False, comment="time, token or runs"),
        sa.Column("token_id", sa.Text()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["runs.id"], name="fk_waits_run_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "key", name="pk_waits"),
    )
    op.create_index("ix_waits_token_id", "waits", ["token_id"])
