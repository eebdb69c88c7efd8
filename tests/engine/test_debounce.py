"""Triggers that follow each other fast are one run; keys of different scopes never meet."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from backline.clock import now_ms
from backline.db import Database
from backline.engine import Dispatch
from backline.engine.timekeeper import Timekeeper
from backline.runs import NewRun, RunStatus, ledger, queries
from backline.runs.tables import idempotency_keys
from backline.sdk import Debounce
from backline.settings import Settings
from tests.engine.outcomes import read
from tests.processes import final_run, worker


def order(payload: Any = None, **more: Any) -> NewRun:
    return NewRun(account_id="alice", task_identifier="digest", payload=payload, **more)


def flurry(**more: Any) -> Debounce:
    return Debounce(**{"key": "k", "delay_seconds": 60} | more)


def due_in_seconds(database: Database, run_id: str) -> float:
    return ((read(database, run_id).delayed_until or 0) - now_ms()) / 1000


def test_a_flurry_is_one_run_that_starts_when_it_stops(
    database: Database, dispatch: Dispatch
) -> None:
    """Each trigger pushes the start back; the first one's payload counts."""
    first = dispatch.trigger(order("first", debounce=flurry(delay_seconds=30)))
    second = dispatch.trigger(order("second", debounce=flurry(delay_seconds=600), tags=("x",)))
    assert (first.is_cached, second.is_cached) == (False, True)
    assert first.run_id == second.run_id
    run = read(database, first.run_id)
    assert run.status is RunStatus.DELAYED and run.payload == '"first"'
    assert msgspec.json.decode(run.tags) == ["account:alice"]
    assert 500 < due_in_seconds(database, run.id) <= 600


def test_in_trailing_mode_the_last_trigger_counts(database: Database, dispatch: Dispatch) -> None:
    """Its payload, tags, metadata and limits; what it leaves open stays."""
    trailing = flurry(mode="trailing")
    first = dispatch.trigger(
        order("first", debounce=trailing, tags=("a", "b"), metadata={"n": 1}, max_attempts=3)
    )
    dispatch.trigger(order("second", debounce=trailing, metadata={"n": 2}, machine="micro"))
    dispatch.trigger(order("third", debounce=trailing, tags=("c",)))
    run = read(database, first.run_id)
    assert (run.payload, run.machine, run.max_attempts) == ('"third"', "micro", 3)
    assert run.metadata == run.first_metadata == '{"n":2}'
    assert msgspec.json.decode(run.tags) == ["account:alice", "c"]


def test_a_start_is_not_pushed_back_for_ever(database: Database, dispatch: Dispatch) -> None:
    """`max_delay_seconds` counts from the first trigger."""
    patient = flurry(delay_seconds=50, max_delay_seconds=60)
    run_id = dispatch.trigger(order(debounce=patient)).run_id
    assert due_in_seconds(database, run_id) <= 50
    late = flurry(delay_seconds=600, max_delay_seconds=600)
    assert dispatch.trigger(order(debounce=late)).run_id == run_id
    assert due_in_seconds(database, run_id) <= 60


def test_keys_are_an_accounts_and_a_tasks_own(database: Database, dispatch: Dispatch) -> None:
    """The same key elsewhere is another one."""
    first = dispatch.trigger(order(debounce=flurry())).run_id
    others = [
        order(debounce=flurry(key="other")),
        msgspec.structs.replace(order(debounce=flurry()), account_id="bob"),
        msgspec.structs.replace(order(debounce=flurry()), task_identifier="mix"),
    ]
    runs = {first, *(dispatch.trigger(other).run_id for other in others)}
    assert len(runs) == 4


def test_what_has_started_is_not_pushed_back(database: Database, dispatch: Dispatch) -> None:
    """The next trigger of the key begins another flurry."""
    first = dispatch.trigger(order(debounce=flurry())).run_id
    dispatch.reschedule(first, now_ms())
    Timekeeper(database, dispatch).look()
    assert read(database, first).status is RunStatus.PENDING_VERSION
    second = dispatch.trigger(order(debounce=flurry()))
    assert second.run_id != first and not second.is_cached
    assert dispatch.trigger(order(debounce=flurry())).run_id == second.run_id


def test_an_idempotency_key_is_tied_to_the_run_of_its_flurry(
    database: Database, dispatch: Dispatch
) -> None:
    """Asked again with the same key, the run is not pushed back."""
    run_id = dispatch.trigger(order(debounce=flurry())).run_id
    keyed = order(idempotency_key="once", debounce=flurry(delay_seconds=600))
    assert dispatch.trigger(keyed).run_id == run_id
    dispatch.reschedule(run_id, now_ms() + 5000)
    assert dispatch.trigger(keyed).run_id == run_id
    assert due_in_seconds(database, run_id) <= 5


def test_keys_of_different_scopes_never_meet(database: Database, dispatch: Dispatch) -> None:
    """A run's, an attempt's and the account's; each can be let go of."""
    scopes = ["", "run_1", "run_2", ledger.attempt_scope("run_1", 1)]

    def open_all() -> list[str]:
        keyed = [order(idempotency_key="k%_", idempotency_scope=scope) for scope in scopes]
        return [dispatch.trigger(new).run_id for new in keyed]

    first = open_all()
    assert len(set(first)) == 4 and open_all() == first
    with database.write() as connection:
        assert ledger.reset_key(connection, "alice", "digest", "k%_") == [first[0]]
        assert ledger.reset_key(connection, "alice", "digest", "kxy", "run_1") == []
        freed = ledger.reset_key(connection, "alice", "digest", "k%_", "run_1")
        assert set(freed) == {first[1], first[3]}
        assert ledger.reset_key(connection, "alice", "digest", "k%_") == []
    again = open_all()
    assert again[2] == first[2] and not {again[0], again[1], again[3]} & set(first)


@pytest.mark.parametrize("end", [RunStatus.DELAYED, RunStatus.PENDING_VERSION])
def test_a_ttl_counts_from_when_a_run_is_due(
    database: Database, dispatch: Dispatch, end: RunStatus
) -> None:
    """Not from its trigger: what was delayed, or waited for a worker, has all of it."""
    delay_until = now_ms() + 3_600_000 if end is RunStatus.DELAYED else None
    run_id = dispatch.trigger(order(ttl_seconds=60, delay_until=delay_until)).run_id
    with database.write() as connection:
        assert read(database, run_id).status is end
        assert ledger.enqueue(connection, run_id, end, "due")
        soonest = queries.next_due_at(connection) or 0
    assert 50_000 < soonest - now_ms() <= 60_000


def test_two_parents_wait_for_one_child(
    database: Database, settings: Settings, dispatch: Dispatch
) -> None:
    """Both wake when it ends; a later parent gets its result at once, and nobody waits for ever."""

    def ask() -> str:
        return dispatch.trigger(NewRun(account_id="alice", task_identifier="shares-a-child")).run_id

    with worker(settings, "--slots", "2", BACKLINE_TASKS="tests.engine.stage_keys"):
        parents = [ask(), ask()]
        told = [
            msgspec.json.decode(final_run(database, parent).output or "null") for parent in parents
        ]
        late = msgspec.json.decode(final_run(database, ask()).output or "null")
    assert {each["child"] for each in (*told, late)} == {told[0]["child"]}
    for each in (*told, late):
        assert each["slept"] == {"slept": 1.5}
        (first, output), (second, same) = each["twice"]
        assert (first, output) == (second, same) and output == {"echo": "a"}


def test_tasks_choose_scopes_and_debounce(
    database: Database, settings: Settings, dispatch: Dispatch
) -> None:
    """Two runs of a task share what is global; a flurry of theirs is one run."""

    def output(task: str) -> Any:
        run_id = dispatch.trigger(NewRun(account_id="alice", task_identifier=task)).run_id
        return msgspec.json.decode(final_run(database, run_id).output or "null")

    with worker(settings, BACKLINE_TASKS="tests.engine.stage_keys"):
        first, second = output("keeps-keys"), output("keeps-keys")
        for scope in ("run", "attempt", "global"):
            assert len(set(first[scope])) == len(set(second[scope])) == 1, scope
            assert (first[scope] == second[scope]) is (scope == "global")
        (run_id,) = set(output("debounces"))
        assert final_run(database, run_id).output == '{"echo":2}'
        locked = read(database, output("locks"))
    assert (locked.status, locked.needed_version) == (RunStatus.PENDING_VERSION, "v0")
    with database.read() as connection:
        expires = sa.select(idempotency_keys.c.expires_at)
        soon = connection.execute(
            expires.where(idempotency_keys.c.run_id == locked.id)
        ).scalar_one()
    assert soon - locked.created_at <= 61_000
