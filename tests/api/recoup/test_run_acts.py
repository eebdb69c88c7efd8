"""Acts upon one run: cancel, replay, reschedule, by those who may see it."""

from __future__ import annotations

from typing import Any

import pytest

from backline.clock import now_ms
from backline.runs import RunStatus
from tests.api.stage import RUNS, Api, refusal, refused_field
from tests.cast import Cast, Player

BODIES: dict[str, Any] = {"cancel": None, "replay": {}, "reschedule": {"delay": "1h"}}
ACTS = sorted(BODIES)
UNKNOWN = "run_00000000000000000000000000"


def act(api: Api, caller: Player | None, run_id: str, verb: str, body: Any = None) -> Any:
    return api.post(caller, f"{RUNS}/{run_id}/{verb}", BODIES[verb] if body is None else body)


def shown(api: Api, caller: Player, run_id: str) -> dict[str, Any]:
    run: dict[str, Any]
    (run,) = api.get(caller, RUNS, params={"runId": run_id}).json()["runs"]
    return run


def delayed(api: Api, owner: Player) -> str:
    return api.open_run(owner, RunStatus.DELAYED, delay_until=now_ms() + 3_600_000)


def test_a_waiting_run_is_canceled_at_once(api: Api, cast: Cast) -> None:
    """The answer is the run as it then stands."""
    run_id = api.open_run(cast.alice)
    answer = act(api, cast.alice, run_id, "cancel")
    assert (answer.status_code, answer.json()["status"]) == (200, "success")
    (run,) = answer.json()["runs"]
    assert (run["id"], run["status"], run["error"]["name"]) == (run_id, "CANCELED", "Canceled")
    assert run == shown(api, cast.alice, run_id)


def test_a_finished_run_stays_as_it_is(api: Api, cast: Cast) -> None:
    """Canceling it is 200 and changes nothing."""
    run_id = api.open_run(cast.alice)
    api.finish(run_id, RunStatus.COMPLETED, output="1")
    before = shown(api, cast.alice, run_id)
    answer = act(api, cast.alice, run_id, "cancel")
    assert (answer.status_code, answer.json()["runs"]) == (200, [before])


def test_a_replay_is_the_same_again(api: Api, cast: Cast) -> None:
    """Payload, tags and metadata come along; an empty body is no body."""
    old = api.open_run(
        cast.alice, payload={"a": 1}, tags=("tour",), metadata={"step": 1}, is_test=True
    )
    for more in ({"json": {}}, {"content": b""}):
        answer = api.ask("POST", cast.alice, f"{RUNS}/{old}/replay", **more)
        assert (answer.status_code, answer.json()["isCached"]) == (202, False)
        run = shown(api, cast.alice, answer.json()["runId"])
        assert run["id"] != old
        assert (run["payload"], run["metadata"], run["isTest"]) == ({"a": 1}, {"step": 1}, True)
        assert run["tags"] == [f"account:{cast.alice.account_id}", "tour"]


def test_a_replay_may_differ(api: Api, cast: Cast) -> None:
    """What the body says wins; null is a payload too."""
    old = api.open_run(cast.alice, payload={"a": 1}, tags=("tour",))
    for payload in ({"a": 2}, None):
        changes = {"payload": payload, "options": {"tags": [], "delay": "1h"}}
        run_id = act(api, cast.alice, old, "replay", changes).json()["runId"]
        run = shown(api, cast.alice, run_id)
        assert (run["payload"], run["status"]) == (payload, "DELAYED")
        assert run["tags"] == [f"account:{cast.alice.account_id}"]


def test_a_replay_under_a_key_is_made_once(api: Api, cast: Cast) -> None:
    """200 and the first replay the second time."""
    old = api.open_run(cast.alice)
    changes = {"options": {"idempotencyKey": "again"}}
    first, second = (act(api, cast.alice, old, "replay", changes) for _ in range(2))
    assert (first.status_code, second.status_code) == (202, 200)
    assert first.json()["runId"] == second.json()["runId"]


def test_a_delayed_run_gets_another_time(api: Api, cast: Cast) -> None:
    """By a duration or a date; a moment that has passed is now."""
    run_id = delayed(api, cast.alice)
    for delay in ("2h", "2027-01-31T12:00:00Z", "2020-01-31"):
        answer = act(api, cast.alice, run_id, "reschedule", {"delay": delay})
        assert answer.status_code == 200
        (run,) = answer.json()["runs"]
        assert run == shown(api, cast.alice, run_id)
        if delay.startswith("2027"):
            assert run["delayedUntil"] == "2027-01-31T12:00:00.000Z"


def test_only_a_delayed_run_gets_another_time(api: Api, cast: Cast) -> None:
    """409 says how the run stands."""
    run_id = api.open_run(cast.alice)
    code, text = refusal(act(api, cast.alice, run_id, "reschedule"))
    assert (code, "queued" in text) == (409, True)


@pytest.mark.parametrize(
    ("verb", "body", "field"),
    [
        ("replay", {"x": 1}, "x"),
        ("replay", {"options": {"ttl": "soon"}}, "options.ttl"),
        ("replay", {"options": {"machine": "huge"}}, "options.machine"),
        ("replay", {"options": {"tags": ["account:x"]}}, "options.tags"),
        ("reschedule", {}, "delay"),
        ("reschedule", {"delay": "later"}, "delay"),
        ("reschedule", {"delay": None}, "delay"),
        ("reschedule", {"delay": "1h", "x": 1}, "x"),
    ],
)
def test_a_wrong_value_is_refused_by_name(
    api: Api, cast: Cast, verb: str, body: Any, field: str
) -> None:
    """400, and the run is as it was."""
    run_id = delayed(api, cast.alice)
    before = shown(api, cast.alice, run_id)
    assert refused_field(act(api, cast.alice, run_id, verb, body)) == (400, field)
    assert shown(api, cast.alice, run_id) == before


@pytest.mark.parametrize("verb", ACTS)
def test_a_run_out_of_reach_is_not_there(api: Api, cast: Cast, verb: str) -> None:
    """The same answer as for an unknown run, and nothing happens to it."""
    run_id = delayed(api, cast.alice)
    before = shown(api, cast.alice, run_id)
    for caller in (cast.charlie, cast.bob):
        for wanted in (run_id, UNKNOWN, "nonsense", "a%00b", "%F0%9F%8E%B5"):
            assert refusal(act(api, caller, wanted, verb)) == (404, "Task run not found")
    assert shown(api, cast.alice, run_id) == before


@pytest.mark.parametrize("verb", ACTS)
def test_those_who_see_a_run_may_act(api: Api, cast: Cast, verb: str) -> None:
    """Alice, who runs the label, for its member Bob; the operator for everyone."""
    for caller in (cast.alice, cast.operator):
        assert act(api, caller, delayed(api, cast.bob), verb).status_code in (200, 202)


@pytest.mark.parametrize("verb", ACTS)
def test_credentials_come_first(api: Api, cast: Cast, verb: str) -> None:
    """401 before anything of run or body is looked at; 405 for another method."""
    run_id = delayed(api, cast.alice)
    for caller in (None, Player(cast.alice.account_id, "bl_sk_x")):
        assert refusal(act(api, caller, run_id, verb, {"x": 1}))[0] == 401
    assert refusal(api.get(cast.alice, f"{RUNS}/{run_id}/{verb}"))[0] == 405
