"""What a run does beyond itself: it triggers other runs, and waits for them, a token or the time."""

from __future__ import annotations

from typing import Any

import msgspec

from backline.clock import TimestampMs, now_ms
from backline.db import Connection, Database
from backline.engine.dispatch import CHUNK, Dispatch
from backline.errors import NotFound, RunLost
from backline.ids import RunId, new_id
from backline.runs import Attempt, NewRun, Run, Wait, batches, ledger, queries, waiting
from backline.runtime import messages as say
from backline.sdk import KeyScope

SHORT_WAIT_MS = 5_000
"""A wait up to this long is slept through in the process, as Trigger.dev does; freezing costs more."""


class Kin:
    """The run's dealings with others, for one attempt on one worker."""

    def __init__(self, database: Database, dispatch: Dispatch, run: Run, attempt: Attempt) -> None:
        self._database = database
        self._dispatch = dispatch
        self._run = run
        self._attempt = attempt

    def trigger(self, asked: say.TriggerAsked) -> list[RunId] | Wait:
        """Trigger the runs, once per key, and say what to wait for, if the task does.

        A batch is opened a chunk at a time; after a crash it goes on behind the last one.
        """
        ids_key = waiting.ids_key(asked.key) if asked.is_waited_for else asked.key
        ids: list[RunId] | None = None
        while ids is None:
            with self._dispatch.acting() as connection:
                ids = self._kept(connection, ids_key) or self._open(connection, asked, ids_key)
        return Wait(key=asked.key, kind="runs") if asked.is_waited_for else ids

    def _open(
        self, connection: Connection, asked: say.TriggerAsked, ids_key: str
    ) -> list[RunId] | None:
        """Open the next runs that are asked for. Returns the ids of all; None while there are more."""
        if asked.is_batch:
            batch_id = self._batch_id(connection, asked)
            before = [item.run_id for item in batches.items_of_batch(connection, batch_id)]
            orders = asked.orders[len(before) : len(before) + CHUNK]
            children = [self._child(order, asked) for order in orders]
            opened = self._dispatch.open_items(connection, batch_id, len(before), children)
        else:
            before = []
            opened = [self._dispatch.open(connection, self._child(asked.orders[0], asked))]
        if asked.is_waited_for:
            for held in (triggered for triggered in opened if triggered.is_cached):
                waiting.share_child(connection, held.run_id, self._run.id, asked.key)
        ids = [*before, *(triggered.run_id for triggered in opened)]
        if len(ids) < len(asked.orders):
            return None
        self._keep(connection, ids_key, ids)
        return ids

    def _batch_id(self, connection: Connection, asked: say.TriggerAsked) -> str:
        """Return the batch that is opened under the key, from before a crash if there was one."""
        key = f"{asked.key}.batch"
        batch_id: str | None = self._kept(connection, key)
        if batch_id is None:
            batch_id = new_id("batch")
            ledger.open_batch(connection, batch_id, self._run.account_id, len(asked.orders))
        self._keep(connection, key, batch_id)
        return batch_id

    def _kept(self, connection: Connection, key: str) -> Any:
        kept = queries.find_step(connection, self._run.id, key)
        return None if kept is None else msgspec.json.decode(kept)

    def _keep(self, connection: Connection, key: str, value: Any) -> None:
        text = msgspec.json.encode(value).decode()
        attempt = self._attempt
        if not ledger.keep_step(connection, self._run.id, attempt.id, attempt.worker_id, key, text):
            raise RunLost(f"run {self._run.id} was taken over while it triggered others")

    def _child(self, order: say.ChildOrder, asked: say.TriggerAsked) -> NewRun:
        verb = "batchTrigger" if asked.is_batch else "trigger"
        said = msgspec.structs.asdict(order) | {"tags": tuple(order.tags)}
        scope = self._scope(said.pop("idempotency_key_scope"))
        locked_version = said.pop("lock_to_version")
        return NewRun(
            **said,
            idempotency_scope=scope,
            locked_version=locked_version,
            account_id=self._run.account_id,
            environment=self._run.environment,
            is_test=self._run.is_test,
            trigger_function=f"{verb}AndWait" if asked.is_waited_for else verb,
            parent_id=self._run.id,
            root_id=self._run.root_id,
            depth=self._run.depth + 1,
            resume_key=asked.key if asked.is_waited_for else None,
        )

    def _scope(self, wanted: KeyScope) -> str:
        """Return what the idempotency keys of this run's children are bound to."""
        if wanted == "global":
            return ""
        if wanted == "run":
            return self._run.id
        return ledger.attempt_scope(self._run.id, self._attempt.number)

    def wait(self, asked: say.WaitAsked, *, is_one_of_many: bool = False) -> say.WaitHere | Wait:
        """Decide how a wait is waited: here, or frozen.

        One of many may be asked for again, after another one is over: it ends
        when it was to end at first. Raises ``NotFound`` for a token that does not exist.
        """
        if asked.token_id is not None:
            self._require_token(asked.token_id)
            return Wait(key=asked.key, kind="token", token_id=asked.token_id)
        until = (self._until_before(asked.key) if is_one_of_many else None) or asked.until or 0
        left_ms = until - now_ms()
        if left_ms <= SHORT_WAIT_MS:
            return say.WaitHere(max(0, left_ms) / 1000)
        return Wait(key=asked.key, kind="time", until=until)

    def _require_token(self, token_id: str) -> None:
        with self._database.read() as connection:
            if waiting.find_token(connection, token_id) is None:
                raise NotFound(
                    f"there is no token {token_id[:64]!r} to wait for: make one with ctx.new_token()"
                )

    def look(self, wait: Wait) -> str | None:
        """Return the answer of a wait that is over by now, JSON text."""
        with self._database.read() as connection:
            return answer_at_once(connection, self._run.id, wait)

    def _until_before(self, key: str) -> TimestampMs | None:
        with self._database.read() as connection:
            return waiting.until_of(connection, self._run.id, key)

    def open_token(self, asked: say.TokenAsked) -> dict[str, Any]:
        """Make a token of the run's account, once per key."""
        timeout = asked.timeout_seconds
        with self._database.write() as connection:
            token = waiting.open_token(
                connection,
                self._run.account_id,
                timeout_at=None if timeout is None else now_ms() + round(timeout * 1000),
                idempotency_key=f"{self._run.id}/{asked.key}",
            )
        return {"id": token.id}

    def add_tags(self, tags: list[str]) -> None:
        """Give the run more tags. Raises ``InvalidInput`` beyond what a run may carry."""
        with self._database.write() as connection:
            ledger.add_tags(connection, self._run.id, tags)


def answer_at_once(connection: Connection, run_id: RunId, wait: Wait) -> str | None:
    """Return the answer of a wait that is over before it began, JSON text."""
    if wait.kind == "runs":
        return waiting.results_if_all_ended(connection, run_id, wait.key)
    if wait.kind == "token":
        token = waiting.find_token(connection, wait.token_id or "")
        if token is None or token.status == waiting.WAITING:
            return None
        return waiting.token_answer(token.status, token.output)
    return "null" if (wait.until or 0) <= now_ms() else None
