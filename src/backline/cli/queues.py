"""Queues, for operators: see how full they are, hold them, change their limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter, validators

from backline.cli.options import Data, Json
from backline.cli.reach import open_client
from backline.cli.render import show, show_json, show_table

if TYPE_CHECKING:
    from backline.wire.queues import QueueState

app = App(name="queues", help="See how full queues are, hold them, change their limits.")

NameArgument = Annotated[
    str, Parameter(name="name", help="The queue, such as task/create-content.")
]


@app.command(name="list")
def list_(*, json: Json = False, data: Data = None) -> None:
    """List the queues that tasks declare."""
    with open_client(data, as_operator=True) as client:
        queues = client.queues.every()
    if json:
        show_json(queues)
        return
    show_table(("queue", "running", "queued", "limit", "state"), [_row(queue) for queue in queues])


@app.command
def pause(name: NameArgument, /, *, json: Json = False, data: Data = None) -> None:
    """Start no more runs of a queue; those that execute go on."""
    with open_client(data, as_operator=True) as client:
        _tell(client.queues.pause(name), json)


@app.command
def resume(name: NameArgument, /, *, json: Json = False, data: Data = None) -> None:
    """Start runs of a paused queue again."""
    with open_client(data, as_operator=True) as client:
        _tell(client.queues.resume(name), json)


@app.command
def limit(
    name: NameArgument,
    concurrency: Annotated[
        int | None,
        Parameter(
            name="limit",
            help="Runs at once, per concurrency key. Default: back to what the task declares.",
            validator=validators.Number(gte=0, lte=100_000),
        ),
    ] = None,
    /,
    *,
    json: Json = False,
    data: Data = None,
) -> None:
    """Set another limit for a queue, or go back to the author's."""
    with open_client(data, as_operator=True) as client:
        _tell(client.queues.limit(name, concurrency), json)


def _tell(queue: QueueState, json: bool) -> None:
    if json:
        show_json(queue)
    else:
        show(f"queue {queue.name}: limit {_limit(queue)}, {_state(queue)}")


def _row(queue: QueueState) -> tuple[str, ...]:
    return (queue.name, str(queue.running), str(queue.queued), _limit(queue), _state(queue))


def _limit(queue: QueueState) -> str:
    return "-" if queue.concurrency_limit is None else str(queue.concurrency_limit)


def _state(queue: QueueState) -> str:
    return "paused" if queue.paused else "open"
