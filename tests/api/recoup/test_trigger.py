"""POST /api/tasks/runs: a run of any task, triggered at once, refused whole when a value is wrong."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from backline.clock import iso, now_ms
from backline.runs import RunStatus, Worker, catalog, queries
from backline.sdk import TaskFacts
from tests.api.stage import RUNS, Api, refusal, refused_field
from tests.cast import Cast, Player


def order(**options: Any) -> dict[str, Any]:
    return {"taskIdentifier": "hello-world", "payload": {"a": [1, "ü"]}, "options": options}


def shown(api: Api, caller: Player, run_id: str) -> dict[str, Any]:
    run: dict[str, Any]
    (run,) = api.get(caller, RUNS, params={"runId": run_id}).json()["runs"]
    return run


def count_runs(api: Api, caller: Player) -> int:
    return len(api.get(caller, RUNS, params={"limit": "100"}).json()["runs"])


def test_it_triggers_a_run(api: Api, cast: Cast) -> None:
    """202 with an id under which the run is found at once, with all that was sent."""
    answer = api.post(
        cast.alice,
        RUNS,
        order(tags=["summer"], metadata={"step": 1}, idempotencyKey="k", test=True),
    )
    assert answer.status_code == 202
    body = answer.json()
    assert body == {"status": "success", "runId": body["runId"], "isCached": False}
    run = shown(api, cast.alice, body["runId"])
    assert run["taskIdentifier"] == "hello-world"
    assert run["payload"] == {"a": [1, "ü"]}
    assert run["tags"] == [f"account:{cast.alice.account_id}", "summer"]
    assert (run["metadata"], run["idempotencyKey"], run["isTest"]) == ({"step": 1}, "k", True)


def test_a_name_alone_is_enough(api: Api, cast: Cast) -> None:
    """Payload and options may be left out."""
    answer = api.post(cast.alice, RUNS, {"taskIdentifier": "hello-world"})
    assert answer.status_code == 202
    assert shown(api, cast.alice, answer.json()["runId"])["payload"] is None


def test_every_option_reaches_the_ledger(api: Api, cast: Cast) -> None:
    """What was asked for is what the engine will find."""
    options = {
        "delay": "1h30m",
        "ttl": 5400,
        "queue": "render",
        "concurrencyKey": "vega",
        "priority": 2.5,
        "machine": "micro",
        "maxAttempts": 250,
        "maxDuration": 5,
        "lockToVersion": "20261123.1",
        "idempotencyKey": "k",
        "idempotencyKeyTTL": "1d",
        "test": True,
    }
    before = now_ms()
    run_id = api.post(cast.alice, RUNS, order(**options)).json()["runId"]
    with api.database.read() as connection:
        run = queries.find_run(connection, run_id)
    assert run is not None and run.delayed_until is not None
    assert 0 <= run.delayed_until - before - 5_400_000 < 60_000
    assert (run.status, run.ttl, run.is_test) == (RunStatus.DELAYED, "1h30m", True)
    assert (run.queue, run.concurrency_key) == ("render", "vega")
    assert (run.priority_ms, run.max_attempts, run.max_duration_ms) == (2500, 250, 5000)
    assert (run.locked_version, run.machine) == ("20261123.1", "micro")


@pytest.mark.parametrize(
    ("delay", "status"),
    [
        ("2020-01-31T12:00:00Z", "PENDING_VERSION"),
        ("0001-01-01T00:00:00+23:59", "PENDING_VERSION"),
        ("0s", "PENDING_VERSION"),
        pytest.param(iso(now_ms() + 3_600_000), "DELAYED", id="in an hour"),
        ("2w", "DELAYED"),
    ],
)
def test_a_delay_is_a_duration_or_a_moment_to_come(
    api: Api, cast: Cast, delay: str, status: str
) -> None:
    """A moment that has passed is no delay."""
    run = shown(api, cast.alice, api.post(cast.alice, RUNS, order(delay=delay)).json()["runId"])
    assert run["status"] == status
    assert (run["delayedUntil"] is not None) == (status == "DELAYED")


def test_a_key_is_free_when_its_time_is_over(
    api: Api, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same key then makes another run."""
    keyed = order(idempotencyKey="short", idempotencyKeyTTL="1s")
    first = api.post(cast.alice, RUNS, keyed).json()["runId"]
    later = now_ms() + 2000
    monkeypatch.setattr("backline.runs.ledger.keys.now_ms", lambda: later)
    assert api.post(cast.alice, RUNS, keyed).json()["runId"] != first


def test_a_task_nobody_announces_waits_for_one(api: Api, cast: Cast) -> None:
    """It is not lost, and says why it does not start."""
    run_id = api.post(cast.alice, RUNS, order()).json()["runId"]
    assert shown(api, cast.alice, run_id)["status"] == "PENDING_VERSION"


def test_a_known_task_is_queued(api: Api, cast: Cast) -> None:
    """The run and the engine's entry are written together."""
    worker = Worker("worker_x", "host", "1:1", "v1", 1, now_ms(), now_ms())
    with api.database.write() as connection:
        catalog.announce(connection, worker, [TaskFacts(identifier="known-task", queue="known")])
    try:
        answer = api.post(cast.alice, RUNS, {"taskIdentifier": "known-task"})
        assert shown(api, cast.alice, answer.json()["runId"])["status"] == "QUEUED"
    finally:
        with api.database.write() as connection:
            catalog.retire(connection, "worker_x")


def test_the_same_key_answers_with_the_same_run(api: Api, cast: Cast) -> None:
    """200 the second time; another account's key of that name is another key."""
    first = api.post(cast.alice, RUNS, order(idempotencyKey="twice"))
    second = api.post(cast.alice, RUNS, order(idempotencyKey="twice"))
    assert (first.status_code, second.status_code) == (202, 200)
    assert second.json() == {**first.json(), "isCached": True}
    other = api.post(cast.charlie, RUNS, order(idempotencyKey="twice")).json()
    assert (other["isCached"], other["runId"] == first.json()["runId"]) == (False, False)


def test_work_may_be_triggered_for_an_artist(api: Api, cast: Cast) -> None:
    """The run then belongs to the artist, who sees it."""
    for caller, artist in ((cast.alice, cast.lyra), (cast.bob, cast.vega)):
        answer = api.post(caller, RUNS, {**order(), "accountId": artist.account_id})
        assert answer.status_code == 202
        run = shown(api, artist, answer.json()["runId"])
        assert run["tags"] == [f"account:{artist.account_id}"]


def test_an_operator_may_trigger_for_anyone(api: Api, cast: Cast) -> None:
    """And for its own account when it names none."""
    for owner, named in (
        (cast.charlie, {"accountId": cast.charlie.account_id}),
        (cast.operator, {}),
    ):
        answer = api.post(cast.operator, RUNS, order() | named)
        assert shown(api, owner, answer.json()["runId"])["env"]["name"] == "dev"


def test_an_account_out_of_reach_is_refused_as_an_unknown_one(api: Api, cast: Cast) -> None:
    """403, whether it exists or not, for an operator who names nobody too."""
    nobody = str(uuid.uuid4())
    refused = [
        api.post(cast.bob, RUNS, {**order(), "accountId": cast.charlie.account_id}),
        api.post(cast.bob, RUNS, {**order(), "accountId": nobody}),
        api.post(cast.operator, RUNS, {**order(), "accountId": nobody}),
    ]
    assert {refusal(answer) for answer in refused} == {
        (403, "Access denied to specified accountId")
    }


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "taskIdentifier"),
        ({"taskIdentifier": ""}, "taskIdentifier"),
        ({"taskIdentifier": "x" * 129}, "taskIdentifier"),
        ({"taskIdentifier": 5}, "taskIdentifier"),
        ({"taskIdentifier": "a\u0000b"}, "taskIdentifier"),
        ({"taskIdentifier": "t", "accountId": "me"}, "accountId"),
        ({"taskIdentifier": "t", "task": 1}, "task"),
        (order(colour="red"), "options.colour"),
        (order(machine="huge"), "options.machine"),
        (order(delay="soon"), "options.delay"),
        (order(delay="999999999w"), "options.delay"),
        (order(delay="9999-01-01"), "options.delay"),
        (order(delay="2026-13-01"), "options.delay"),
        (order(delay="0001-01-01T00:00:00+23:59x"), "options.delay"),
        (order(delay=5), "options.delay"),
        (order(ttl="1 minute"), "options.ttl"),
        (order(ttl="0s"), "options.ttl"),
        (order(ttl=0), "options.ttl"),
        (order(ttl=-1), "options.ttl"),
        (order(ttl=1.5), "options.ttl"),
        (order(idempotencyKeyTTL="0d"), "options.idempotencyKeyTTL"),
        (order(idempotencyKeyTTL=60), "options.idempotencyKeyTTL"),
        (order(queue="a\nb"), "options.queue"),
        (order(queue=""), "options.queue"),
        (order(concurrencyKey="a\u0000"), "options.concurrencyKey"),
        (order(concurrencyKey=7), "options.concurrencyKey"),
        (order(priority=-1), "options.priority"),
        (order(priority="high"), "options.priority"),
        (order(maxAttempts=0), "options.maxAttempts"),
        (order(maxAttempts=251), "options.maxAttempts"),
        (order(maxDuration=4), "options.maxDuration"),
        (order(maxDuration=2**31), "options.maxDuration"),
        (order(lockToVersion="\u0001"), "options.lockToVersion"),
        (order(tags="a"), "options.tags"),
        (order(tags=[""]), "options.tags[0]"),
        (order(tags=["x" * 129]), "options.tags[0]"),
        (order(tags=[str(n) for n in range(11)]), "options.tags"),
        (order(tags=["account:me"]), "options.tags"),
        (order(tags=["a\u0000"]), "options.tags"),
        (order(metadata=[1]), "options.metadata"),
        (order(metadata="x"), "options.metadata"),
        (order(idempotencyKey=""), "options.idempotencyKey"),
        (order(idempotencyKey="x" * 2049), "options.idempotencyKey"),
        (order(idempotencyKey="\u0000"), "options.idempotencyKey"),
        (order(test="yes"), "options.test"),
    ],
)
def test_a_wrong_value_is_refused_by_name(
    api: Api, cast: Cast, body: dict[str, Any], field: str
) -> None:
    """400 names the field, and nothing was triggered."""
    assert refused_field(api.post(cast.alice, RUNS, body)) == (400, field)
    assert count_runs(api, cast.alice) == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b'"text"',
        b"[]",
        b"null",
        b'{"taskIdentifier":"\xff"}',
        b"[" * 100_000,
    ],
)
def test_a_body_that_is_no_order_is_refused(api: Api, cast: Cast, body: bytes) -> None:
    """Neither broken JSON nor JSON of another shape is more than a 400."""
    answer = api.ask(
        "POST", cast.alice, RUNS, content=body, headers={"content-type": "application/json"}
    )
    assert refusal(answer)[0] == 400


def test_a_deep_payload_comes_back_or_is_refused(api: Api, cast: Cast) -> None:
    """However deep it is nested, the answer is never an error of ours."""
    for depth in (50, 400, 900, 2000):
        body = b'{"taskIdentifier":"t","payload":' + b"[" * depth + b"]" * depth + b"}"
        answer = api.ask(
            "POST", cast.alice, RUNS, content=body, headers={"content-type": "application/json"}
        )
        assert answer.status_code in (202, 400)


def test_numbers_survive_the_way(api: Api, cast: Cast) -> None:
    """Large and small numbers, zero bytes in texts and empty keys are JSON like any other."""
    payload = {"big": 2**63, "small": 1e-300, "zero": "a\u0000b", "": None, "é": "👩‍🎤"}
    answer = api.post(cast.alice, RUNS, {"taskIdentifier": "t", "payload": payload})
    assert shown(api, cast.alice, answer.json()["runId"])["payload"] == payload


def test_another_type_of_body_is_refused(api: Api, cast: Cast) -> None:
    """415 says which type to send."""
    answer = api.ask("POST", cast.alice, RUNS, data={"taskIdentifier": "t"})
    code, text = refusal(answer)
    assert (code, "application/json" in text) == (415, True)


def test_a_body_beyond_3_mib_is_refused(api: Api, cast: Cast) -> None:
    """413, and 3 MiB less a little is taken."""
    large = {"taskIdentifier": "t", "payload": "x" * (3 * 1024**2)}
    assert refusal(api.post(cast.alice, RUNS, large))[0] == 413
    almost = {"taskIdentifier": "t", "payload": "x" * (3 * 1024**2 - 100)}
    assert api.post(cast.alice, RUNS, almost).status_code == 202


def test_credentials_are_judged_before_the_body(api: Api, cast: Cast) -> None:
    """Whoever is unknown learns nothing of the body."""
    assert refusal(api.post(None, RUNS, {}))[0] == 401
    assert refusal(api.post(Player(cast.alice.account_id, "bl_sk_x"), RUNS, {}))[0] == 401
