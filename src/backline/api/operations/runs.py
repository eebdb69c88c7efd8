"""Runs: follow them, trigger them, stop them, make them again."""

from __future__ import annotations

from backline.api.operations.operation import LIMIT, RUN_ID, UUID, Operation, in_path, in_query
from backline.wire import bulk, orders, story, tasks
from backline.wire import recoup as wire

_AFTER = in_query(
    "after",
    {"type": "integer", "default": 0, "minimum": 0, "maximum": 999_999_999},
    "The number of the last line that you have.",
)
_LAST_EVENT_ID = {
    "name": "Last-Event-ID",
    "in": "header",
    "required": False,
    "description": "The id of the last event that you have, to go on after a break.",
    "schema": {"type": "string", "pattern": "^([0-9]{1,9}|done)$"},
}

OPERATIONS = (
    Operation(
        path="/api/tasks",
        method="get",
        name="listTasks",
        summary="List the tasks that can run now, or show one with its payload's schema",
        parameters=(
            in_query(
                "taskIdentifier",
                {"type": "string", "minLength": 1},
                "The task to show; without it, all are listed.",
            ),
        ),
        answers={200: tasks.TaskList},
        problems=(400, 401, 404, 500),
    ),
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
    Operation(
        path="/api/tasks/runs/{runId}/cancel",
        method="post",
        name="cancelRun",
        summary="Stop a run and the runs that it triggered",
        parameters=(RUN_ID,),
        answers={200: wire.TaskRunList},
        problems=(401, 404, 500),
    ),
    Operation(
        path="/api/tasks/runs/{runId}/replay",
        method="post",
        name="replayRun",
        summary="Make a run again as a new one, with what shall be different",
        parameters=(RUN_ID,),
        body=orders.ReplayRun,
        is_body_optional=True,
        answers={200: orders.TaskTriggered, 202: orders.TaskTriggered},
        problems=(400, 401, 404, 409, 413, 415, 500),
    ),
    Operation(
        path="/api/tasks/runs/{runId}/reschedule",
        method="post",
        name="rescheduleRun",
        summary="Move the start of a delayed run",
        parameters=(RUN_ID,),
        body=orders.RescheduleRun,
        answers={200: wire.TaskRunList},
        problems=(400, 401, 404, 409, 413, 415, 500),
    ),
    Operation(
        path="/api/tasks/runs/{runId}",
        method="patch",
        name="moveRun",
        summary="Let a run that waits go on with another version; for operators",
        parameters=(RUN_ID,),
        body=orders.MoveRun,
        answers={200: wire.TaskRunList},
        problems=(400, 401, 403, 404, 409, 413, 415, 500),
    ),
    Operation(
        path="/api/tasks/runs/{runId}/logs",
        method="get",
        name="getRunLog",
        summary="Show what a run said",
        parameters=(
            RUN_ID,
            _AFTER,
            in_query("limit", LIMIT | {"default": 100, "maximum": 1000}, "How many lines to show."),
        ),
        answers={200: story.RunLog},
        problems=(400, 401, 404, 500),
    ),
    Operation(
        path="/api/tasks/runs/{runId}/events",
        method="get",
        name="getRunEvents",
        summary="Show what happened to a run",
        parameters=(RUN_ID,),
        answers={200: story.RunEvents},
        problems=(401, 404, 500),
    ),
    Operation(
        path="/api/tasks/runs/{runId}/stream",
        method="get",
        name="streamRun",
        summary="Follow a run by server-sent events until it has ended",
        parameters=(RUN_ID, _AFTER, _LAST_EVENT_ID),
        answers={200: "text/event-stream", 204: None},
        problems=(400, 401, 404, 500),
    ),
    Operation(
        path="/api/tasks/idempotency-keys/reset",
        method="post",
        name="resetIdempotencyKey",
        summary="Let go of an idempotency key, so that the same call makes a new run",
        body=orders.KeyReset,
        answers={200: orders.KeyFreed},
        problems=(400, 401, 403, 404, 413, 415, 500),
    ),
    Operation(
        path="/api/tasks/batches",
        method="post",
        name="triggerBatch",
        summary="Trigger up to 1,000 runs at once",
        body=orders.BatchOrder,
        answers={202: orders.BatchTriggered},
        problems=(400, 401, 403, 409, 413, 415, 500),
    ),
    Operation(
        path="/api/tasks/batches/{batchId}",
        method="get",
        name="getBatch",
        summary="Show how far a batch is",
        parameters=(in_path("batchId", "The batch's id."),),
        answers={200: orders.BatchAnswer},
        problems=(401, 404, 500),
    ),
    Operation(
        path="/api/tasks/batches/{batchId}/results",
        method="get",
        name="getBatchResults",
        summary="Show what became of a batch's runs",
        parameters=(
            in_path("batchId", "The batch's id."),
            in_query("limit", LIMIT, "How many runs to show."),
            in_query(
                "after",
                {"type": "string", "pattern": "^[0-9]{1,9}$"},
                "`next` of the page before.",
            ),
        ),
        answers={200: orders.BatchResults},
        problems=(400, 401, 404, 500),
    ),
    Operation(
        path="/api/tasks/bulk",
        method="post",
        name="actInBulk",
        summary="Cancel, replay or move the runs that a filter means, so many at a time",
        body=bulk.BulkOrder,
        answers={200: bulk.BulkDone},
        problems=(400, 401, 403, 413, 415, 500),
    ),
)
