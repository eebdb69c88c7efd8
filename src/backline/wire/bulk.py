"""Acts upon many runs at once, chosen by what they have in common."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from backline.wire.orders import Name, Tag
from backline.wire.recoup import TaskRunStatus, Uuid

Since = Annotated[str, Meta(min_length=1, max_length=100)]
"""An ISO 8601 date, or so long ago: ``1h30m``."""


class RunFilter(
    Struct,
    frozen=True,
    kw_only=True,
    rename="camel",
    forbid_unknown_fields=True,
    omit_defaults=True,
):
    """What runs must have to be meant; of a list, any one is enough."""

    status: Annotated[list[TaskRunStatus], Meta(min_length=1, max_length=12)] | None = None
    """If not said, to cancel: whatever has not ended; to replay: whatever went wrong; to move:
    whatever waits for a version."""
    task_identifier: Annotated[list[Name], Meta(min_length=1, max_length=100)] | None = None
    tag: Annotated[list[Tag], Meta(min_length=1, max_length=100)] | None = None
    created_from: Since | None = None
    created_to: Since | None = None
    """Both ends are included."""


class BulkOrder(
    Struct,
    frozen=True,
    kw_only=True,
    rename="camel",
    forbid_unknown_fields=True,
    omit_defaults=True,
):
    """Do something to all runs that are meant, the oldest first."""

    action: Literal["cancel", "replay", "move"]
    version: Name | None = None
    """To move: the version that they go on with, null for any."""
    filter: RunFilter = RunFilter()
    account_id: Uuid | None = None
    """Whose runs; the caller's own account if not said."""
    all_accounts: bool = False
    """Everyone's runs; for operators."""
    dry_run: bool = False
    """Count only."""
    limit: Annotated[int, Meta(ge=1, le=1000)] = 500
    """How many at most in this call."""
    after: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    """``next`` of the call before."""


class BulkDone(Struct, frozen=True, kw_only=True, rename="camel"):
    """How far it went."""

    status: Literal["success"]
    action: Literal["cancel", "replay", "move"]
    matched: int
    """How many runs are meant, from ``after`` on; when it is no dry run, how many this call did."""
    run_ids: list[str]
    """The runs that were canceled or told to stop, those that were moved, or the new ones."""
    next: str | None
    """Where the next call goes on; null when all is done."""
