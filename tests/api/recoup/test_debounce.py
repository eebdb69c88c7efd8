"""Debounce, parents and idempotency keys in an order, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from backline.runs import RunStatus
from tests.api.stage import RUNS, Api, refusal, refused_field
from tests.cast import Cast, Player

RESET = "/api/tasks/idempotency-keys/reset"


def trigger(api: Api, caller: Player, payload: Any = None, **options: Any) -> Any:
    order = {"taskIdentifier": "hello-world", "payload": payload, "options": options}
    return api.post(caller, RUNS, order)


def shown(api: Api, caller: Player, run_id: str) -> dict[str, Any]:
    run: dict[str, Any]
    (run,) = api.get(caller, RUNS, params={"runId": run_id}).json()["runs"]
    return run


def test_a_flurry_is_one_run(api: Api, cast: Cast) -> None:
    """202 for the first trigger, 200 for those that push it back; trailing takes their payload."""
    flurry = {"key": "song-7", "delay": "1m", "mode": "trailing", "maxDelay": "1h"}
    answers = [trigger(api, cast.alice, word, debounce=flurry) for word in ("a", "b")]
    assert [answer.status_code for answer in answers] == [202, 200]
    assert answers[1].json() == {**answers[0].json(), "isCached": True}
    run = shown(api, cast.alice, answers[0].json()["runId"])
    assert (run["status"], run["payload"]) == ("DELAYED", "b")


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"debounce": {"key": "k"}}, "options.debounce.delay"),
        ({"debounce": {"delay": "1s"}}, "options.debounce.key"),
        ({"debounce": {"key": "", "delay": "1s"}}, "options.debounce.key"),
        ({"debounce": {"key": "k" * 513, "delay": "1s"}}, "options.debounce.key"),
        ({"debounce": {"key": "a\u0000", "delay": "1s"}}, "options.debounce.key"),
        ({"debounce": {"key": "k", "delay": "soon"}}, "options.debounce.delay"),
        ({"debounce": {"key": "k", "delay": "0s"}}, "options.debounce.delay"),
        ({"debounce": {"key": "k", "delay": "1s", "mode": "x"}}, "options.debounce.mode"),
        ({"debounce": {"key": "k", "delay": "1m", "maxDelay": "1s"}}, "options.debounce.maxDelay"),
        ({"debounce": {"key": "k", "delay": "1m"}, "delay": "1m"}, "options.delay"),
        ({"idempotencyKeyScope": "run"}, "options.idempotencyKeyScope"),
        ({"idempotencyKeyScope": "galaxy"}, "options.idempotencyKeyScope"),
        ({"parentRunId": "run_none"}, "options.parentRunId"),
        ({"parentRunId": "a\u0000b"}, "options.parentRunId"),
    ],
)
def test_what_is_wrong_is_named(api: Api, cast: Cast, options: dict[str, Any], field: str) -> None:
    """400 with the field, and nothing is triggered."""
    assert refused_field(trigger(api, cast.alice, **options)) == (400, field)
    assert api.get(cast.alice, RUNS).json()["runs"] == []


def test_a_run_may_be_made_for_another(api: Api, cast: Cast) -> None:
    """It knows its parent and root, and they know it."""
    parent = trigger(api, cast.alice).json()["runId"]
    child = trigger(api, cast.alice, parentRunId=parent).json()["runId"]
    grandchild = trigger(api, cast.alice, parentRunId=child).json()["runId"]
    run = shown(api, cast.alice, grandchild)
    related = run["relatedRuns"]
    assert (run["depth"], related["root"]["id"], related["parent"]["id"]) == (2, parent, child)
    (known,) = shown(api, cast.alice, parent)["relatedRuns"]["children"]
    assert known["id"] == child


def test_a_parent_must_be_seen_and_must_go_on(api: Api, cast: Cast) -> None:
    """Out of reach is as unknown; one that has ended is 409."""
    parent = api.open_run(cast.alice)
    foreign = trigger(api, cast.charlie, parentRunId=parent)
    unknown = trigger(api, cast.charlie, parentRunId="run_none")
    assert refused_field(foreign) == refused_field(unknown) == (400, "options.parentRunId")
    api.finish(parent, RunStatus.COMPLETED)
    assert refusal(trigger(api, cast.alice, parentRunId=parent))[0] == 409


def test_a_key_counts_within_its_scope(api: Api, cast: Cast) -> None:
    """The same key under two parents is two; all show what the caller typed."""
    parents = [trigger(api, cast.alice).json()["runId"] for _ in range(2)]
    scoped = {"idempotencyKey": "k", "idempotencyKeyScope": "run"}
    made = [
        trigger(api, cast.alice, **scoped, parentRunId=parent).json()["runId"]
        for parent in (*parents, *parents)
    ]
    assert made[:2] == made[2:] and made[0] != made[1]
    assert shown(api, cast.alice, made[0])["idempotencyKey"] == "k"


def test_a_key_is_let_go_of(api: Api, cast: Cast) -> None:
    """The same call then makes a new run; within a parent only that parent's key."""
    first = trigger(api, cast.alice, idempotencyKey="k").json()["runId"]
    scoped = {"idempotencyKey": "k", "idempotencyKeyScope": "run", "parentRunId": first}
    child = trigger(api, cast.alice, **scoped).json()["runId"]
    wish = {"taskIdentifier": "hello-world", "idempotencyKey": "k"}
    freed = api.post(cast.alice, RESET, wish)
    assert (freed.status_code, freed.json()["runIds"]) == (200, [first])
    assert refusal(api.post(cast.alice, RESET, wish))[0] == 404
    assert trigger(api, cast.alice, idempotencyKey="k").status_code == 202
    assert trigger(api, cast.alice, **scoped).json()["isCached"] is True
    freed = api.post(cast.alice, RESET, {**wish, "parentRunId": first})
    assert freed.json()["runIds"] == [child]


def test_a_key_is_its_accounts_own(api: Api, cast: Cast) -> None:
    """Nobody else lets go of it; for an account out of reach it is refused."""
    trigger(api, cast.alice, idempotencyKey="k")
    wish = {"taskIdentifier": "hello-world", "idempotencyKey": "k"}
    assert refusal(api.post(cast.bob, RESET, wish))[0] == 404
    named = {**wish, "accountId": cast.alice.account_id}
    assert refusal(api.post(cast.charlie, RESET, named))[0] == 403
    assert refusal(api.post(None, RESET, wish))[0] == 401
    assert refused_field(api.post(cast.alice, RESET, {**wish, "idempotencyKey": "\u0000"})) == (
        400,
        "idempotencyKey",
    )
    assert api.post(cast.operator, RESET, named).status_code == 200
