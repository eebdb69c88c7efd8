"""Cancel or replay many runs at once, chosen by what they have in common."""

from __future__ import annotations

import re

import msgspec
from anyio import to_thread
from litestar import post

from backline.accounts import Caller
from backline.api.answers import Answer, answer
from backline.api.auth import authenticate
from backline.api.bodies import read_json, require_visible
from backline.api.query import read_account_id
from backline.api.recoup.one_run import is_within_reach
from backline.api.recoup.options import read_date
from backline.api.recoup.run_acts import FOR_OPERATORS
from backline.api.recoup.task_run import STATUSES
from backline.api.services import AnyRequest, Services, services_of
from backline.clock import TimestampMs, now_ms, parse_duration_seconds
from backline.engine import Dispatch
from backline.errors import AccessDenied, InvalidInput
from backline.ids import AccountId, RunId, new_id
from backline.runs import RunStatus, selection
from backline.runs.selection import Selection
from backline.runs.status import FINAL
from backline.wire.bulk import BulkDone, BulkOrder

WENT_WRONG = FINAL - {RunStatus.COMPLETED, RunStatus.CANCELED, RunStatus.EXPIRED}
"""What is replayed when no status is named."""

_WAITS = frozenset(RunStatus) - FINAL - {RunStatus.EXECUTING}
_CONCERNED = {
    "cancel": (frozenset(RunStatus) - FINAL, frozenset(RunStatus) - FINAL),
    "replay": (frozenset(RunStatus), WENT_WRONG),
    "move": (_WAITS, frozenset({RunStatus.PENDING_VERSION})),
}
"""For each act the statuses that it can be done to, and those that are meant when none is named."""

_CURSOR = re.compile(r"(?P<run_id>run_[0-9a-z]{26})~(?P<before>run_[0-9a-z]{26})")


@post("/api/tasks/bulk")
async def act_in_bulk(request: AnyRequest) -> Answer:
    """Cancel or replay the runs that a filter means, so many at a time."""
    caller = await authenticate(request)
    order = await read_json(request, BulkOrder)
    return answer(await to_thread.run_sync(_act, services_of(request), caller, order))


def _act(services: Services, caller: Caller, order: BulkOrder) -> BulkDone:
    if order.action == "move" and not caller.is_operator:
        raise AccessDenied(FOR_OPERATORS)
    if order.version is not None:
        require_visible(order.version, "version")
    place = _place(order)
    wanted = _selection(services, caller, order, place.before)
    with services.database.read() as connection:
        if order.dry_run:
            matched = selection.count(connection, wanted, place.run_id)
            return _told(order, matched, [], None)
        found = selection.page(connection, wanted, place.run_id, order.limit)
    done = _done(services.dispatch, order, found)
    is_all = len(found) < order.limit
    return _told(order, len(found), done, None if is_all else f"{found[-1]}~{place.before}")


def _done(dispatch: Dispatch, order: BulkOrder, run_ids: list[RunId]) -> list[RunId]:
    match order.action:
        case "cancel":
            return dispatch.cancel_many(run_ids)
        case "replay":
            return dispatch.replay_many(run_ids)
        case "move":
            return dispatch.move_many(run_ids, order.version)


def _told(order: BulkOrder, matched: int, run_ids: list[str], following: str | None) -> BulkDone:
    return BulkDone(
        status="success", action=order.action, matched=matched, run_ids=run_ids, next=following
    )


class _Place(msgspec.Struct, frozen=True):
    """How far earlier calls came."""

    run_id: RunId | None
    before: RunId
    """Drawn at the first call: what a replay makes is later, and not replayed by the next call."""


def _place(order: BulkOrder) -> _Place:
    if order.after is None:
        return _Place(None, new_id("run"))
    found = _CURSOR.fullmatch(order.after)
    if found is None:
        raise InvalidInput(f"after={order.after!r} is no `next` of an earlier call", "after")
    return _Place(found["run_id"], found["before"])


def _selection(services: Services, caller: Caller, order: BulkOrder, before: RunId) -> Selection:
    chosen = order.filter
    return Selection(
        account_id=_whose(services, caller, order),
        statuses=_statuses(order),
        task_identifiers=_visible(chosen.task_identifier, "filter.taskIdentifier"),
        tags=_visible(chosen.tag, "filter.tag"),
        created_from=_moment(chosen.created_from, "filter.createdFrom"),
        created_to=_moment(chosen.created_to, "filter.createdTo"),
        before=before,
    )


def _whose(services: Services, caller: Caller, order: BulkOrder) -> AccountId | None:
    if order.all_accounts:
        if not caller.is_operator:
            raise AccessDenied(
                "allAccounts is an operator's: use the environment's secret key (tr_…)"
            )
        return None
    if order.account_id is None:
        return caller.account_id
    account_id = read_account_id(order.account_id, "accountId")
    with services.database.read() as connection:
        if not is_within_reach(connection, caller, account_id):
            raise AccessDenied("Access denied to specified accountId")
    return account_id


def _statuses(order: BulkOrder) -> frozenset[RunStatus]:
    """Return the ledger's statuses behind the contract's words, as far as the act concerns them."""
    concerned, usual = _CONCERNED[order.action]
    if order.filter.status is None:
        return usual
    return concerned & {status for status in RunStatus if STATUSES[status] in order.filter.status}


def _moment(text: str | None, field: str) -> TimestampMs | None:
    """Read a date, or so long ago. Raises ``InvalidInput``."""
    if text is None:
        return None
    try:
        return now_ms() - 1000 * parse_duration_seconds(text)
    except ValueError:
        return read_date(text, field)


def _visible(texts: list[str] | None, field: str) -> frozenset[str] | None:
    return None if texts is None else frozenset(require_visible(text, field) for text in texts)
