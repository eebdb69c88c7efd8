"""What a run triggers, chunk by chunk, as its worker opens it."""

from __future__ import annotations

from typing import Any

import pytest

from backline.db import Database
from backline.engine import Dispatch
from backline.engine.dispatch import CHUNK
from backline.engine.kin import Kin
from backline.errors import RunLost
from backline.runs import NewRun, RunError, RunStatus, Wait, batches, ledger, queries
from backline.runtime import messages as say

BATCH = say.TriggerAsked(
    key="batch mix",
    orders=[say.ChildOrder(task_identifier="mix", payload=n) for n in range(2 * CHUNK + 1)],
    is_batch=True,
    is_waited_for=True,
)


@pytest.fixture
def kin(database: Database, dispatch: Dispatch) -> Kin:
    """What a run that a worker performs has for its dealings with others."""
    with database.exclusive() as connection:
        album = NewRun(account_id="alice", task_identifier="album")
        run_id = ledger.open_run(connection, album, RunStatus.QUEUED)
        ledger.admit(connection, run_id)
        attempt = ledger.start_attempt(connection, run_id, "worker_1", "v1")
        run = queries.find_run(connection, run_id)
    assert run is not None and attempt is not None
    return Kin(database, dispatch, run, attempt)


def test_a_batch_that_was_cut_short_goes_on_behind_its_last_chunk(
    database: Database, dispatch: Dispatch, kin: Kin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was opened before the crash is opened once; all of it is one batch, in order."""
    open_items, calls = dispatch.open_items, []

    def break_at_the_second(*arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) == 2:
            raise ConnectionError("the worker died here")
        return open_items(*arguments)

    monkeypatch.setattr(dispatch, "open_items", break_at_the_second)
    with pytest.raises(ConnectionError):
        kin.trigger(BATCH)
    assert kin.trigger(BATCH) == kin.trigger(BATCH) == Wait(key=BATCH.key, kind="runs")
    with database.read() as connection:
        children = queries.children_of(connection, kin._run.id)
        (batch_id,) = {child.batch_id for child in children}
        items = batches.items_of_batch(connection, batch_id or "")
    assert [item.run_id for item in items] == [child.id for child in children]
    assert len(children) == len(BATCH.orders) and len(calls) == 4


def test_a_run_that_was_taken_over_triggers_nothing(database: Database, kin: Kin) -> None:
    """Neither a whole batch nor a part of one."""
    gone = RunError(name="WorkerLost", message="gone")
    with database.exclusive() as connection:
        loss = ledger.Loss(RunStatus.QUEUED, gone, counts=True)
        assert ledger.lose_attempt(connection, kin._run, "worker_1", loss)
    with pytest.raises(RunLost):
        kin.trigger(BATCH)
    with database.read() as connection:
        assert queries.children_of(connection, kin._run.id) == []
