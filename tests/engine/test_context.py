"""What a task's context does in real runs, on both databases."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from backline.db import Database
from backline.engine import Dispatch
from backline.runs import Run, RunStatus, batches, queries
from tests.engine.conftest import VERSION, Workshop
from tests.engine.outcomes import order, output
from tests.processes import final_run


@pytest.fixture
def database(workshop: Workshop) -> Database:
    return workshop.database


@pytest.fixture
def dispatch(workshop: Workshop) -> Dispatch:
    return workshop.dispatch


def metadata(run: Run) -> dict[str, Any]:
    decoded: dict[str, Any] = msgspec.json.decode(run.metadata or "{}")
    return decoded


def test_children_count_themselves_with_their_elders(
    database: Database, dispatch: Dispatch
) -> None:
    """Thirteen runs in three generations change the same metadata at once, each once."""
    root = final_run(database, dispatch.trigger(order("tells-its-elders", 0)).run_id)
    assert output(root) == {"depth": 0}
    told = metadata(root)
    assert told["below"] == 3 + 1, "three children, and itself, which is its own parent"
    assert told["after"] == 13
    assert sorted(told["told"]) == sorted(
        [[0, 0], *[[1, place] for place in (1, 2, 3)], *[[2, place] for place in (1, 2, 3)] * 3]
    )
    assert told["mine"] == 0
    with database.read() as connection:
        children = queries.children_of(connection, root.id)
        said = [line.text for line in queries.log_of(connection, root.id)]
    assert [metadata(child)["below"] for child in children] == [3, 3, 3]
    assert said == ["after 0\n"], "what stands before a wait is not said again after it"


def test_a_task_knows_its_run(database: Database, dispatch: Dispatch) -> None:
    """Everything that the trigger and the task's author said is in ctx.run."""
    opened = dispatch.trigger(
        order(
            "says-who-it-is",
            tags=("demo",),
            is_test=True,
            concurrency_key="k",
            queue="own",
            idempotency_key="once",
        )
    )
    run = final_run(database, opened.run_id)
    told = output(run)["run"]
    assert told["id"] == told["root_id"] == run.id
    assert told["tags"] == ["account:alice", "demo"]
    assert (told["attempt_number"], told["max_attempts"], told["is_test"]) == (1, 3, True)
    assert (told["queue"], told["concurrency_key"], told["machine"]) == ("own", "k", "micro")
    assert (told["max_duration_seconds"], told["idempotency_key"]) == (60, "once")
    assert (told["parent_id"], told["depth"], told["batch_id"]) == (None, 0, None)
    assert (told["version"], told["environment"]) == ("20261123.1", run.environment)
    assert told["created_at"] <= told["started_at"]


def test_a_result_that_can_not_travel_fails_plainly(database: Database, dispatch: Dispatch) -> None:
    """The run says what is wrong with it, and is not tried again."""
    for kind in ("large", "text", "object"):
        run = final_run(
            database, dispatch.trigger(order("returns-what-can-not-travel", kind)).run_id
        )
        error = msgspec.json.decode(run.error or "{}")
        assert (run.status, error["name"]) == (RunStatus.FAILED, "ResultInvalid")
        assert "JSON" in error["message"]


def test_metadata_that_grows_too_large_keeps_what_fits(
    database: Database, dispatch: Dispatch
) -> None:
    """The key that outgrows the limit is left out, with a word in the log; the others go on."""
    run = final_run(database, dispatch.trigger(order("says-too-much")).run_id)
    assert run.status is RunStatus.COMPLETED, run.error
    told = metadata(run)
    assert (told["page"], told["done"]) == (11, True)
    assert 1 <= len(told["pages"]) <= 8
    with database.read() as connection:
        lines = queries.log_of(connection, run.id)
    said = "".join(line.text for line in lines)
    assert said.count("'pages' is left out") == 1 and "262144" in said
    assert "the log ends here" in said and "anybody keeps" not in said


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"tags": [str(number) for number in range(11)]}, "11 tags"),
        ({"tags": ["account:bob"]}, "account:bob"),
        ({"machine": "huge"}, "use one of micro"),
        ({"max_attempts": 251}, "max_attempts=251"),
        ({"ttl_seconds": 0}, "ttl_seconds=0"),
    ],
)
def test_a_trigger_that_can_not_be_fails_the_run(
    database: Database, dispatch: Dispatch, options: dict[str, Any], told: str
) -> None:
    """With the option's name, and nothing is triggered."""
    run = final_run(database, dispatch.trigger(order("triggers-with", options)).run_id)
    error = msgspec.json.decode(run.error or "{}")
    assert (run.status, error["name"]) == (RunStatus.FAILED, "InvalidInput")
    assert told in error["message"]
    with database.read() as connection:
        assert queries.children_of(connection, run.id) == []


def test_a_run_is_triggered_with_every_option(database: Database, dispatch: Dispatch) -> None:
    """What the task says is what its child has."""
    options = {
        "tags": ["tour"],
        "metadata": {"first": True},
        "idempotency_key": "once",
        "lock_to_version": VERSION,
        "ttl_seconds": 60,
        "delay_seconds": 0.01,
        "queue": "wide",
        "concurrency_key": "k",
        "priority_seconds": 1.5,
        "machine": "micro",
        "max_attempts": 2,
        "max_duration_seconds": 9,
    }
    parent = final_run(
        database, dispatch.trigger(order("triggers-with", options, is_test=True)).run_id
    )
    child = final_run(database, output(parent))
    assert child.status is RunStatus.COMPLETED, child.error
    assert msgspec.json.decode(child.tags)[1:] == ["tour"] and metadata(child)["first"] is True
    assert (child.idempotency_key, child.locked_version, child.ttl) == ("once", VERSION, "1m")
    assert (child.queue, child.concurrency_key, child.priority_ms) == ("wide", "k", 1500)
    assert (child.machine, child.max_attempts, child.max_duration_ms) == ("micro", 2, 9000)
    assert (child.parent_id, child.root_id, child.depth) == (parent.id, parent.id, 1)
    assert child.delayed_until and bool(child.is_test)


def test_a_task_triggers_a_large_batch(database: Database, dispatch: Dispatch) -> None:
    """In its order, as one batch, delayed until a date; more than a thousand are refused."""
    run = final_run(database, dispatch.trigger(order("triggers-many", 230)).run_id)
    ids = output(run)
    with database.read() as connection:
        children = queries.children_of(connection, run.id)
        (batch_id,) = {child.batch_id for child in children}
        items = batches.items_of_batch(connection, batch_id or "")
    assert [child.id for child in children] == ids == [item.run_id for item in items]
    assert {item.status for item in items} == {RunStatus.DELAYED} and len(ids) == 230
    refused = final_run(database, dispatch.trigger(order("triggers-many", 1001)).run_id)
    assert "1001 payloads" in (refused.error or "")


def test_a_token_that_nobody_made_is_not_waited_for(database: Database, dispatch: Dispatch) -> None:
    """The run fails at once instead of waiting for ever."""
    run = final_run(database, dispatch.trigger(order("waits-for-nothing")).run_id)
    assert run.status is RunStatus.FAILED and "no token 'waitpoint_none'" in (run.error or "")
