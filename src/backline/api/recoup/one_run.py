"""One run: whether the caller may see it, and all that is shown of it."""

from __future__ import annotations

from backline.accounts import Caller, may_see
from backline.api.auth import reach_of
from backline.api.recoup.task_run import detail, related_run
from backline.db import Connection
from backline.errors import NotFound
from backline.ids import AccountId, RunId
from backline.runs import Run, queries
from backline.wire.recoup import RelatedRuns, TaskRun

NOT_FOUND = "Task run not found"


def require_run(connection: Connection, caller: Caller, run_id: RunId) -> None:
    """Raise ``NotFound`` for a run that does not exist, and just so for one out of reach."""
    owner_id = queries.owner_of(connection, run_id) if is_storable(run_id) else None
    if not is_within_reach(connection, caller, owner_id):
        raise NotFound(NOT_FOUND)


def is_within_reach(connection: Connection, caller: Caller, owner_id: AccountId | None) -> bool:
    """Tell whether the caller may see what belongs to an account; None is nobody's.

    What is out of reach takes the same statements as what does not exist.
    """
    if owner_id is not None and owner_id == caller.account_id:
        return True
    reach = reach_of(connection, caller)
    return owner_id is not None and may_see(reach, owner_id)


def is_storable(text: str) -> bool:
    """Tell whether a database could hold this text; Postgres refuses to be asked for zero bytes."""
    return text.isprintable()


def show_run(connection: Connection, run_id: RunId) -> TaskRun:
    """Return a run with all that is shown when it is asked for by its id. Raises ``NotFound``."""
    run = queries.find_run(connection, run_id)
    if run is None:
        raise NotFound(NOT_FOUND)
    return detail(run, queries.attempts_of(connection, run_id), _family(connection, run))


def _family(connection: Connection, run: Run) -> RelatedRuns | None:
    """Return the runs around a run, None when it stands alone."""
    children = queries.children_of(connection, run.id)
    if run.parent_id is None and not children:
        return None
    above = {run_id for run_id in (run.root_id, run.parent_id) if run_id and run_id != run.id}
    known = queries.summaries(connection, sorted(above))
    root, parent = known.get(run.root_id or ""), known.get(run.parent_id or "")
    return RelatedRuns(
        root=related_run(root) if root else None,
        parent=related_run(parent) if parent else None,
        children=[related_run(child) for child in children],
    )
