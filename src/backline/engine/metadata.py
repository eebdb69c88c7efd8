"""What a task says of metadata while it executes: collected, and written in intervals."""

from __future__ import annotations

from collections.abc import Callable

from backline.clock import stopwatch
from backline.ids import RunId
from backline.runs import Run
from backline.runs.metadata import MetadataOperation
from backline.runtime import messages as say

WRITE_INTERVAL_MS = 200
"""Progress is for eyes, and each write is a transaction: five a second are enough."""
FIRST_WRITE_MS = 25
"""The first change is shown soon; a run shorter than this writes its metadata with its end."""
MOST_WAITING_OPERATIONS = 1000
"""A flood is written in pieces of this size, whatever the interval."""


class LiveMetadata:
    """The operations that the ledger does not know yet: on the run's metadata, or an ancestor's.

    A run without a parent is its own parent and root, as in Trigger.dev.
    """

    def __init__(self, run: Run) -> None:
        self._run_ids = {
            "own": run.id,
            "parent": run.parent_id or run.id,
            "root": run.root_id or run.id,
        }
        self._waiting: dict[RunId, dict[str, list[MetadataOperation]]] = {}
        self._count = 0
        self._is_written = False
        self._waited_ms: Callable[[], int] = stopwatch()

    def change(self, message: say.MetadataChanged) -> None:
        """Take in one operation of the task."""
        if not self._waiting and not self._is_written:
            self._waited_ms = stopwatch()
        run_id = self._run_ids[message.whose]
        operation = MetadataOperation(message.operation, message.key, message.value)
        by_key = self._waiting.setdefault(run_id, {})
        by_key[message.key] = _joined(by_key.get(message.key, []), operation)
        self._count += 1

    def due_seconds(self) -> float | None:
        """Return how long the next write may wait; None when there is nothing to write."""
        if not self._waiting:
            return None
        if self._count > MOST_WAITING_OPERATIONS:
            return 0.0
        interval_ms = WRITE_INTERVAL_MS if self._is_written else FIRST_WRITE_MS
        return max(0, interval_ms - self._waited_ms()) / 1000

    def take(self) -> dict[RunId, list[MetadataOperation]]:
        """Return what is to be written now, by run; the run itself comes first."""
        waiting, self._waiting, self._count = self._waiting, {}, 0
        if waiting:
            self._is_written, self._waited_ms = True, stopwatch()
        own = self._run_ids["own"]
        return {
            run_id: [
                operation for operations in waiting[run_id].values() for operation in operations
            ]
            for run_id in sorted(waiting, key=lambda run_id: run_id != own)
        }


def _joined(earlier: list[MetadataOperation], new: MetadataOperation) -> list[MetadataOperation]:
    """Add an operation to those on the same key, leaving out what it makes needless."""
    if new.operation in ("set", "delete"):
        return [new]
    if earlier and (earlier[-1].operation, new.operation) == ("increment", "increment"):
        total = earlier[-1].value + new.value
        return [*earlier[:-1], MetadataOperation("increment", new.key, total)]
    earlier.append(new)
    return earlier
