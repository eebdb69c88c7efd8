"""Forgetting: runs that ended long ago go, with their files and whatever the engine remembers.

A little at a time, so that nobody waits for it: files first, then what the
engine kept, and the ledger's rows last. Whatever is interrupted is found again
by the next look, on this worker or another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from backline.clock import now_ms
from backline.db import Database
from backline.engine.queue import RunQueue
from backline.ids import RunId
from backline.rounds import BATCH
from backline.runs import retention

DAY_MS = 24 * 3600 * 1000


class Retention:
    """Forgets runs ``keep_days`` after their end; any number of workers may."""

    def __init__(
        self,
        database: Database,
        queue: RunQueue,
        forget_files: Callable[[Sequence[RunId]], object],
        keep_days: float,
        forget_others: Callable[[int], object] = lambda _before_ms: None,
    ) -> None:
        """``forget_others`` is asked once a day for what belongs to no run and is older than a moment."""
        self._database = database
        self._queue = queue
        self._forget_files = forget_files
        self._keep_ms = round(keep_days * DAY_MS)
        self._forget_others = forget_others
        self._others_looked_at_ms = 0

    def sweep(self) -> int:
        """Forget one batch, and some of what was left behind. Returns how many runs went."""
        before = now_ms() - self._keep_ms
        with self._database.read() as connection:
            old = retention.old_runs(connection, before, BATCH)
        run_ids = [run.id for run in old]
        if old:
            self._forget_files(run_ids)
            self._queue.forget({run.id: run.admission_count for run in old})
        with self._database.write() as connection:
            gone = retention.remove_runs(connection, run_ids) if run_ids else 0
            retention.remove_leftovers(connection, before, BATCH)
        if now_ms() - self._others_looked_at_ms > DAY_MS:
            self._forget_others(before)
            self._others_looked_at_ms = now_ms()
        return gone
