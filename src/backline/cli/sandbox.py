"""Sandbox: run commands in the account's own room, and look after its home."""

from __future__ import annotations

import base64
import sys
import time
from typing import Annotated

import msgspec
from cyclopts import App, Parameter, validators

from backline.cli.follow import follow
from backline.cli.options import Data, Json
from backline.cli.reach import open_client
from backline.cli.render import complain, show_json, show_table, tell
from backline.cli.runs import exit_code
from backline.client import Client, Run
from backline.errors import InvalidInput
from backline.ids import RunId
from backline.wire.sandboxes import SandboxOrder
from backline.wire.story import LogLine

app = App(name="sandbox", help="Run commands in a room of your own that remembers its files.")
snapshot = App(name="snapshot", help="Homes that can be brought back.")
app.command(snapshot)
app.command("backline.cli.shell:shell", name="shell")

_LOOK_SECONDS = 0.15
_REFUSED = 125
"""The exit code when there is none of the command's own."""

Account = Annotated[
    str | None, Parameter(help="Id of the account whose sandbox it is. Default: your own.")
]


class _Outcome(msgspec.Struct, rename="camel"):
    exit_code: int = _REFUSED
    limit_reached: str | None = None
    snapshot_error: str | None = None


@app.command
def run(
    command: Annotated[str, Parameter(help="Script for bash, in quotes.")],
    /,
    *,
    read_only: Annotated[
        bool,
        Parameter(
            name="--read-only",
            help="Only read the home; then it need not wait for other commands.",
            negative="",
        ),
    ] = False,
    cwd: Annotated[str | None, Parameter(help="Folder below the home.")] = None,
    timeout: Annotated[
        float,
        Parameter(
            help="Seconds after which it is ended.", validator=validators.Number(gte=0.1, lte=3600)
        ),
    ] = 300.0,
    env: Annotated[
        list[str] | None,
        Parameter(help="Variable for it, as NAME=value; may be given again.", negative=""),
    ] = None,
    account: Account = None,
    json: Json = False,
    data: Data = None,
) -> int:
    """Run a command; its output and its exit code become this command's own."""
    order = SandboxOrder(  # noqa: S604 - it is the sandbox that runs the shell
        command=command,
        shell=True,
        readOnly=read_only,
        cwd=cwd,
        timeout=round(timeout * 1000),
        env=dict(map(_variable, env or [])),
        account_id=account,
    )
    with open_client(data) as client:
        run_id = client.sandboxes.run(order).run_id
        assert isinstance(run_id, str)
        ended = _wait(client, run_id) if json else _stream(client, run_id)
    if json:
        show_json(ended)
    return _report(ended)


@app.command
def setup(
    *,
    file: Annotated[
        list[str] | None,
        Parameter(
            help="Id of an uploaded file to put into files/; may be given again.", negative=""
        ),
    ] = None,
    archive: Annotated[
        str | None,
        Parameter(help="Tar or zip to unpack into the home: a URL, or the id of an uploaded file."),
    ] = None,
    git: Annotated[
        str | None, Parameter(help="URL of a public repository to clone into the home.")
    ] = None,
    account: Account = None,
    json: Json = False,
    data: Data = None,
) -> int:
    """Lay out the home, with what you want in it; safe to repeat."""
    with open_client(data) as client:
        run_id = client.sandboxes.set_up(
            files=file, archive_url=archive, git_url=git, account_id=account
        )
        ended = follow(client, run_id)
    if json:
        show_json(ended)
    return exit_code(ended)


@app.command
def files(*, account: Account = None, json: Json = False, data: Data = None) -> None:
    """List what is in the home."""
    with open_client(data) as client:
        tree = client.sandboxes.show(account_id=account).filetree or []
    if json:
        show_json(tree)
        return
    rows = [("" if entry.type == "tree" else f"{entry.size:,}", entry.path) for entry in tree]
    show_table(("bytes", "path"), rows)


@app.command
def read(
    path: Annotated[str, Parameter(help="File below the home.")],
    /,
    *,
    account: Account = None,
    data: Data = None,
) -> None:
    """Write a file of the home to stdout, byte for byte."""
    with open_client(data) as client:
        found = client.sandboxes.read(path, account_id=account)
    content = (
        base64.b64decode(found.content) if found.encoding == "base64" else found.content.encode()
    )
    sys.stdout.buffer.write(content)


@snapshot.command(name="list")
def list_(*, account: Account = None, json: Json = False, data: Data = None) -> None:
    """List the homes that can be brought back, newest first."""
    with open_client(data) as client:
        found = client.sandboxes.snapshots(account_id=account)
    if json:
        show_json(found)
        return
    rows = [
        (
            each.snapshot_id,
            each.created_at,
            each.expires_at,
            f"{each.entries:,}",
            f"{each.size_bytes:,}",
        )
        for each in found
    ]
    show_table(("snapshot", "made", "expires", "entries", "bytes"), rows)


@snapshot.command
def restore(
    snapshot_id: Annotated[str, Parameter(name="id", help="Id of the snapshot.")],
    /,
    *,
    account: Account = None,
    json: Json = False,
    data: Data = None,
) -> None:
    """Make the home what it was in a snapshot."""
    with open_client(data) as client:
        row = client.sandboxes.restore(snapshot_id, account_id=account)
    if json:
        show_json(row)
    else:
        tell(f"the home is that of {snapshot_id} again")


def _variable(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise InvalidInput(f"--env {text!r} has no value: write NAME=value", "env")
    return name, value


def _wait(client: Client, run_id: RunId) -> Run:
    while not (ended := client.runs.get(run_id)).is_final:
        time.sleep(_LOOK_SECONDS)
    return ended


def _stream(client: Client, run_id: RunId) -> Run:
    """Show a command's output while it comes, until the run has ended."""
    number = 0
    while True:
        seen = client.runs.get(
            run_id
        )  # before the log, so that the log is whole when this is final
        while lines := client.runs.log(run_id, after=number):
            number = lines[-1].number
            for line in lines:
                _show(line)
        if seen.is_final:
            return seen
        time.sleep(_LOOK_SECONDS)


def _show(line: LogLine) -> None:
    if line.stream == "log":
        return
    target = sys.stderr if line.stream == "stderr" else sys.stdout
    target.write(line.text)
    target.flush()


def _report(ended: Run) -> int:
    if ended.status != "COMPLETED":
        exit_code(ended)
        return _REFUSED
    outcome = _outcome(ended)
    if outcome.limit_reached:
        complain(f"the command was ended at its limit of {outcome.limit_reached}")
    if outcome.snapshot_error:
        complain(outcome.snapshot_error)
    return outcome.exit_code


def _outcome(ended: Run) -> _Outcome:
    return msgspec.convert(ended.output or {}, _Outcome)
