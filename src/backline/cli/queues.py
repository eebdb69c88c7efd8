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
    titles = ("queue", "running", "queued", "limit", "rate", "state")
    show_table(titles, [_row(queue) for queue in queues])


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


@app.command
def rate(
    name: NameArgument,
    starts: Annotated[
        int | None,
        Parameter(
            name="starts",
            help="Runs that may start in a period, over all keys. Default: any number.",
            validator=validators.Number(gte=1, lte=100_000),
        ),
    ] = None,
    /,
    *,
    per: Annotated[str, Parameter(help="The period, such as 1m; a day at most.")] = "1s",
    json: Json = False,
    data: Data = None,
) -> None:
    """Let so many runs of a queue start in a period, or any number."""
    with open_client(data, as_operator=True) as client:
        _tell(client.queues.rate(name, starts, per), json)


def _tell(queue: QueueState, json: bool) -> None:
    if json:
        show_json(queue)
    else:
        rate = f"{_rate(queue)}, " if queue.rate else ""
        show(f"queue {queue.name}: limit {_limit(queue)}, {rate}{_state(queue)}")


def _row(queue: QueueState) -> tuple[str, ...]:
    running, queued = str(queue.running), str(queue.queued)
    return (queue.name, running, queued, _limit(queue), _rate(queue), _state(queue))


def _limit(queue: QueueState) -> str:
    return "-" if queue.concurrency_limit is None else str(queue.concurrency_limit)


def _rate(queue: QueueState) -> str:
    return "-" if queue.rate is None else f"{queue.rate.starts} per {queue.rate.period_seconds:g} s"


def _state(queue: QueueState) -> str:
    return "paused" if queue.paused else "open"
