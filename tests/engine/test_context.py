"""What a task's context does in real runs, on both databases."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from backline.db import Database
from backline.engine import Dispatch
from backline.runs import NewRun, Run, RunStatus, queries
from tests.engine.conftest import Workshop
from tests.processes import final_run


@pytest.fixture
def database(workshop: Workshop) -> Database:
    return workshop.database


@pytest.fixture
def dispatch(workshop: Workshop) -> Dispatch:
    return workshop.dispatch


def order(task: str, payload: Any = None, **more: Any) -> NewRun:
    return NewRun(account_id="alice", task_identifier=task, payload=payload, **more)


def output(run: Run) -> Any:
    assert run.status is RunStatus.COMPLETED, run.error
    return msgspec.json.decode(run.output or "null")


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
