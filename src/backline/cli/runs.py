"""Runs: the newest ones, one in full, one until it ends; stop one, make one again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter, validators

from backline.cli import bulk
from backline.cli.follow import follow, step_of
from backline.cli.options import Data, Json, Payload
from backline.cli.reach import open_client
from backline.cli.render import complain, show, show_json, show_json_line, show_table
from backline.client import Client, Run
from backline.clock import now_ms, parse_iso

if TYPE_CHECKING:
    from backline.wire.story import LogLine

app = App(name="runs", help="Look at runs, stop them, make them again.")

RunIdArgument = Annotated[str, Parameter(name="id", help="Id of the run: run_ and 26 characters.")]


@app.command(name="list")
def list_(
    *,
    limit: Annotated[
        int, Parameter(help="How many.", validator=validators.Number(gte=1, lte=100))
    ] = 20,
    account: Annotated[
        str | None,
        Parameter(help="Id of the account whose runs to list. Default: your own."),
    ] = None,
    json: Json = False,
    data: Data = None,
) -> None:
    """List runs, newest first."""
    with open_client(data) as client:
        runs = client.runs.newest(limit=limit, account_id=account)
    if json:
        show_json(runs)
        return
    show_table(("run", "age", "active", "status", "task"), [_row(run) for run in runs])


@app.command
def get(run_id: RunIdArgument, /, *, json: Json = False, data: Data = None) -> None:
    """Show one run in full."""
    with open_client(data) as client:
        run = client.runs.get(run_id)
    if json:
        show_json(run)
    else:
        show(describe(run))


@app.command
def watch(run_id: RunIdArgument, /, *, json: Json = False, data: Data = None) -> int:
    """Follow a run until it ends; the exit code is 0 only when it completed."""
    with open_client(data) as client:
        run = follow(client, run_id)
    if json:
        show_json(run)
    else:
        show(describe(run))
    return exit_code(run)


@app.command
def cancel(
    run_id: RunIdArgument | None = None,
    /,
    *,
    status: bulk.Status = (),
    task: bulk.Task = (),
    tag: bulk.Tag = (),
    since: bulk.Since = None,
    until: bulk.Until = None,
    account: bulk.Account = None,
    dry_run: bulk.DryRun = False,
    json: Json = False,
    data: Data = None,
) -> int:
    """Stop a run and the runs that it triggered, or all that the options mean."""
    if run_id is None:
        chosen = bulk.choose(status, task, tag, since, until)
        return bulk.act_on_many(
            "cancel", chosen, account=account, dry_run=dry_run, json=json, data=data
        )
    with open_client(data) as client:
        run = client.runs.cancel(run_id)
    if json:
        show_json(run)
    elif run.is_final:
        show(f"run {run.id} is {run.status}")
    else:
        show(f"run {run.id} was told to stop")
    return 0


@app.command
def replay(
    run_id: RunIdArgument | None = None,
    /,
    *,
    payload: Payload = None,
    status: bulk.Status = (),
    task: bulk.Task = (),
    tag: bulk.Tag = (),
    since: bulk.Since = None,
    until: bulk.Until = None,
    account: bulk.Account = None,
    dry_run: bulk.DryRun = False,
    json: Json = False,
    data: Data = None,
) -> int:
    """Make a run again as a new one, or all that the options mean."""
    from backline.wire.orders import ReplayRun

    if run_id is None:
        chosen = bulk.choose(status, task, tag, since, until)
        return bulk.act_on_many(
            "replay", chosen, account=account, dry_run=dry_run, json=json, data=data
        )
    changes = ReplayRun() if payload is None else ReplayRun(payload=payload)
    with open_client(data) as client:
        triggered = client.runs.replay(run_id, changes)
    show_json(triggered) if json else show(triggered.run_id)
    return 0


@app.command
def reschedule(
    run_id: RunIdArgument,
    delay: Annotated[str, Parameter(help="When it is due: 45s, 1h30m, 2d from now, or a date.")],
    /,
    *,
    json: Json = False,
    data: Data = None,
) -> None:
    """Move the start of a delayed run."""
    with open_client(data) as client:
        run = client.runs.reschedule(run_id, delay)
    show_json(run) if json else show(f"run {run.id} is due {run.delayed_until}")


@app.command
def move(
    run_id: RunIdArgument | None = None,
    /,
    *,
    to_version: Annotated[
        str, Parameter(help="The version, as workers announce it; `any` for whichever comes.")
    ],
    status: bulk.Status = (),
    task: bulk.Task = (),
    tag: bulk.Tag = (),
    since: bulk.Since = None,
    until: bulk.Until = None,
    account: bulk.Account = None,
    dry_run: bulk.DryRun = False,
    json: Json = False,
    data: Data = None,
) -> int:
    """Let a run that waits go on with another version, or all that the options mean; for operators."""
    version = None if to_version == "any" else to_version
    if run_id is None:
        chosen = bulk.choose(status, task, tag, since, until)
        return bulk.act_on_many(
            "move",
            chosen,
            account=account,
            dry_run=dry_run,
            json=json,
            data=data,
            version=version,
        )
    with open_client(data, as_operator=True) as client:
        run = client.runs.move(run_id, version)
    show_json(run) if json else show(f"run {run.id} is {run.status}{_awaited(run)}")
    return 0


@app.command
def free(
    task: Annotated[str, Parameter(help="Name of the task.")],
    key: Annotated[str, Parameter(help="The idempotency key, as it was given.")],
    /,
    *,
    parent: Annotated[
        str | None,
        Parameter(help="Id of the run within which the key counts. Default: the whole account."),
    ] = None,
    json: Json = False,
    data: Data = None,
) -> None:
    """Let go of an idempotency key, so that the same trigger makes a new run."""
    with open_client(data) as client:
        freed = client.runs.reset_key(task, key, parent_run_id=parent)
    show_json(freed) if json else show("\n".join(freed))


@app.command
def logs(
    run_id: RunIdArgument,
    /,
    *,
    after: Annotated[
        int, Parameter(help="Only lines after this number.", validator=validators.Number(gte=0))
    ] = 0,
    follow: Annotated[
        bool,
        Parameter(negative="", show_default=False, help="Go on until the run has ended."),
    ] = False,
    json: Json = False,
    data: Data = None,
) -> None:
    """Show what a run said; with JSON, a line of it for each."""
    with open_client(data) as client:
        lines = _news(client, run_id, after) if follow else _log(client, run_id, after)
        for line in lines:
            show_json_line(line) if json else show(line.text.removesuffix("\n"))


@app.command
def events(run_id: RunIdArgument, /, *, json: Json = False, data: Data = None) -> None:
    """Show what happened to a run, and when."""
    with open_client(data) as client:
        told = client.runs.events(run_id)
    if json:
        show_json(told)
        return
    show_table(("at", "status", "why"), [(event.at, event.status, event.detail) for event in told])


def _log(client: Client, run_id: str, after: int) -> Iterator[LogLine]:
    """Yield what a run said so far, however much it is."""
    while lines := client.runs.log(run_id, after=after):
        yield from lines
        after = lines[-1].number


def _news(client: Client, run_id: str, after: int) -> Iterator[LogLine]:
    """Yield what a run says until it has ended."""
    for news in client.runs.stream(run_id, after=after):
        if not isinstance(news, Run):
            yield news


def exit_code(run: Run) -> int:
    """Return 0 for a run that completed, else 1, with the reason on stderr."""
    if run.status == "COMPLETED":
        return 0
    complain(f"run {run.id} ended {run.status}{_reason(run)}")
    return 1


def describe(run: Run) -> str:
    """Write a run as lines of name and value, the longest parts last."""
    import msgspec

    facts = {
        "run": run.id,
        "task": run.task_identifier,
        "status": run.status + _awaited(run),
        "created": run.created_at,
        "started": run.started_at,
        "finished": run.finished_at,
        "active": f"{run.duration_ms / 1000:.1f} s",
        "tags": ", ".join(run.tags),
        "doing": "" if run.is_final else step_of(run),
        "error": _reason(run).removeprefix(": "),
    }
    parts = {"payload": run.payload, "output": run.output}
    lines = [f"{name:9} {value}" for name, value in facts.items() if value]
    lines += [
        f"{name:9} {msgspec.json.format(msgspec.json.encode(value), indent=2).decode()}"
        for name, value in parts.items()
        if value is not None and value is not msgspec.UNSET
    ]
    return "\n".join(lines)


def _awaited(run: Run) -> str:
    if run.status != "PENDING_VERSION":
        return ""
    if not run.version:
        return ", no worker knows the task"
    return f", no worker has version {run.version}"


def _reason(run: Run) -> str:
    if not run.error:
        return ""
    return (
        f": {run.error.name}: {run.error.message}" if run.error.name else f": {run.error.message}"
    )


def _row(run: Run) -> tuple[str, ...]:
    done = "" if run.is_final or run.progress is None else f" {run.progress:.0%}"
    return (
        run.id,
        span(now_ms() - parse_iso(run.created_at)),
        span(round(run.duration_ms)),
        run.status + done,
        run.task_identifier,
    )


def span(duration_ms: int) -> str:
    """Write a span of time in its largest unit: ``0.4 s``, ``12 min``, ``3 h``, ``9 d``."""
    seconds = max(0, duration_ms) / 1000
    if seconds < 120:
        return f"{seconds:.1f} s"
    for limit_seconds, unit_seconds, unit in ((7200, 60, "min"), (172_800, 3600, "h")):
        if seconds < limit_seconds:
            return f"{seconds / unit_seconds:.0f} {unit}"
    return f"{seconds / 86_400:.0f} d"
