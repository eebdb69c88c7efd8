"""Tasks: what can be triggered now, and what its payload must look like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from backline.cli.options import Data, Json
from backline.cli.reach import open_client
from backline.cli.render import show, show_json, show_table

if TYPE_CHECKING:
    from backline.wire.tasks import TaskState

app = App(name="tasks", help="See what can be triggered.")


@app.command(name="list")
def list_(*, json: Json = False, data: Data = None) -> None:
    """List the tasks that workers announce."""
    with open_client(data) as client:
        tasks = client.tasks.every()
    if json:
        show_json(tasks)
        return
    rows = [_row(task) for task in tasks]
    show_table(("task", "queue", "tries", "workers", "versions"), rows)


@app.command(name="show")
def show_(
    task: Annotated[str, Parameter(help="Name of the task, such as create-content.")],
    /,
    *,
    json: Json = False,
    data: Data = None,
) -> None:
    """Show a task in full, with the JSON Schema of its payload."""
    with open_client(data) as client:
        found = client.tasks.get(task)
    show_json(found) if json else show(_described(found))


def _row(task: TaskState) -> tuple[str, ...]:
    return (
        task.task_identifier,
        task.queue,
        str(task.retry.max_attempts),
        str(sum(task.versions.values())),
        ", ".join(sorted(task.versions)),
    )


def _described(task: TaskState) -> str:
    """Write a task as lines of name and value, the schema last."""
    import msgspec

    cron = task.cron
    facts = {
        "task": task.task_identifier,
        "versions": ", ".join(f"{name} ({count})" for name, count in task.versions.items()),
        "queue": task.queue,
        "at once": task.concurrency_limit,
        "machine": task.machine,
        "tries": task.retry.max_attempts,
        "longest": task.max_duration_seconds and f"{task.max_duration_seconds:g} s",
        "ttl": task.ttl_seconds and f"{task.ttl_seconds:g} s",
        "cron": cron and f"{cron.expression}, {cron.timezone}",
    }
    lines = [f"{name:9} {value}" for name, value in facts.items() if value]
    schema = task.payload_schema or "anything"
    written = msgspec.json.format(msgspec.json.encode(schema), indent=2).decode()
    return "\n".join([*lines, f"{'payload':9} {written.strip(chr(34))}"])
