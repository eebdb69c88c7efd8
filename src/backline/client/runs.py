"""Runs: trigger one, look at one or many, follow one to its end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import msgspec

from backline.client.connection import Connection
from backline.client.run import Run
from backline.clock import stopwatch
from backline.errors import NotFound, SetupError
from backline.ids import AccountId, RunId
from backline.wire.orders import TaskTriggered, TriggerOptions, TriggerTask

SHORTEST_POLL_SECONDS = 0.2
LONGEST_POLL_SECONDS = 1.0
"""A run that shows no news is asked after less and less often, up to once a second."""
PATIENCE_MS = 30_000
"""So long is a server waited for that does not answer any more."""


class _RunsAnswer(msgspec.Struct, frozen=True):
    runs: list[Run]


class Runs:
    """The runs within the caller's reach."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def trigger(
        self,
        task_identifier: str,
        payload: object = None,
        **options: Any,
    ) -> TaskTriggered:
        """Ask for a task with a JSON payload, and return its run's id at once.

        ``options`` are those of ``TriggerOptions``: ``delay="1h"``, ``tags=["tour"]``.
        """
        order = TriggerTask(
            task_identifier=task_identifier, payload=payload, options=TriggerOptions(**options)
        )
        return self._connection.post("/api/tasks/runs", TaskTriggered, order)

    def get(self, run_id: RunId) -> Run:
        """Return one run, with payload, output and attempts. Raises ``NotFound``."""
        try:
            answer = self._connection.get("/api/tasks/runs", _RunsAnswer, {"runId": run_id})
        except NotFound:
            raise NotFound(
                f"run {run_id!r} is not known here: `backline runs list` shows yours"
            ) from None
        return answer.runs[0]

    def newest(self, *, limit: int | None = None, account_id: AccountId | None = None) -> list[Run]:
        """Return the newest runs first: 20 unless told otherwise, 100 at most."""
        wanted = {"limit": limit, "account_id": account_id}
        params = {name: value for name, value in wanted.items() if value is not None}
        return self._connection.get("/api/tasks/runs", _RunsAnswer, params).runs

    def follow(self, run_id: RunId) -> Iterator[Run]:
        """Yield the run now and whenever it changes, the last time when it has ended.

        A server that is away, for a restart say, is waited for: half a minute at a time.
        """
        last: Run | None = None
        pause_seconds = SHORTEST_POLL_SECONDS
        while last is None or not last.is_final:
            run = self._get_patiently(run_id)
            if run == last:
                pause_seconds = min(LONGEST_POLL_SECONDS, pause_seconds * 1.5)
            else:
                pause_seconds = SHORTEST_POLL_SECONDS
                yield run
            last = run
            if not run.is_final:
                time.sleep(pause_seconds)

    def _get_patiently(self, run_id: RunId) -> Run:
        waited = stopwatch()
        while True:
            try:
                return self.get(run_id)
            except SetupError:
                if waited() >= PATIENCE_MS:
                    raise
