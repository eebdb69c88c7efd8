"""Where an ordered run comes from: the run that it is made for, and whose keys it shares."""

from __future__ import annotations

from typing import Any

from backline.accounts import Caller
from backline.api.recoup.one_run import require_run
from backline.api.services import Services
from backline.errors import Conflict, InvalidInput, NotFound
from backline.runs import Run, ledger, queries
from backline.wire.orders import TriggerOptions


def descent(
    services: Services, caller: Caller, options: TriggerOptions, at: str = "options"
) -> dict[str, Any]:
    """Return what the options say of the run's parent, as fields of ``NewRun``.

    Raises ``InvalidInput`` for a parent out of reach, or a scope without one,
    ``Conflict`` for a parent that has ended.
    """
    scope = options.idempotency_key_scope or "global"
    if options.parent_run_id is None:
        if scope != "global":
            field = f"{at}.idempotencyKeyScope"
            raise InvalidInput(f"{field}: {scope!r} needs parentRunId beside it", field)
        return {}
    parent = _parent(services, caller, options.parent_run_id, f"{at}.parentRunId")
    return {
        "parent_id": parent.id,
        "root_id": parent.root_id,
        "depth": parent.depth + 1,
        "idempotency_scope": _bound_to(parent, scope),
    }


def _bound_to(parent: Run, scope: str) -> str:
    if scope == "attempt":
        return ledger.attempt_scope(parent.id, parent.attempt_count)
    return parent.id if scope == "run" else ""


def _parent(services: Services, caller: Caller, run_id: str, field: str) -> Run:
    with services.database.read() as connection:
        try:
            require_run(connection, caller, run_id)
        except NotFound:
            raise InvalidInput(f"{field}: there is no run {run_id[:64]!r}", field) from None
        parent = queries.find_run(connection, run_id)
    if parent is None or parent.status.is_final:
        raise Conflict(f"{field}: run {run_id} has ended, and can not make others")
    return parent
