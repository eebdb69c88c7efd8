"""Runs: the newest ones, one in full, one until it ends."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter, validators

from backline.cli.follow import follow, step_of
from backline.cli.options import Data, Json
from backline.cli.reach import open_client
from backline.cli.render import complain, show, show_json, show_table
from backline.client import Run

app = App(name="runs", help="Look at runs.")

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
    columns = ("run", "task", "status", "created", "active", "step")
    show_table(columns, [_row(run) for run in runs])


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
        "status": run.status,
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


def _reason(run: Run) -> str:
    if not run.error:
        return ""
    return (
        f": {run.error.name}: {run.error.message}" if run.error.name else f": {run.error.message}"
    )


def _row(run: Run) -> tuple[str, ...]:
    return (
        run.id,
        run.task_identifier,
        run.status,
        run.created_at[:19].replace("T", " "),
        f"{run.duration_ms / 1000:.1f} s",
        "" if run.is_final else step_of(run),
    )
