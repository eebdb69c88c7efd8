"""Versions: a run goes on with the code that it began with, or waits for it.

A run that has begun is bound to the version that began it, one that has not to
the version that its trigger named, if any. In development nothing is bound by
having begun: there the newest code is what one wants.
"""

from __future__ import annotations

import sqlalchemy as sa

from backline.clock import now_ms
from backline.db import Connection
from backline.ids import RunId
from backline.runs.ledger.moves import move
from backline.runs.status import RunStatus
from backline.runs.tables import runs

has_begun_for_good = sa.and_(runs.c.attempt_count > 0, runs.c.environment != "dev")

needed_version = sa.case((has_begun_for_good, runs.c.version), else_=runs.c.locked_version)
"""The version whose workers may perform a run; NULL for any."""


def await_version(connection: Connection, run_id: RunId, version: str | None) -> bool:
    """Let a queued run wait, without a place, for a worker of its version, or any that knows its task."""
    missing = "announces the task" if version is None else f"has version {version}"
    return move(
        connection,
        run_id,
        RunStatus.QUEUED,
        RunStatus.PENDING_VERSION,
        f"no worker {missing}",
        is_admitted=False,
        expires_at=None,
    )


def give_place_back(connection: Connection, run_id: RunId) -> bool:
    """Take a queued run's place, so that it is let in anew. Returns whether it had one."""
    given = connection.execute(
        sa.update(runs)
        .where(runs.c.id == run_id, runs.c.status == RunStatus.QUEUED.value, runs.c.is_admitted)
        .values(is_admitted=False, updated_at=now_ms())
    )
    return given.rowcount > 0


def bind(connection: Connection, run_id: RunId, status: RunStatus, version: str | None) -> bool:
    """Bind a run that nobody performs to another version, or to none.

    Returns whether it still stood where it was seen.
    """
    bound = connection.execute(
        sa.update(runs)
        .where(runs.c.id == run_id, runs.c.status == status.value)
        .values(
            locked_version=version,
            # What has begun is bound by this one; without it the next worker's counts.
            version=sa.case((runs.c.attempt_count > 0, version), else_=runs.c.version),
            updated_at=now_ms(),
        )
    )
    return bound.rowcount > 0


def admitted_on(connection: Connection, version: str) -> list[tuple[RunId, str]]:
    """Return the runs with a place that only workers of this version may begin, with their tasks."""
    rows = connection.execute(
        sa.select(runs.c.id, runs.c.task_identifier)
        .where(
            runs.c.is_admitted,
            runs.c.status == RunStatus.QUEUED.value,
            needed_version == version,
        )
        .order_by(runs.c.id)
    )
    return [(run_id, task) for run_id, task in rows]
