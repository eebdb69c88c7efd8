"""The tasks that work in sandboxes, as workers know them.

They share one queue, in which the runs of one account go one after another.
"""

from __future__ import annotations

import hashlib
import tempfile
from functools import partial
from pathlib import Path
from typing import Final

from backline.errors import TooLarge
from backline.fetch import fetch
from backline.sandbox import ChangedFile, Finished
from backline.sandboxing.messages import Saved
from backline.sandboxing.order import (
    CommandOrder,
    CommandResult,
    SetupOrder,
    SetupResult,
    WriteOrder,
    WriteResult,
    WrittenFile,
)
from backline.sandboxing.output import Output
from backline.sandboxing.seeds import clone, lay_out, unpack
from backline.sandboxing.visit import Looked, Visit, look, visit
from backline.sdk import Context, task
from backline.settings import are_private_urls_allowed

QUEUE: Final = "sandboxes"
_MOST_CHANGED_FILES: Final = 1000
_MAX_FETCHED_BYTES: Final = 100 * 1024 * 1024
MAX_ARCHIVE_BYTES: Final = 500 * 1024 * 1024

_in_sandbox = partial(
    task,
    queue=QUEUE,
    concurrency_limit=1,
    concurrency_per_account=True,
    machine="medium-1x",
    max_duration_seconds=2 * 3600,
)
"""A task whose runs take turns in their account's sandbox."""


@_in_sandbox("run-sandbox-command")
def run_sandbox_command(order: CommandOrder, ctx: Context) -> CommandResult:
    """Run a command in the account's sandbox; whatever its exit code, the run completes."""
    return ctx.step("command", _look if order.read_only else _run_command, order, ctx)


@_in_sandbox("setup-sandbox")
def setup_sandbox(order: SetupOrder, ctx: Context) -> SetupResult:
    """Lay out the account's home, without touching what is there already."""
    return ctx.step("setup", _set_up, order, ctx)


@_in_sandbox("write-sandbox-files")
def write_sandbox_files(order: WriteOrder, ctx: Context) -> WriteResult:
    """Put files into the account's home, over what is there."""
    return ctx.step("write", _write, order, ctx)


def _run_command(order: CommandOrder, ctx: Context) -> CommandResult:
    output = Output(ctx)
    with visit(ctx, order.account_id, order.sandbox_id) as room:
        finished = _perform(order, ctx, room, output)
        ctx.metadata.set("currentStep", "keeping the home")
        snapshot, changed, refusal = _try_to_save(room, finished.limit)
    return _result(room, finished, output, snapshot, changed, refusal)


def _look(order: CommandOrder, ctx: Context) -> CommandResult:
    output = Output(ctx)
    with look(ctx, order.account_id, order.sandbox_id) as (room, snapshot):
        finished = _perform(order, ctx, room, output)
    return _result(room, finished, output, snapshot)


def _perform(order: CommandOrder, ctx: Context, room: Looked, output: Output) -> Finished:
    command = order.read(room.hosts)
    ctx.metadata.set("currentStep", "running the command")
    finished = room.run(command, output.take)
    output.close()
    return finished


def _result(
    room: Looked,
    finished: Finished,
    output: Output,
    snapshot: Saved | None,
    changed: tuple[ChangedFile, ...] = (),
    refusal: str | None = None,
) -> CommandResult:
    return CommandResult(
        stdout=output.text("stdout"),
        stderr=output.text("stderr"),
        exit_code=finished.exit_code,
        timed_out=finished.limit == "duration",
        limit_reached=finished.limit,
        duration_ms=finished.duration_ms,
        changed_files=list(changed[:_MOST_CHANGED_FILES]),
        changed_file_count=len(changed),
        output_truncated=output.is_truncated,
        output_files=output.save_long(),
        sandbox_id=room.sandbox_id,
        snapshot=snapshot,
        snapshot_error=refusal,
    )


def _try_to_save(
    room: Visit, limit: str | None
) -> tuple[Saved | None, tuple[ChangedFile, ...], str | None]:
    """Keep the home, unless it is what went over its limit; then the one before stays."""
    if limit == "home":
        return None, (), "the home grew beyond its limit: it is as it was before the command"
    try:
        snapshot, changed = room.save()
    except TooLarge as refusal:
        return None, (), str(refusal)
    return snapshot, changed, None


def _set_up(order: SetupOrder, ctx: Context) -> SetupResult:
    seeds = [ctx.files.open(file_id) for file_id in order.files]
    archive = (
        None if order.archive_url is None else _bring(ctx, order.archive_url, MAX_ARCHIVE_BYTES)
    )
    with visit(ctx, order.account_id) as room:
        lay_out(room)
        room.sandbox.write({f"files/{path.name}": path for path in seeds})
        if archive is not None:
            unpack(room, archive)
        if order.git_url is not None:
            clone(room, order.git_url)
        snapshot, changed = room.save()
    return SetupResult(
        sandbox_id=room.sandbox_id,
        snapshot_id=snapshot.id,
        snapshot=snapshot,
        changed_files=list(changed[:_MOST_CHANGED_FILES]),
    )


def _bring(ctx: Context, source: str, max_bytes: int = _MAX_FETCHED_BYTES) -> Path:
    """Return a local copy of an uploaded file, or of what a URL leads to."""
    if not source.startswith(("http://", "https://")):
        return ctx.files.open(source)
    folder = Path(tempfile.mkdtemp(dir=ctx.workdir))
    may = are_private_urls_allowed()
    return fetch(source, folder, max_bytes=max_bytes, allow_private=may).path


def _write(order: WriteOrder, ctx: Context) -> WriteResult:
    files = {path: _bring(ctx, source) for path, source in order.files.items()}
    with visit(ctx, order.account_id) as room:
        room.sandbox.write(files)
        snapshot, _ = room.save()
    written = []
    for path, local in files.items():
        with local.open("rb") as file:
            written.append(
                WrittenFile(path=path, sha=hashlib.file_digest(file, "sha256").hexdigest())
            )
    return WriteResult(uploaded=written, snapshot=snapshot)
