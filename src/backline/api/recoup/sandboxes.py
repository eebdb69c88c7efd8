"""Sandboxes: an account's room for commands, and the home that it remembers."""

from __future__ import annotations

from anyio import sleep, to_thread
from litestar import delete, get, patch, post

from backline.api.answers import Answer, answer
from backline.api.auth import authenticate, for_caller
from backline.api.bodies import read_json
from backline.api.query import Query
from backline.api.recoup import sandbox_acts as acts
from backline.api.services import AnyRequest, services_of
from backline.clock import stopwatch
from backline.runs import RunStatus, queries
from backline.wire import sandboxes as wire

_UPLOAD_WAIT_MS = 20_000
_LOOK_SECONDS = 0.1


@get("/api/sandboxes")
async def list_sandboxes(request: AnyRequest) -> Answer:
    """Show the account's sandbox and what is in its home."""
    caller = await authenticate(request)
    query = Query(request)
    wish = (query.account_id("account_id"), query.text("sandbox_id"))
    return answer(await to_thread.run_sync(acts.show, services_of(request), caller, *wish))


@post("/api/sandboxes")
async def create_sandbox(request: AnyRequest) -> Answer:
    """Make the account's sandbox if there is none, and trigger a command in it."""
    caller = await authenticate(request)
    order = await read_json(request, wire.SandboxOrder)
    return answer(await to_thread.run_sync(acts.create, services_of(request), caller, order))


@patch("/api/sandboxes")
async def change_sandbox(request: AnyRequest) -> Answer:
    """Bring an older snapshot back, or name a repository. Answers with the snapshot's bare row."""
    caller = await authenticate(request)
    change = await read_json(request, wire.SandboxChange)
    return answer(await to_thread.run_sync(acts.change, services_of(request), caller, change))


@delete("/api/sandboxes", status_code=200)
async def empty_sandbox(request: AnyRequest) -> Answer:
    """Empty the account's home and drop its snapshots."""
    caller = await authenticate(request)
    target = await _target(request)
    return answer(await to_thread.run_sync(acts.empty, services_of(request), caller, target))


@post("/api/sandboxes/setup")
async def set_up_sandbox(request: AnyRequest) -> Answer:
    """Trigger the run that lays out the account's home."""
    caller = await authenticate(request)
    order = (
        await read_json(request, wire.SandboxSetup) if await request.body() else wire.SandboxSetup()
    )
    return answer(await to_thread.run_sync(acts.set_up, services_of(request), caller, order))


@get("/api/sandboxes/snapshots")
async def list_snapshots(request: AnyRequest) -> Answer:
    """List the homes that can be brought back."""
    caller = await authenticate(request)
    account_id = Query(request).account_id("account_id")
    return answer(
        await to_thread.run_sync(acts.snapshots, services_of(request), caller, account_id)
    )


@get("/api/sandboxes/file")
async def read_sandbox_file(request: AnyRequest) -> Answer:
    """Show a file of the account's home."""
    caller = await authenticate(request)
    query = Query(request)
    path, account_id = query.text("path"), query.account_id("account_id")
    return answer(
        await to_thread.run_sync(acts.read, services_of(request), caller, path, account_id)
    )


@post("/api/sandboxes/files")
async def write_sandbox_files(request: AnyRequest) -> Answer:
    """Bring files into the account's home, and wait until they are there."""
    caller = await authenticate(request)
    order = await read_json(request, wire.SandboxFiles)
    services = services_of(request)
    run_id = await to_thread.run_sync(acts.write, services, caller, order)
    elapsed_ms = stopwatch()
    while elapsed_ms() < _UPLOAD_WAIT_MS:
        run = await for_caller(request, lambda connection, _: queries.find_run(connection, run_id))
        if run is None or run.status is RunStatus.PENDING_VERSION:
            break  # no worker is there to wait for
        if run.status.is_final:
            return answer(acts.uploaded(run))
        await sleep(_LOOK_SECONDS)
    return answer(acts.still_uploading(run_id))


async def _target(request: AnyRequest) -> wire.SandboxTarget:
    """Read whose sandbox is meant: from the body if there is one, else from the query."""
    if await request.body():
        return await read_json(request, wire.SandboxTarget)
    return wire.SandboxTarget(account_id=Query(request).account_id("account_id"))
