"""Trigger any task by its name."""

from __future__ import annotations

from backline.accounts import Caller, find_account, may_work_for
from backline.api.auth import reach_of
from backline.api.bodies import require_visible
from backline.api.query import read_account_id
from backline.api.services import Services
from backline.errors import AccessDenied, InvalidInput
from backline.ids import AccountId
from backline.runs import NewRun
from backline.runs.run import ACCOUNT_TAG_PREFIX
from backline.wire.recoup import TaskTriggered, TriggerOptions, TriggerTask


def trigger(services: Services, caller: Caller, order: TriggerTask) -> TaskTriggered:
    """Open the run that is ordered.

    Raises ``InvalidInput`` naming the field, ``AccessDenied`` for an account
    out of reach.
    """
    options = order.options
    triggered = services.dispatch.trigger(
        NewRun(
            account_id=_owner(services, caller, order.account_id),
            task_identifier=require_visible(order.task_identifier, "taskIdentifier"),
            payload=order.payload,
            environment=caller.environment or services.settings.environment,
            tags=_checked_tags(options.tags),
            metadata=options.metadata,
            idempotency_key=_checked_key(options),
            is_test=options.test,
            base_cost_cents=services.settings.run_base_cents,
        )
    )
    return TaskTriggered(status="success", run_id=triggered.run_id, is_cached=triggered.is_cached)


def _owner(services: Services, caller: Caller, text: str | None) -> AccountId:
    if text is None:
        return caller.account_id
    account_id = read_account_id(text, "accountId")
    with services.database.read() as connection:
        is_allowed = may_work_for(reach_of(connection, caller), account_id)
        if not is_allowed or find_account(connection, account_id) is None:
            raise AccessDenied("Access denied to specified accountId")
    return account_id


def _checked_tags(tags: list[str]) -> tuple[str, ...]:
    for tag in tags:
        if require_visible(tag, "options.tags").startswith(ACCOUNT_TAG_PREFIX):
            raise InvalidInput(
                f"options.tags: {tag!r} begins with {ACCOUNT_TAG_PREFIX!r}, which backline sets itself",
                "options.tags",
            )
    return tuple(dict.fromkeys(tags))


def _checked_key(options: TriggerOptions) -> str | None:
    key = options.idempotency_key
    return None if key is None else require_visible(key, "options.idempotencyKey")
