"""Runs: trigger one, look at one or many, follow one to its end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import msgspec

from backline.client.connection import Connection
from backline.client.run import Run
from backline.client.stream import read_events
from backline.clock import stopwatch
from backline.errors import NotFound, SetupError
from backline.ids import AccountId, RunId
from backline.wire.bulk import BulkDone, BulkOrder
from backline.wire.orders import (
    BatchAnswer,
    BatchItem,
    BatchOrder,
    BatchResults,
    BatchState,
    BatchTriggered,
    KeyFreed,
    KeyReset,
    MoveRun,
    ReplayRun,
    RescheduleRun,
    RunResult,
    TaskTriggered,
    TriggerOptions,
    TriggerTask,
)
from backline.wire.story import LogLine, RunEvent, RunEvents, RunLog

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
        *,
        account_id: AccountId | None = None,
        **options: Any,
    ) -> TaskTriggered:
        """Ask for a task with a JSON payload, and return its run's id at once.

        The run is the caller's own, or that of an account within reach;
        ``options`` are those of ``TriggerOptions``: ``delay="1h"``, ``tags=["tour"]``.
        """
        order = TriggerTask(
            task_identifier=task_identifier,
            payload=payload,
            account_id=account_id,
            options=TriggerOptions(**options),
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

    def stream(self, run_id: RunId, *, after: int = 0) -> Iterator[LogLine | Run]:
        """Yield log lines and the run as they come, without asking again and again.

        Lines come from after the given number on; the run whenever it has
        changed, the last time in full when it has ended. A broken line is
        taken up again where it broke.
        """
        path = f"/api/tasks/runs/{quote(run_id, safe='')}/stream"
        while True:
            try:
                with self._connection.follow(path, {"after": after}) as lines:
                    for news in read_events(lines):
                        if isinstance(news, LogLine):
                            after = news.number
                        yield news
                        if isinstance(news, Run) and news.is_final:
                            return
            except SetupError:
                self._get_patiently(run_id)
            time.sleep(SHORTEST_POLL_SECONDS)

    def cancel(self, run_id: RunId) -> Run:
        """Stop a run and those it triggered; return it as it then stands. Raises ``NotFound``."""
        return self._act(run_id, "cancel", {}).runs[0]

    def replay(self, run_id: RunId, changes: ReplayRun | None = None) -> TaskTriggered:
        """Make a run again, with what shall be different. Raises ``NotFound``, ``InvalidInput``."""
        path = f"/api/tasks/runs/{quote(run_id, safe='')}/replay"
        return self._connection.post(path, TaskTriggered, changes or ReplayRun())

    def reschedule(self, run_id: RunId, delay: str) -> Run:
        """Move the start of a delayed run. Raises ``NotFound``, ``Conflict``, ``InvalidInput``."""
        return self._act(run_id, "reschedule", RescheduleRun(delay=delay)).runs[0]

    def move(self, run_id: RunId, version: str | None) -> Run:
        """Let a run that waits go on with another version, None for any.

        Raises ``NotFound``, ``Conflict``, and ``AccessDenied`` without a secret key.
        """
        path = f"/api/tasks/runs/{quote(run_id, safe='')}"
        answer = self._connection.patch(path, _RunsAnswer, MoveRun(version=version))
        assert answer is not None, "this answer is never null"
        return answer.runs[0]

    def log(self, run_id: RunId, *, after: int = 0, limit: int = 1000) -> list[LogLine]:
        """Return what a run said after the line of this number. Raises ``NotFound``."""
        path = f"/api/tasks/runs/{quote(run_id, safe='')}/logs"
        return self._connection.get(path, RunLog, {"after": after, "limit": limit}).lines

    def events(self, run_id: RunId) -> list[RunEvent]:
        """Return what happened to a run. Raises ``NotFound``."""
        path = f"/api/tasks/runs/{quote(run_id, safe='')}/events"
        return self._connection.get(path, RunEvents).events

    def reset_key(
        self, task_identifier: str, idempotency_key: str, *, parent_run_id: RunId | None = None
    ) -> list[RunId]:
        """Let go of an idempotency key; return the runs that held it. Raises ``NotFound``."""
        wish = KeyReset(
            task_identifier=task_identifier,
            idempotency_key=idempotency_key,
            parent_run_id=parent_run_id,
        )
        path = "/api/tasks/idempotency-keys/reset"
        return self._connection.post(path, KeyFreed, wish).run_ids

    def trigger_batch(self, items: list[BatchItem]) -> BatchTriggered:
        """Ask for up to 1,000 runs at once."""
        return self._connection.post("/api/tasks/batches", BatchTriggered, BatchOrder(items=items))

    def batch(self, batch_id: str) -> BatchState:
        """Return how far a batch is. Raises ``NotFound``."""
        path = f"/api/tasks/batches/{quote(batch_id, safe='')}"
        return self._connection.get(path, BatchAnswer).batch

    def batch_results(self, batch_id: str) -> Iterator[RunResult]:
        """Yield what became of a batch's runs, in the order of its items. Raises ``NotFound``."""
        path = f"/api/tasks/batches/{quote(batch_id, safe='')}/results"
        params: dict[str, str | int] = {"limit": 100}
        while True:
            page = self._connection.get(path, BatchResults, params)
            yield from page.results
            if page.next is None:
                return
            params["after"] = page.next

    def bulk(self, order: BulkOrder) -> Iterator[BulkDone]:
        """Cancel or replay the runs that a filter means, and yield after each call how far it went.

        Raises ``InvalidInput``, ``AccessDenied``.
        """
        while True:
            done = self._connection.post("/api/tasks/bulk", BulkDone, order)
            yield done
            if done.next is None:
                return
            order = msgspec.structs.replace(order, after=done.next)

    def _act(self, run_id: RunId, verb: str, body: object) -> _RunsAnswer:
        path = f"/api/tasks/runs/{quote(run_id, safe='')}/{verb}"
        return self._connection.post(path, _RunsAnswer, body)

    def _get_patiently(self, run_id: RunId) -> Run:
        waited = stopwatch()
        while True:
            try:
                return self.get(run_id)
            except SetupError:
                if waited() >= PATIENCE_MS:
                    raise
