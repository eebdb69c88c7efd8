"""Every read of the ledger. Nothing here changes a row."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from backline.clock import TimestampMs, now_ms
from backline.db import Connection, Prepared
from backline.ids import AccountId, RunId
from backline.runs.ledger.versions import needed_version
from backline.runs.run import SUMMARY, Attempt, LogLine, Run
from backline.runs.status import RunStatus
from backline.runs.tables import (
    attempts,
    run_events,
    run_logs,
    run_queues,
    runs,
    schedules,
    steps,
    tokens,
    waits,
)

_SUMMARY = [runs.c[name] for name in SUMMARY]
_WHOLE = [runs.c[name] for name in Run.__struct_fields__]
_ATTEMPT = [attempts.c[name] for name in Attempt.__struct_fields__]

_NEWEST_OF_ACCOUNT = Prepared(
    sa.select(*_SUMMARY)
    .where(runs.c.account_id == sa.bindparam("account_id"))
    .order_by(runs.c.id.desc())
    .limit(sa.bindparam("most"))
)
_BY_ID = sa.select(*_WHOLE).where(runs.c.id == sa.bindparam("run_id"))
_OWNER_OF = sa.select(runs.c.account_id).where(runs.c.id == sa.bindparam("run_id"))
_ATTEMPTS_OF = (
    sa.select(*_ATTEMPT)
    .where(attempts.c.run_id == sa.bindparam("run_id"))
    .order_by(attempts.c.number)
)


def newest_runs(connection: Connection, account_id: AccountId, most: int) -> list[Run]:
    """Return the account's newest runs, newest first, without their large columns."""
    return [Run(*row) for row in newest_rows(connection, account_id, most)]


def newest_rows(connection: Connection, account_id: AccountId, most: int) -> list[tuple[Any, ...]]:
    """Return the same as plain rows in the order of ``SUMMARY``, which cost less and compare fast."""
    return _NEWEST_OF_ACCOUNT.rows(connection, account_id=account_id, most=most)


def find_run(connection: Connection, run_id: RunId) -> Run | None:
    """Return a run with everything the ledger has of it."""
    row = connection.execute(_BY_ID, {"run_id": run_id}).first()
    return None if row is None else Run(*row)


def owner_of(connection: Connection, run_id: RunId) -> AccountId | None:
    """Return whose run this is, without looking at the run itself."""
    owner: AccountId | None = connection.execute(_OWNER_OF, {"run_id": run_id}).scalar()
    return owner


def attempts_of(connection: Connection, run_id: RunId) -> list[Attempt]:
    """Return the tries at a run, the first one first."""
    return [Attempt(*row) for row in connection.execute(_ATTEMPTS_OF, {"run_id": run_id})]


def attempt_on(connection: Connection, run_id: RunId, worker_id: str) -> Attempt | None:
    """Return the attempt that the worker executes of this run, if it does."""
    row = connection.execute(
        sa.select(*_ATTEMPT)
        .join(runs, runs.c.attempt_id == attempts.c.id)
        .where(
            runs.c.id == run_id,
            runs.c.status == RunStatus.EXECUTING.value,
            runs.c.worker_id == worker_id,
        )
    ).first()
    return None if row is None else Attempt(*row)


def steps_of(connection: Connection, run_id: RunId) -> dict[str, str]:
    """Return the values of the run's finished steps, JSON text, by key."""
    rows = connection.execute(
        sa.select(steps.c.key, steps.c.value)
        .where(steps.c.run_id == run_id)
        .order_by(steps.c.finished_at, steps.c.key)
    )
    return {row.key: row.value for row in rows}


def find_step(connection: Connection, run_id: RunId, key: str) -> str | None:
    """Return the value of one finished step, JSON text; None when it is not finished."""
    value: str | None = connection.execute(
        sa.select(steps.c.value).where(steps.c.run_id == run_id, steps.c.key == key)
    ).scalar()
    return value


def log_of(
    connection: Connection, run_id: RunId, after: int = 0, most: int = 1000
) -> list[LogLine]:
    """Return what the run said after the line of this number, in order."""
    rows = connection.execute(
        sa.select(*[run_logs.c[name] for name in LogLine.__struct_fields__])
        .where(run_logs.c.run_id == run_id, run_logs.c.number > after)
        .order_by(run_logs.c.number)
        .limit(most)
    )
    return [LogLine(*row) for row in rows]


def last_wait_of(connection: Connection, attempt: Attempt) -> str | None:
    """Return the key of the wait after which an attempt goes on; None when it did not wait yet."""
    key: str | None = connection.execute(
        sa.select(steps.c.key)
        .where(
            steps.c.run_id == attempt.run_id,
            steps.c.attempt_id == "",  # an answer, not something that an attempt did
            steps.c.finished_at >= attempt.created_at,
        )
        .order_by(steps.c.finished_at.desc())
        .limit(1)
    ).scalar()
    return key


def last_log_number(connection: Connection, run_id: RunId) -> int:
    """Return the number of the run's last line, 0 when it said nothing so far."""
    last = sa.select(sa.func.max(run_logs.c.number)).where(run_logs.c.run_id == run_id)
    return connection.execute(last).scalar() or 0


def children_of(connection: Connection, run_id: RunId) -> list[Run]:
    """Return the runs that this run triggered, the oldest first."""
    rows = connection.execute(
        sa.select(*_SUMMARY).where(runs.c.parent_id == run_id).order_by(runs.c.id)
    )
    return [Run(*row) for row in rows]


def summaries(connection: Connection, run_ids: list[RunId]) -> dict[RunId, Run]:
    """Return the named runs by id, without their large columns."""
    rows = connection.execute(sa.select(*_SUMMARY).where(runs.c.id.in_(run_ids)))
    return {row[0]: Run(*row) for row in rows}


def events_of(connection: Connection, run_id: RunId) -> list[tuple[int, str, str]]:
    """Return what happened to a run, as (time, status, detail), the first event first."""
    rows = connection.execute(
        sa.select(run_events.c.at, run_events.c.status, run_events.c.detail)
        .where(run_events.c.run_id == run_id)
        .order_by(run_events.c.id)
    )
    return [(at, status, detail) for at, status, detail in rows]


def executing_on(connection: Connection, worker_id: str) -> list[RunId]:
    """Return the runs that a worker holds."""
    return list(
        connection.execute(
            sa.select(runs.c.id)
            .where(runs.c.worker_id == worker_id, runs.c.status == RunStatus.EXECUTING.value)
            .order_by(runs.c.id)
        ).scalars()
    )


def waiting_for_version(
    connection: Connection, task_identifiers: list[str], version: str
) -> list[RunId]:
    """Return the runs of these tasks that a worker of this version can take, the oldest first."""
    return list(
        connection.execute(
            sa.select(runs.c.id)
            .where(
                runs.c.status == RunStatus.PENDING_VERSION.value,
                runs.c.task_identifier.in_(task_identifiers),
                sa.or_(needed_version.is_(None), needed_version == version),
            )
            .order_by(runs.c.id)
        ).scalars()
    )


def count_by_status(connection: Connection) -> dict[RunStatus, int]:
    """Return how many runs stand where."""
    rows = connection.execute(sa.select(runs.c.status, sa.func.count()).group_by(runs.c.status))
    return {RunStatus(status): count for status, count in rows}


def next_due_at(connection: Connection) -> TimestampMs | None:
    """Return when the timekeeper next has something to do."""
    moments = (
        sa.select(sa.func.min(runs.c.due_at)),
        sa.select(sa.func.min(runs.c.expires_at)),
        sa.select(sa.func.min(tokens.c.timeout_at)).where(tokens.c.status == "WAITING"),
        sa.select(sa.func.min(run_queues.c.retry_at)),
        sa.select(sa.func.min(schedules.c.next_fire_at)),
    )
    columns = [moment.scalar_subquery() for moment in moments]
    found = connection.execute(sa.select(*columns)).one()
    return min((moment for moment in found if moment is not None), default=None)


def due_runs(connection: Connection, most: int) -> list[tuple[RunId, RunStatus]]:
    """Return the runs whose time has come, with where they stand."""
    rows = connection.execute(
        sa.select(runs.c.id, runs.c.status)
        .where(runs.c.due_at <= now_ms())
        .order_by(runs.c.due_at)
        .limit(most)
    )
    return [(run_id, RunStatus(status)) for run_id, status in rows]


def expired_runs(connection: Connection, most: int) -> list[tuple[RunId, str]]:
    """Return the queued runs that waited longer than they may, with their ttl."""
    rows = connection.execute(
        sa.select(runs.c.id, runs.c.ttl)
        .where(runs.c.expires_at <= now_ms(), runs.c.status == RunStatus.QUEUED.value)
        .limit(most)
    )
    return [(run_id, ttl or "") for run_id, ttl in rows]


def wait_due_first(connection: Connection, run_id: RunId) -> str | None:
    """Return the key of the wait for time that is over first; None when a frozen run has none."""
    key: str | None = connection.execute(
        sa.select(waits.c.key)
        .where(waits.c.run_id == run_id, waits.c.kind == "time")
        .order_by(sa.func.coalesce(waits.c.until, 0))
        .limit(1)
    ).scalar()
    return key


def to_be_stopped(connection: Connection, worker_id: str) -> list[RunId]:
    """Return the runs of a worker that somebody asked to cancel."""
    return list(
        connection.execute(
            sa.select(runs.c.id).where(
                runs.c.worker_id == worker_id, runs.c.cancel_asked_at.is_not(None)
            )
        ).scalars()
    )
