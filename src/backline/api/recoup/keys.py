"""Idempotency keys: let go of one, so that the same call makes a new run."""

from __future__ import annotations

from anyio import to_thread
from litestar import post

from backline.accounts import Caller
from backline.api.answers import Answer, answer
from backline.api.auth import authenticate
from backline.api.bodies import read_json, require_visible
from backline.api.recoup.trigger import named_account
from backline.api.services import AnyRequest, Services, services_of
from backline.errors import NotFound
from backline.runs import ledger
from backline.wire.orders import KeyFreed, KeyReset


@post("/api/tasks/idempotency-keys/reset")
async def reset_key(request: AnyRequest) -> Answer:
    """Let go of an idempotency key: 200 with the runs that held it, 404 when none did."""
    caller = await authenticate(request)
    wish = await read_json(request, KeyReset)
    return answer(await to_thread.run_sync(_reset, services_of(request), caller, wish))


def _reset(services: Services, caller: Caller, wish: KeyReset) -> KeyFreed:
    account_id = named_account(services, caller, wish.account_id)
    key = require_visible(wish.idempotency_key, "idempotencyKey")
    task = require_visible(wish.task_identifier, "taskIdentifier")
    parent = require_visible(wish.parent_run_id or "", "parentRunId")
    with services.database.write() as connection:
        freed = ledger.reset_key(connection, account_id, task, key, parent)
    if not freed:
        raise NotFound(f"No run of task {task!r} holds the idempotency key {key[:64]!r}")
    return KeyFreed(status="success", run_ids=freed)
