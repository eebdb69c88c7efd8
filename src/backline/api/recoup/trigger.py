"""Trigger tasks by name: one, a batch of them, or the same again."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET

from backline.accounts import Caller, find_account, may_work_for
from backline.api.auth import reach_of
from backline.api.bodies import require_visible
from backline.api.query import read_account_id
from backline.api.recoup.descent import descent
from backline.api.recoup.options import chosen
from backline.api.services import Services
from backline.engine import Triggered
from backline.errors import AccessDenied
from backline.ids import AccountId, RunId
from backline.runs import NewRun, queries
from backline.runs.payloads import check_payload
from backline.wire.orders import BatchOrder, BatchTriggered, ReplayRun, TaskTriggered, TriggerTask


def trigger(services: Services, caller: Caller, order: TriggerTask) -> TaskTriggered:
    """Open the run that is ordered.

    Raises ``InvalidInput`` naming the field, ``AccessDenied`` for an account
    out of reach.
    """
    run = NewRun(
        task_identifier=require_visible(order.task_identifier, "taskIdentifier"),
        payload=order.payload,
        **chosen(order.options),
        **descent(services, caller, order.options),
        **_whose(services, caller, order.account_id),
    )
    _check(services, [("payload", run)])
    return told(services.dispatch.trigger(run))


def trigger_batch(services: Services, caller: Caller, order: BatchOrder) -> BatchTriggered:
    """Open all runs of a batch. Raises as `trigger`, with the item in the field's name."""
    whose = _whose(services, caller, order.account_id)
    runs = [
        NewRun(
            task_identifier=require_visible(item.task_identifier, f"items[{place}].taskIdentifier"),
            payload=item.payload,
            trigger_function="batchTrigger",
            **chosen(item.options, f"items[{place}].options"),
            **descent(services, caller, item.options, f"items[{place}].options"),
            **whose,
        )
        for place, item in enumerate(order.items)
    ]
    _check(services, [(f"items[{place}].payload", run) for place, run in enumerate(runs)])
    batch = services.dispatch.trigger_batch(runs)
    run_ids = [triggered.run_id for triggered in batch.triggered]
    return BatchTriggered(status="success", batch_id=batch.id, run_ids=run_ids)


def replay(services: Services, caller: Caller, run_id: RunId, changes: ReplayRun) -> TaskTriggered:
    """Open the same run again, with what shall be different. Raises ``InvalidInput``."""
    changed = {
        **chosen(changes.options),
        **descent(services, caller, changes.options),
        "base_cost_cents": services.settings.run_base_cents,
    }
    if changes.payload is not UNSET:
        changed["payload"] = changes.payload
        _check_again(services, run_id, changes.payload)
    return told(services.dispatch.replay(run_id, **changed))


def _check(services: Services, orders: list[tuple[str, NewRun]]) -> None:
    """Raise ``InvalidInput`` for a payload that does not fit its task, by the place it stands at."""
    with services.database.read() as connection:
        for field, new in orders:
            check_payload(
                connection,
                new.task_identifier,
                new.payload,
                field=field,
                version=new.locked_version,
            )


def _check_again(services: Services, run_id: RunId, payload: Any) -> None:
    with services.database.read() as connection:
        run = queries.find_run(connection, run_id)
        if run is not None:
            check_payload(connection, run.task_identifier, payload)


def told(triggered: Triggered) -> TaskTriggered:
    """Return the engine's answer as it travels."""
    return TaskTriggered(status="success", run_id=triggered.run_id, is_cached=triggered.is_cached)


def named_account(services: Services, caller: Caller, text: str | None) -> AccountId:
    """Return the account of ``accountId``, or the caller's own.

    Raises ``AccessDenied`` for one out of reach, whether it exists or not.
    """
    if text is None:
        return caller.account_id
    account_id = read_account_id(text, "accountId")
    with services.database.read() as connection:
        is_allowed = may_work_for(reach_of(connection, caller), account_id)
        if not is_allowed or find_account(connection, account_id) is None:
            raise AccessDenied("Access denied to specified accountId")
    return account_id


def _whose(services: Services, caller: Caller, account_id: str | None) -> dict[str, Any]:
    """Return what every run of this caller is made with."""
    return {
        "account_id": named_account(services, caller, account_id),
        "environment": caller.environment or services.settings.environment,
        "base_cost_cents": services.settings.run_base_cents,
    }
