"""Batches: many runs that were asked for at once."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from backline.cli.options import Data, Json, Payload
from backline.cli.reach import open_client
from backline.cli.render import complain, show, show_json, show_json_line, show_table

app = App(name="batches", help="Ask for many runs at once, and see how far they are.")

BatchArgument = Annotated[
    str, Parameter(name="batch", help="Id of the batch: batch_ and 26 characters.")
]


@app.command
def create(
    task: Annotated[str, Parameter(help="Name of the task, such as hello-world.")],
    /,
    *,
    payload: Payload,
    json: Json = False,
    data: Data = None,
) -> int:
    """Ask for a run of a task for each payload of a JSON list, 1,000 at most."""
    from backline.wire.orders import BatchItem

    if not isinstance(payload, list):
        complain("--payload is no JSON list: write e.g. '[1, 2, 3]'")
        return 1
    items = [BatchItem(task_identifier=task, payload=each) for each in payload]
    with open_client(data) as client:
        made = client.runs.trigger_batch(items)
    show_json(made) if json else show(made.batch_id)
    return 0


@app.command
def get(batch: BatchArgument, /, *, json: Json = False, data: Data = None) -> None:
    """Show how far a batch is."""
    with open_client(data) as client:
        state = client.runs.batch(batch)
    if json:
        show_json(state)
        return
    show(f"batch {state.id} is {state.status}, {len(state.run_ids)} runs")
    show_table(("status", "runs"), [(name, str(count)) for name, count in state.counts.items()])


@app.command
def results(batch: BatchArgument, /, *, json: Json = False, data: Data = None) -> None:
    """Show what became of a batch's runs; with JSON, a line of it for each."""
    from backline.wire.orders import RunResult

    def row(result: RunResult) -> tuple[str, ...]:
        told = result.error.message if result.error else bytes(result.output).decode()
        return (result.id, result.run_status, "" if result.ok is None else told)

    with open_client(data) as client:
        found = client.runs.batch_results(batch)
        if json:
            for result in found:
                show_json_line(result)
            return
        show_table(("run", "status", "what came of it"), [row(result) for result in found])
