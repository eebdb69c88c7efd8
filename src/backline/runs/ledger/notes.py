"""What a run leaves while it executes: finished steps and log lines."""

from __future__ import annotations

import msgspec

from backline.clock import now_ms
from backline.db import Connection, insert_all_ignoring, insert_ignoring
from backline.ids import AttemptId, RunId
from backline.runs.ledger.moves import holds
from backline.runs.run import LogLine
from backline.runs.tables import run_logs, steps


def keep_step(
    connection: Connection,
    run_id: RunId,
    attempt_id: AttemptId,
    worker_id: str,
    key: str,
    value: str,
) -> bool:
    """Record a finished step, JSON text, while the attempt holds the run. Returns whether it does.

    A step that is recorded already stays as it is.
    """
    if not holds(connection, run_id, attempt_id, worker_id):
        return False
    insert_ignoring(
        connection,
        steps,
        run_id=run_id,
        key=key,
        value=value,
        attempt_id=attempt_id,
        finished_at=now_ms(),
    )
    return True


def write_log(
    connection: Connection,
    run_id: RunId,
    attempt_id: AttemptId,
    worker_id: str,
    lines: list[LogLine],
) -> bool:
    """Add what the run said while the attempt holds it. Returns whether it does.

    Lines whose numbers are there already stay as they are.
    """
    if not holds(connection, run_id, attempt_id, worker_id):
        return False
    rows = [{"run_id": run_id} | msgspec.structs.asdict(line) for line in lines]
    insert_all_ignoring(connection, run_logs, rows)
    return True
