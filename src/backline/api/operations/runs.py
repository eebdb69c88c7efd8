"""Runs: follow them, trigger them, stop them, make them again."""

from __future__ import annotations

from backline.api.operations.operation import LIMIT, UUID, Operation, in_query
from backline.wire import orders
from backline.wire import recoup as wire

OPERATIONS = (
    Operation(
        path="/api/tasks/runs",
        method="get",
        name="getTaskRuns",
        summary="List the newest runs of an account, or show one run",
        parameters=(
            in_query(
                "runId",
                {"type": "string", "minLength": 1},
                "The run to show; without it, runs are listed.",
            ),
            in_query("limit", LIMIT, "How many runs to list; passed over beside `runId`."),
            in_query(
                "account_id", UUID, "Whose runs to list; the caller's own account if not said."
            ),
        ),
        answers={200: wire.TaskRunList},
        problems=(400, 401, 403, 404, 500),
    ),
    Operation(
        path="/api/tasks/runs",
        method="post",
        name="triggerTaskRun",
        summary="Trigger a run of any task",
        body=orders.TriggerTask,
        answers={200: orders.TaskTriggered, 202: orders.TaskTriggered},
        problems=(400, 401, 403, 409, 413, 415, 500),
    ),
)
