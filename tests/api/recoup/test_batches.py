"""Batches: many runs with one request, and how far they are."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from backline.runs import RunError, RunStatus, ledger
from tests.api.stage import RUNS, Api, refusal, refused_field
from tests.cast import Cast, Player

BATCHES = "/api/tasks/batches"


def items(*payloads: Any, **options: Any) -> dict[str, Any]:
    return {
        "items": [
            {"taskIdentifier": "hello-world", "payload": payload, "options": options}
            for payload in payloads
        ]
    }


def opened(api: Api, caller: Player, count: int) -> tuple[str, list[str]]:
    """Open a batch of runs that no worker takes; return its id and theirs."""
    batch_id = f"batch_{uuid.uuid4().hex}"
    run_ids = [api.open_run(caller, batch_id=batch_id) for _ in range(count)]
    with api.database.write() as connection:
        ledger.open_batch(connection, batch_id, caller.account_id, count)
        ledger.add_items(connection, batch_id, 0, run_ids)
    return batch_id, run_ids


def state(api: Api, caller: Player, batch_id: str) -> dict[str, Any]:
    answer = api.get(caller, f"{BATCHES}/{batch_id}")
    assert (answer.status_code, answer.json()["status"]) == (200, "success")
    batch: dict[str, Any] = answer.json()["batch"]
    return batch


def test_a_batch_opens_a_run_for_each_item(api: Api, cast: Cast) -> None:
    """202 with the ids in the order of the items; each run knows its batch."""
    answer = api.post(cast.alice, BATCHES, items(1, 2, 3, tags=["tour"]))
    assert answer.status_code == 202
    body = answer.json()
    assert (body["status"], len(body["runIds"])) == ("success", 3)
    for payload, run_id in enumerate(body["runIds"], 1):
        (run,) = api.get(cast.alice, RUNS, params={"runId": run_id}).json()["runs"]
        assert (run["payload"], run["batchId"]) == (payload, body["batchId"])
        assert (run["triggerFunction"], run["tags"][1:]) == ("batchTrigger", ["tour"])


def test_a_batch_says_how_far_it_is(api: Api, cast: Cast) -> None:
    """Pending while a run goes on, completed when each has ended, whatever the outcome."""
    batch_id, run_ids = opened(api, cast.alice, 2)
    told = state(api, cast.alice, batch_id)
    assert (told["id"], told["status"], told["runCount"]) == (batch_id, "PENDING", 2)
    assert (told["counts"], told["runIds"]) == ({"QUEUED": 2}, run_ids)
    api.finish(run_ids[0], RunStatus.COMPLETED)
    assert state(api, cast.alice, batch_id)["counts"] == {"COMPLETED": 1, "QUEUED": 1}
    api.finish(run_ids[1], RunStatus.TIMED_OUT)
    told = state(api, cast.alice, batch_id)
    assert (told["status"], told["counts"]) == ("COMPLETED", {"COMPLETED": 1, "FAILED": 1})


def test_what_became_of_a_batch_comes_in_pages(api: Api, cast: Cast) -> None:
    """In the order of the items, with output or error; null while a run goes on."""
    batch_id, run_ids = opened(api, cast.alice, 3)
    api.finish(run_ids[0], RunStatus.COMPLETED, output='{"n":1}')
    api.finish(run_ids[1], RunStatus.FAILED, error=RunError(name="Oops", message="no"))

    def page(**params: Any) -> dict[str, Any]:
        answer = api.get(cast.alice, f"{BATCHES}/{batch_id}/results", params=params)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    whole = page()
    assert [each["id"] for each in whole["results"]] == run_ids and whole["next"] is None
    assert [each["ok"] for each in whole["results"]] == [True, False, None]
    assert [each["output"] for each in whole["results"]] == [{"n": 1}, None, None]
    assert whole["results"][1]["error"]["message"] == "no"
    first = page(limit=2)
    assert first["results"] == whole["results"][:2]
    assert page(limit=2, after=first["next"])["results"] == whole["results"][2:]
    assert page(limit=3)["next"] is None
    path = f"{BATCHES}/{batch_id}/results"
    assert refusal(api.get(cast.charlie, path)) == (404, "Batch not found")
    for name, wrong in (("limit", 0), ("after", "run_1")):
        assert refused_field(api.get(cast.alice, path, params={name: wrong})) == (400, name)


def test_a_thousand_items_are_a_batch(api: Api, cast: Cast) -> None:
    """And one more is refused, as is none at all."""
    body = api.post(cast.alice, BATCHES, items(*range(1000))).json()
    assert len(set(body["runIds"])) == 1000
    assert state(api, cast.alice, body["batchId"])["runIds"] == body["runIds"]
    for wrong in (items(*range(1001)), items()):
        assert refused_field(api.post(cast.alice, BATCHES, wrong)) == (400, "items")


def test_a_held_key_leads_to_the_older_run(api: Api, cast: Cast) -> None:
    """It answers for its item, in its place, in both batches, and stays a run of the first."""
    keyed = items("a", idempotencyKey="k")["items"]
    first = api.post(cast.alice, BATCHES, {"items": keyed}).json()
    others = items("b", "c")["items"]
    order = {"items": [others[0], *keyed, others[1], *keyed]}
    second = api.post(cast.alice, BATCHES, order).json()
    assert second["runIds"][1::2] == first["runIds"] * 2
    told = state(api, cast.alice, second["batchId"])
    assert (told["runCount"], told["runIds"]) == (4, second["runIds"])
    for run_id in second["runIds"][::2]:
        api.post(cast.alice, f"{RUNS}/{run_id}/cancel")
    told = state(api, cast.alice, second["batchId"])
    assert (told["status"], told["counts"]) == ("PENDING", {"CANCELED": 2, "PENDING_VERSION": 2})
    api.post(cast.alice, f"{RUNS}/{first['runIds'][0]}/cancel")
    assert state(api, cast.alice, second["batchId"])["status"] == "COMPLETED"
    results = api.get(cast.alice, f"{BATCHES}/{second['batchId']}/results").json()["results"]
    assert [each["id"] for each in results] == second["runIds"]
    (run,) = api.get(cast.alice, RUNS, params={"runId": first["runIds"][0]}).json()["runs"]
    assert run["batchId"] == first["batchId"]


def test_a_batch_may_be_for_an_artist(api: Api, cast: Cast) -> None:
    """Who then sees it; for an account out of reach it is refused as for an unknown one."""
    order = items(1) | {"accountId": cast.lyra.account_id}
    batch_id = api.post(cast.alice, BATCHES, order).json()["batchId"]
    assert state(api, cast.lyra, batch_id)["runCount"] == 1
    for account_id in (cast.charlie.account_id, str(uuid.uuid4())):
        refused = api.post(cast.alice, BATCHES, items(1) | {"accountId": account_id})
        assert refusal(refused) == (403, "Access denied to specified accountId")


@pytest.mark.parametrize(
    ("item", "field"),
    [
        ({}, "items[1].taskIdentifier"),
        ({"taskIdentifier": "a\n"}, "items[1].taskIdentifier"),
        ({"taskIdentifier": "t", "x": 1}, "items[1].x"),
        ({"taskIdentifier": "t", "options": {"delay": "soon"}}, "items[1].options.delay"),
        ({"taskIdentifier": "t", "options": {"ttl": True}}, "items[1].options.ttl"),
        ({"taskIdentifier": "t", "options": {"tags": ["account:x"]}}, "items[1].options.tags"),
    ],
)
def test_a_wrong_item_is_named_and_nothing_is_triggered(
    api: Api, cast: Cast, item: dict[str, Any], field: str
) -> None:
    """All items are looked at before the first run is opened."""
    body = {"items": [{"taskIdentifier": "t"}, item]}
    assert refused_field(api.post(cast.alice, BATCHES, body)) == (400, field)
    assert api.get(cast.alice, RUNS).json()["runs"] == []


def test_a_batch_out_of_reach_is_not_there(api: Api, cast: Cast) -> None:
    """The same answer as for an unknown one; an admin and the operator see it."""
    batch_id = api.post(cast.bob, BATCHES, items(1)).json()["batchId"]
    for caller in (cast.charlie, cast.vega):
        for wanted in (batch_id, "batch_none", "a%00b"):
            assert refusal(api.get(caller, f"{BATCHES}/{wanted}")) == (404, "Batch not found")
    for caller in (cast.alice, cast.operator):
        assert state(api, caller, batch_id)["runCount"] == 1


def test_credentials_come_first(api: Api, cast: Cast) -> None:
    """401 before the body or the id is looked at; 405 for another method."""
    assert refusal(api.post(None, BATCHES, {}))[0] == 401
    assert refusal(api.get(None, f"{BATCHES}/batch_1"))[0] == 401
    assert refusal(api.get(cast.alice, BATCHES))[0] == 405
