"""Acts upon runs: trigger, cancel, replay, reschedule.

Reads go to ``runs.queries``, acts come here. One transaction writes the ledger
row and, when there is room, the engine's queue entry, so no run is ever in one
and not the other.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

import msgspec

from backline.clock import TimestampMs, now_ms, parse_duration_seconds
from backline.db import Connection, Database
from backline.engine.admission import Admission
from backline.engine.queue import RunQueue
from backline.engine.wakeup import DUE, Bell, ring_at_commit
from backline.errors import Conflict, NotFound
from backline.ids import RunId, new_id
from backline.runs import NewRun, Run, RunStatus, catalog, ledger, queries, queues, waiting
from backline.sdk import TaskFacts

CHUNK = 100
"""Runs of a batch that are opened in one transaction: others get a turn in between."""
_MANY = 25
"""Runs that are stopped or made again in one transaction, for the same reason."""


class Triggered(msgspec.Struct, frozen=True):
    """What a trigger answers: the run, and whether it was there before under the same key."""

    run_id: RunId
    is_cached: bool = False


class Batch(msgspec.Struct, frozen=True):
    """A batch and the runs in it, in the order in which they were asked for."""

    id: str
    triggered: list[Triggered]


class Dispatch:
    """The door through which runs enter the engine, and are stopped."""

    def __init__(
        self,
        database: Database,
        queue: RunQueue,
        bell: Bell,
        *,
        concurrency_limit: int = 100,
        run_base_cents: float = 0.0,
    ) -> None:
        """``concurrency_limit`` is how many runs execute at once in all queues together.

        ``run_base_cents`` is the flat fee of runs whose orders name none.
        """
        self._run_base_cents = run_base_cents
        self._database = database
        self._admission = Admission(queue, concurrency_limit)
        self._bell = bell

    def acting(self) -> AbstractContextManager[Connection]:
        """Open the exclusive transaction that acts upon runs need; its end wakes whom they concern."""
        return self._bell.acting(self._database)

    def trigger(self, new: NewRun) -> Triggered:
        """Open one run. See `trigger_many`."""
        return self.trigger_many([new])[0]

    def trigger_many(self, orders: list[NewRun]) -> list[Triggered]:
        """Open runs, all or none, in one transaction.

        A run whose idempotency key is held answers with the run that holds
        it. A task that no worker announces waits as pending_version.
        """
        with self.acting() as connection:
            return self._open_many(connection, orders)

    def trigger_batch(self, orders: list[NewRun]) -> Batch:
        """Open any number of runs as a batch, a chunk in each transaction."""
        batch_id = new_id("batch")
        triggered: list[Triggered] = []
        for start in range(0, len(orders), CHUNK):
            chunk = orders[start : start + CHUNK]
            with self.acting() as connection:
                if start == 0:
                    ledger.open_batch(connection, batch_id, orders[0].account_id, len(orders))
                triggered += self.open_items(connection, batch_id, start, chunk)
        return Batch(batch_id, triggered)

    def open_items(
        self, connection: Connection, batch_id: str, first_place: int, orders: Sequence[NewRun]
    ) -> list[Triggered]:
        """Open the next runs of a batch within a transaction of `acting`, as `open` does."""
        items = [msgspec.structs.replace(new, batch_id=batch_id) for new in orders]
        triggered = self._open_many(connection, items)
        ledger.add_items(connection, batch_id, first_place, [each.run_id for each in triggered])
        return triggered

    def open(self, connection: Connection, new: NewRun) -> Triggered:
        """Open a run within a transaction of `acting`."""
        return self._open_many(connection, [new])[0]

    def _open_many(self, connection: Connection, orders: Sequence[NewRun]) -> list[Triggered]:
        """Open runs, and then let in those that there is room for."""
        lanes: dict[str, None] = {}
        triggered = [self._open(connection, new, lanes) for new in orders]
        for lane in lanes:
            self._admission.fill(connection, lane)
        return triggered

    def _open(self, connection: Connection, new: NewRun, lanes: dict[str, None]) -> Triggered:
        """Open a run; the lane that it waits in, if it does, joins the ``lanes``."""
        if new.idempotency_key is not None:
            holder = ledger.holder_of_key(connection, new)
            if holder is not None:
                return Triggered(holder, is_cached=True)
        if new.debounce is not None:
            pushed = ledger.push_back(connection, new)
            if pushed is not None:
                self._hold_key(connection, new, pushed)
                return Triggered(pushed, is_cached=True)
            new = msgspec.structs.replace(new, delay_until=ledger.due_at(new))
        facts = catalog.find_task(connection, new.task_identifier, new.locked_version)
        if facts is not None:
            new = _with_defaults(new, facts)
        if not new.base_cost_cents:
            new = msgspec.structs.replace(new, base_cost_cents=self._run_base_cents)
        status = _first_status(new, is_known=facts is not None)
        run_id = ledger.open_run(connection, new, status)
        self._hold_key(connection, new, run_id)
        if new.debounce is not None:
            ledger.remember(connection, new, run_id)
        if status is RunStatus.QUEUED:
            lanes[ledger.lane_of(new)] = None
        if status is RunStatus.DELAYED or new.ttl_seconds is not None:
            ring_at_commit(connection, DUE)
        return Triggered(run_id)

    def _hold_key(self, connection: Connection, new: NewRun, run_id: RunId) -> None:
        if new.idempotency_key is not None and not ledger.hold_key(connection, new, run_id):
            raise Conflict(
                f"idempotencyKey {new.idempotency_key!r} is being used by another call: try again"
            )

    def cancel(self, run_id: RunId) -> RunStatus:
        """Stop a run and the runs that it triggered; a final run is left as it is.

        A waiting run is canceled at once. An executing one is told to stop, and
        is canceled when its process is gone. Returns the status that the run has now.
        Raises ``NotFound`` for an unknown run.
        """
        with self.acting() as connection:
            return self._cancel(connection, [run_id], ledger.CANCELED_BY_CALLER)[0]

    def _cancel(
        self, connection: Connection, run_ids: Sequence[RunId], detail: str
    ) -> list[RunStatus]:
        """Stop runs, and let others follow when all are stopped: one of them would end at once."""
        ended: list[Run] = []
        statuses = [self._stop(connection, run_id, detail, ended) for run_id in run_ids]
        for run in ended:
            self.after_end(connection, run)
        return statuses

    def _stop(
        self, connection: Connection, run_id: RunId, detail: str, ended: list[Run]
    ) -> RunStatus:
        """Stop a run after those that it triggered, and add what has ended by that."""
        run = ledger.lock(connection, run_id)
        if run is None:
            raise NotFound(f"no run {run_id}")
        for child in queries.children_of(connection, run_id):
            if not child.status.is_final:
                self._stop(connection, child.id, f"its parent {run_id} was canceled", ended)
        if run.status is RunStatus.EXECUTING:
            ledger.ask_to_cancel(connection, run_id)
            ring_at_commit(connection, DUE)
        elif not run.status.is_final and ledger.cancel(connection, run_id, run.status, detail):
            ended.append(run)
            return RunStatus.CANCELED
        return run.status

    def heed_cancel(self, connection: Connection, run_id: RunId) -> None:
        """Carry a cancel through that was asked for while the run executed.

        It may have left its worker to wait before it heard, or have triggered more runs since.
        """
        run = ledger.lock(connection, run_id)
        if run is None or run.cancel_asked_at is None:
            return
        if not run.status.is_final:
            ledger.cancel(connection, run_id, run.status, ledger.CANCELED_BY_CALLER)
        children = queries.children_of(connection, run_id)
        going = [child.id for child in children if not child.status.is_final]
        self._cancel(connection, going, f"its parent {run_id} was canceled")

    def after_end(self, connection: Connection, run: Run) -> None:
        """Do what follows when a run has ended or given up its place: fill it, wake its parent.

        ``run`` is the run as it stood before.
        """
        woken = waiting.resolve_for_child(connection, run.id)
        if run.is_admitted:
            self._admission.fill_freed(connection, run.lane)
        for parent_id in woken:
            parent = queries.find_run(connection, parent_id)
            if parent is not None:
                self._admission.fill(connection, parent.lane)

    def reschedule(self, run_id: RunId, due_at: TimestampMs) -> None:
        """Move the start of a delayed run. Raises ``NotFound``, or ``Conflict`` when it is not delayed."""
        with self.acting() as connection:
            run = ledger.lock(connection, run_id)
            if run is None:
                raise NotFound(f"no run {run_id}")
            if not ledger.reschedule(connection, run_id, max(due_at, now_ms())):
                raise Conflict(
                    f"run {run_id} is {run.status}: only a delayed run can be rescheduled"
                )
            ring_at_commit(connection, DUE)

    def cancel_many(self, run_ids: Sequence[RunId]) -> list[RunId]:
        """Stop these runs and those that they triggered, a few in each transaction.

        Returns those that were canceled or told to stop; what had ended meanwhile is passed over.
        """
        stopped: list[RunId] = []
        for chunk in _chunks(run_ids):
            with self.acting() as connection:
                known = queries.summaries(connection, chunk)
                going = [run_id for run_id in chunk if _goes_on(known.get(run_id))]
                self._cancel(connection, going, f"{ledger.CANCELED_BY_CALLER}, with others")
                stopped += going
        return stopped

    def replay_many(self, run_ids: Sequence[RunId]) -> list[RunId]:
        """Trigger these runs again, a few in each transaction. Returns the new ones."""
        made: list[RunId] = []
        for chunk in _chunks(run_ids):
            with self.acting() as connection:
                for run_id in chunk:
                    old = queries.find_run(connection, run_id)
                    if old is not None:
                        made.append(self.open(connection, _again(old)).run_id)
        return made

    def replay(self, run_id: RunId, **changes: Any) -> Triggered:
        """Trigger the same again as a new run: payload, tags, first metadata and every option.

        Not its idempotency key, its delay, its parent and its batch. ``changes`` are fields of ``NewRun`` that shall be different. Raises ``NotFound``.
        """
        with self.acting() as connection:
            old = queries.find_run(connection, run_id)
            if old is None:
                raise NotFound(f"no run {run_id}")
            return self.open(connection, msgspec.structs.replace(_again(old), **changes))

    def admit(self, connection: Connection, task_identifiers: list[str], version: str) -> None:
        """Queue the runs that waited for a worker of this version which knows these tasks."""
        for task in task_identifiers:
            facts = catalog.find_task(connection, task, version)
            if facts is not None:
                ledger.adopt(connection, facts)
        for run_id in queries.waiting_for_version(connection, task_identifiers, version):
            ledger.enqueue(
                connection, run_id, RunStatus.PENDING_VERSION, "a worker announced the task"
            )
        self._admission.fill_all(connection)

    def move(self, run_id: RunId, version: str | None) -> None:
        """Let a run begin, or go on, with another version; None for whichever comes first.

        Raises ``NotFound``, or ``Conflict`` for a run that has ended or is performed right now.
        """
        with self.acting() as connection:
            run = ledger.lock(connection, run_id)
            if run is None:
                raise NotFound(f"no run {run_id}")
            if not _can_move(run):
                raise Conflict(
                    f"run {run_id} is {run.status}: only one that waits can go to another version"
                )
            self._move(connection, run, version)
            self._admission.fill_all(connection)

    def move_many(self, run_ids: Sequence[RunId], version: str | None) -> list[RunId]:
        """Let these runs go on with another version, a few in each transaction.

        Returns those that were moved; what can not be is passed over.
        """
        moved: list[RunId] = []
        for chunk in _chunks(run_ids):
            with self.acting() as connection:
                for run_id in chunk:
                    run = ledger.lock(connection, run_id)
                    if run is not None and _can_move(run):
                        self._move(connection, run, version)
                        moved.append(run_id)
                self._admission.fill_all(connection)
        return moved

    def _move(self, connection: Connection, run: Run, version: str | None) -> None:
        ledger.bind(connection, run.id, run.status, version)
        ledger.give_place_back(connection, run.id)
        if run.status is RunStatus.PENDING_VERSION:
            self._release(connection, run, version)

    def _release(self, connection: Connection, run: Run, version: str | None) -> None:
        """Queue a run that waited for a version, if a worker of the one it now needs lives."""
        if catalog.find_task(connection, run.task_identifier, version) is not None:
            name = "any version" if version is None else f"version {version}"
            ledger.enqueue(
                connection, run.id, RunStatus.PENDING_VERSION, f"an operator moved it to {name}"
            )

    def pass_on(self, run_id: RunId, tasks: Container[str], version: str) -> bool:
        """Hand a run on that came to a worker which does not know its task.

        ``tasks`` are those that the worker knows, ``version`` is its own. Returns
        whether it was so; else somebody else has the run, or nobody needs to.
        """
        with self.acting() as connection:
            run = ledger.lock(connection, run_id)
            if run is None or run.task_identifier in tasks:
                return False
            if run.status is not RunStatus.QUEUED or not run.is_admitted:
                return False
            self._admission.redirect(connection, run, version)
        return True

    def bound_elsewhere(self, connection: Connection, version: str) -> None:
        """After a worker left: runs that only its version may begin wait visibly, if it was the last."""
        for run_id, task in ledger.admitted_on(connection, version):
            if catalog.find_task(connection, task, version) is None:
                ledger.await_version(connection, run_id, version)
        self._admission.fill_all(connection)

    def fill(self, connection: Connection) -> None:
        """Let in whatever waits anywhere, within a transaction of `acting`."""
        self._admission.fill_all(connection)

    def change_queue(self, name: str, **values: Any) -> queues.Queue:
        """Set what an operator may set of a queue, and let in whom that makes room for.

        ``is_paused``, ``override_limit``, ``rate_limit`` with ``rate_period_ms``.
        Raises ``NotFound`` for a queue that no task declares.
        """
        with self.acting() as connection:
            queue = queues.change(connection, name, **values)
            self._admission.fill_all(connection)
        return queue

    def complete_token(self, token_id: str, output: Any) -> None:
        """Complete a token; the first completion counts, later ones change nothing.

        Raises ``NotFound`` for an unknown token.
        """
        text = msgspec.json.encode(output).decode()
        with self.acting() as connection:
            if waiting.find_token(connection, token_id) is None:
                raise NotFound(f"no token {token_id}")
            waiting.complete_token(connection, token_id, text)
            self._admission.fill_all(connection)


def _first_status(new: NewRun, *, is_known: bool) -> RunStatus:
    if new.delay_until is not None and new.delay_until > now_ms():
        return RunStatus.DELAYED
    return RunStatus.QUEUED if is_known else RunStatus.PENDING_VERSION


def _with_defaults(new: NewRun, facts: TaskFacts) -> NewRun:
    """Fill what the trigger left open with what the task's author declared."""
    key = new.account_id if facts.concurrency_per_account and not new.queue else None
    return msgspec.structs.replace(
        new,
        queue=new.queue or facts.queue,
        concurrency_key=key if new.concurrency_key is None else new.concurrency_key,
        ttl_seconds=facts.ttl_seconds if new.ttl_seconds is None else new.ttl_seconds,
    )


def _chunks(run_ids: Sequence[RunId]) -> Iterator[list[RunId]]:
    for start in range(0, len(run_ids), _MANY):
        yield list(run_ids[start : start + _MANY])


def _goes_on(run: Run | None) -> bool:
    return run is not None and not run.status.is_final


def _can_move(run: Run) -> bool:
    return not run.status.is_final and run.status is not RunStatus.EXECUTING


def _again(old: Run) -> NewRun:
    tags = msgspec.json.decode(old.tags, type=list[str])[1:]
    return NewRun(
        account_id=old.account_id,
        task_identifier=old.task_identifier,
        payload=msgspec.json.decode(old.payload or "null"),
        environment=old.environment,
        tags=tuple(tags),  # without the account's, which every run gets
        metadata=None if old.first_metadata is None else msgspec.json.decode(old.first_metadata),
        is_test=old.is_test,
        queue=old.queue,
        concurrency_key=old.concurrency_key,
        machine=old.machine,
        max_attempts=old.max_attempts,
        max_duration_seconds=None if old.max_duration_ms is None else old.max_duration_ms / 1000,
        priority_seconds=old.priority_ms / 1000,
        ttl_seconds=None if old.ttl is None else parse_duration_seconds(old.ttl),
        locked_version=old.locked_version,
        base_cost_cents=old.base_cost_cents,
        replay_of=old.id,
    )
