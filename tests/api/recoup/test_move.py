"""Runs that wait for a version say which, and operators move them to another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from backline.clock import now_ms
from backline.ids import new_id
from backline.runs import RunStatus, Worker, catalog
from backline.sdk import TaskFacts
from tests.api.stage import RUNS, Api, refusal, refused_field
from tests.cast import Cast, Player


@pytest.fixture
def task(api: Api) -> Iterator[str]:
    """A task that a worker of version v2 announces."""
    name = new_id("task")
    worker = Worker(new_id("worker"), "host", "1:1", "v2", 1, now_ms(), now_ms())
    with api.database.write() as connection:
        catalog.announce(connection, worker, [TaskFacts(identifier=name, queue=name)])
    yield name
    with api.database.write() as connection:
        catalog.retire(connection, worker.id)


def trigger(api: Api, task: str, caller: Player, **options: Any) -> str:
    order = {"taskIdentifier": task, "options": options}
    run_id: str = api.post(caller, RUNS, order).json()["runId"]
    return run_id


def shown(api: Api, caller: Player, run_id: str) -> dict[str, Any]:
    run: dict[str, Any]
    (run,) = api.get(caller, RUNS, params={"runId": run_id}).json()["runs"]
    return run


def move(api: Api, caller: Player | None, run_id: str, body: Any) -> Any:
    return api.ask("PATCH", caller, f"{RUNS}/{run_id}", json=body)


def test_a_run_says_which_version_it_waits_for(api: Api, cast: Cast, task: str) -> None:
    """None when nobody knows its task at all, or while it does not wait."""
    waiting = shown(api, cast.alice, trigger(api, task, cast.alice, lockToVersion="v1"))
    assert (waiting["status"], waiting["version"]) == ("PENDING_VERSION", "v1")
    unknown = shown(api, cast.alice, trigger(api, "nobody-knows", cast.alice))
    assert unknown["status"] == "PENDING_VERSION" and "version" not in unknown
    assert "version" not in shown(api, cast.alice, trigger(api, task, cast.alice))


@pytest.mark.parametrize("version", ["v2", None])
def test_an_operator_moves_a_run(api: Api, cast: Cast, task: str, version: str | None) -> None:
    """It is queued at once when a worker of that version lives, else it goes on waiting."""
    run_id = trigger(api, task, cast.alice, lockToVersion="v1")
    answer = move(api, cast.operator, run_id, {"version": "v3"})
    assert answer.status_code == 200
    assert answer.json()["runs"][0]["version"] == "v3"
    assert move(api, cast.operator, run_id, {"version": version}).status_code == 200
    assert shown(api, cast.alice, run_id)["status"] == "QUEUED"


def test_many_runs_are_moved_at_once(api: Api, cast: Cast, task: str) -> None:
    """By default those that wait for a version; for operators alone."""
    waiting = [trigger(api, task, cast.alice, lockToVersion="v1") for _ in range(3)]
    delayed = trigger(api, task, cast.alice, lockToVersion="v1", delay="1h")
    whose = {"accountId": cast.alice.account_id, "filter": {"taskIdentifier": [task]}}
    order = {"action": "move", "version": "v2", **whose}
    assert refusal(api.post(cast.alice, "/api/tasks/bulk", order))[0] == 403
    done = api.post(cast.operator, "/api/tasks/bulk", order).json()
    assert (done["matched"], done["runIds"], done["next"]) == (3, waiting, None)
    assert {shown(api, cast.alice, run_id)["status"] for run_id in waiting} == {"QUEUED"}
    named = {**order, "version": None, "filter": {"status": ["DELAYED", "COMPLETED"]}}
    assert api.post(cast.operator, "/api/tasks/bulk", named).json()["runIds"] == [delayed]
    wrong = api.post(cast.operator, "/api/tasks/bulk", {**order, "version": "a\u0000"})
    assert refused_field(wrong) == (400, "version")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "version"),
        ({"version": ""}, "version"),
        ({"version": 2}, "version"),
        ({"version": "a\u0000"}, "version"),
        ({"version": "v" * 129}, "version"),
        ({"version": None, "status": "QUEUED"}, "status"),
    ],
)
def test_a_wrong_wish_is_named(
    api: Api, cast: Cast, task: str, body: dict[str, Any], field: str
) -> None:
    """400 with the field, and the run stays."""
    run_id = trigger(api, task, cast.alice, lockToVersion="v1")
    assert refused_field(move(api, cast.operator, run_id, body)) == (400, field)
    assert shown(api, cast.alice, run_id)["version"] == "v1"


def test_who_may_move_what(api: Api, cast: Cast, task: str) -> None:
    """404 for what one does not see, 403 for one's own, 409 for what has ended."""
    run_id = trigger(api, task, cast.alice, lockToVersion="v1")
    assert refusal(move(api, cast.charlie, run_id, {"version": None}))[0] == 404
    assert refusal(move(api, cast.operator, "run_none", {"version": None}))[0] == 404
    assert refusal(move(api, cast.alice, run_id, {"version": None}))[0] == 403
    assert refusal(move(api, None, run_id, {"version": None}))[0] == 401
    ended = api.open_run(cast.alice)
    api.finish(ended, RunStatus.COMPLETED)
    assert refusal(move(api, cast.operator, ended, {"version": None}))[0] == 409
