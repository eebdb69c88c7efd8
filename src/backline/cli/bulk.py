"""Acts upon many runs at once: the options that say which, and how far it went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from backline.cli.reach import open_client
from backline.cli.render import complain, show, show_json

if TYPE_CHECKING:
    from pathlib import Path

    from backline.wire.bulk import RunFilter

Status = Annotated[
    tuple[str, ...],
    Parameter(
        name="--status",
        help="Runs with this status, such as QUEUED; may be given again.",
        negative="",
        show_default=False,
    ),
]
Task = Annotated[
    tuple[str, ...],
    Parameter(
        name="--task",
        help="Runs of this task; may be given again.",
        negative="",
        show_default=False,
    ),
]
Tag = Annotated[
    tuple[str, ...],
    Parameter(
        name="--tag",
        help="Runs with this tag; may be given again.",
        negative="",
        show_default=False,
    ),
]
Since = Annotated[
    str | None,
    Parameter(name="--from", help="Runs made since: a date, or so long ago, such as 2h."),
]
Until = Annotated[
    str | None, Parameter(name="--to", help="Runs made until: a date, or so long ago.")
]
Account = Annotated[str | None, Parameter(name="--account", help="Whose runs. Default: your own.")]
DryRun = Annotated[
    bool,
    Parameter(name="--dry-run", negative="", show_default=False, help="Only count them."),
]


_VERBS = {"cancel": "canceled or told to stop", "replay": "made again", "move": "moved"}


def choose(
    status: tuple[str, ...],
    task: tuple[str, ...],
    tag: tuple[str, ...],
    since: str | None,
    until: str | None,
) -> RunFilter | None:
    """Return what the options mean; None when they mean nothing."""
    from backline.wire.bulk import RunFilter

    chosen = RunFilter(
        status=[word.upper() for word in status] or None,  # type: ignore[misc]
        task_identifier=list(task) or None,
        tag=list(tag) or None,
        created_from=since,
        created_to=until,
    )
    return None if chosen == RunFilter() else chosen


def act_on_many(
    action: Literal["cancel", "replay", "move"],
    chosen: RunFilter | None,
    *,
    account: str | None,
    dry_run: bool,
    json: bool,
    data: Path | None,
    version: str | None = None,
) -> int:
    """Cancel, replay or move what is chosen, and say how many it was."""
    from backline.wire.bulk import BulkOrder

    if chosen is None:
        complain(f"name a run, or say which to {action}: --status, --task, --tag, --from or --to")
        return 1
    is_move = action == "move"
    order = BulkOrder(
        action=action,
        version=version,
        filter=chosen,
        account_id=account,
        all_accounts=is_move and account is None,
        dry_run=dry_run,
    )
    matched, run_ids = 0, list[str]()
    with open_client(data, as_operator=is_move) as client:
        for done in client.runs.bulk(order):
            matched += done.matched
            run_ids += done.run_ids
    if json:
        show_json({"action": action, "dryRun": dry_run, "matched": matched, "runIds": run_ids})
    elif dry_run:
        show(f"{matched} runs would be meant")
    else:
        show(f"{len(run_ids)} runs {_VERBS[action]}")
    return 0
