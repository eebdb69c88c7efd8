"""Many runs canceled or made again with one call, chosen by what they have in common."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from backline.clock import iso, now_ms
from backline.runs import RunStatus
from tests.api.stage import RUNS, Api, refusal, refused_field
from tests.cast import Cast, Player

BULK = "/api/tasks/bulk"


def bulk(api: Api, caller: Player, action: str, **more: Any) -> dict[str, Any]:
    answer = api.post(caller, BULK, {"action": action, **more})
    assert answer.status_code == 200, answer.text
    done: dict[str, Any] = answer.json()
    return done


def run_of(api: Api, caller: Player, run_id: str) -> dict[str, Any]:
    run: dict[str, Any]
    (run,) = api.get(caller, RUNS, params={"runId": run_id}).json()["runs"]
    return run


def ended(api: Api, owner: Player, status: RunStatus, **more: Any) -> str:
    run_id = api.open_run(owner, **more)
    api.finish(run_id, status)
    return run_id


def test_what_has_not_ended_is_canceled(api: Api, cast: Cast) -> None:
    """The caller's own, oldest first; what has ended, and others' runs, stay as they are."""
    done = ended(api, cast.alice, RunStatus.COMPLETED)
    waiting = [api.open_run(cast.alice), api.open_run(cast.alice, RunStatus.DELAYED)]
    foreign = api.open_run(cast.bob)
    assert bulk(api, cast.alice, "cancel", dryRun=True)["matched"] == 2
    assert run_of(api, cast.alice, waiting[0])["status"] == "QUEUED"
    assert bulk(api, cast.alice, "cancel")["runIds"] == waiting
    for run_id in waiting:
        assert run_of(api, cast.alice, run_id)["status"] == "CANCELED"
    assert run_of(api, cast.alice, done)["status"] == "COMPLETED"
    assert run_of(api, cast.bob, foreign)["status"] == "QUEUED"
    assert bulk(api, cast.alice, "cancel")["matched"] == 0


def test_what_went_wrong_is_made_again(api: Api, cast: Cast) -> None:
    """Failed, timed out, crashed; not what completed or was canceled."""
    wrong = [
        ended(api, cast.alice, status, payload=status.value)
        for status in (RunStatus.FAILED, RunStatus.TIMED_OUT, RunStatus.CRASHED)
    ]
    ended(api, cast.alice, RunStatus.COMPLETED)
    ended(api, cast.alice, RunStatus.CANCELED)
    done = bulk(api, cast.alice, "replay")
    assert (done["matched"], done["next"]) == (3, None)
    for old, new in zip(wrong, done["runIds"], strict=True):
        assert old != new
        same = (run_of(api, cast.alice, run_id)["payload"] for run_id in (old, new))
        assert len(set(same)) == 1


def test_the_contracts_words_mean_all_that_they_stand_for(api: Api, cast: Cast) -> None:
    """FAILED is also what timed out; to cancel what has ended is nothing to do."""
    for status in (RunStatus.FAILED, RunStatus.TIMED_OUT, RunStatus.CRASHED):
        ended(api, cast.alice, status)
    failed = {"status": ["FAILED"]}
    assert bulk(api, cast.alice, "replay", filter=failed, dryRun=True)["matched"] == 2
    assert bulk(api, cast.alice, "cancel", filter=failed)["matched"] == 0


def test_filters_meet(api: Api, cast: Cast) -> None:
    """Status, task, tag and time must all fit; of a list any one is enough."""
    tagged = api.open_run(cast.alice, tags=("tour", "x"))
    api.open_run(cast.alice, RunStatus.DELAYED, tags=("tour",))
    api.open_run(cast.alice, tags=("y",))

    def matched(**chosen: Any) -> int:
        count: int = bulk(api, cast.alice, "cancel", filter=chosen, dryRun=True)["matched"]
        return count

    assert matched(tag=["tour"]) == 2 and matched(tag=["tour", "y"]) == 3
    assert matched(tag=["tour"], status=["QUEUED", "FROZEN"]) == 1
    assert matched(taskIdentifier=["hello-world", "x"]) == 3
    assert matched(taskIdentifier=["x"]) == 0
    made_at = run_of(api, cast.alice, tagged)["createdAt"]
    assert matched(createdFrom="1h") == 3 and matched(createdTo="1h") == 0
    assert matched(createdFrom=made_at, createdTo=iso(now_ms())) >= 1
    assert matched(createdFrom="2999-01-01") == 0


def test_many_runs_take_many_calls(api: Api, cast: Cast) -> None:
    """Each goes on where the last one stopped; what a replay makes is not replayed."""
    for _ in range(5):
        ended(api, cast.alice, RunStatus.FAILED)
    done = bulk(api, cast.alice, "replay", limit=2)
    made = done["runIds"]
    for run_id in made:
        api.post(cast.alice, f"{RUNS}/{run_id}/cancel")
    while done["next"] is not None:
        done = bulk(
            api,
            cast.alice,
            "replay",
            limit=2,
            after=done["next"],
            filter={"status": ["FAILED", "CANCELED"]},
        )
        made += done["runIds"]
    assert len(made) == len(set(made)) == 5


@pytest.mark.parametrize(
    ("order", "field"),
    [
        ({}, "action"),
        ({"action": "delete"}, "action"),
        ({"action": "cancel", "filter": {"status": ["DONE"]}}, "filter.status[0]"),
        ({"action": "cancel", "filter": {"status": []}}, "filter.status"),
        ({"action": "cancel", "filter": {"tag": ["a\u0000"]}}, "filter.tag"),
        ({"action": "cancel", "filter": {"taskIdentifier": ["\n"]}}, "filter.taskIdentifier"),
        ({"action": "cancel", "filter": {"createdFrom": "soon"}}, "filter.createdFrom"),
        ({"action": "cancel", "filter": {"createdTo": "soon"}}, "filter.createdTo"),
        ({"action": "cancel", "limit": 0}, "limit"),
        ({"action": "cancel", "limit": 1001}, "limit"),
        ({"action": "cancel", "after": "run_x"}, "after"),
        ({"action": "cancel", "accountId": "me"}, "accountId"),
        ({"action": "cancel", "everything": True}, "everything"),
    ],
)
def test_what_is_wrong_is_named(api: Api, cast: Cast, order: dict[str, Any], field: str) -> None:
    """400 with the field, and nothing is done."""
    run_id = api.open_run(cast.alice)
    assert refused_field(api.post(cast.alice, BULK, order)) == (400, field)
    assert run_of(api, cast.alice, run_id)["status"] == "QUEUED"


def test_whose_runs_may_be_meant(api: Api, cast: Cast) -> None:
    """Those that the caller sees; everyone's only for operators."""
    tag = uuid.uuid4().hex
    run_id = api.open_run(cast.lyra, tags=(tag,))
    named = {"accountId": cast.lyra.account_id}
    assert bulk(api, cast.alice, "cancel", dryRun=True, **named)["matched"] == 1
    for caller, account_id in (
        (cast.charlie, cast.lyra.account_id),
        (cast.bob, cast.vega.account_id),
        (cast.alice, str(uuid.uuid4())),
    ):
        refused = api.post(caller, BULK, {"action": "cancel", "accountId": account_id})
        assert refusal(refused) == (403, "Access denied to specified accountId")
    everyone = {"action": "cancel", "allAccounts": True, "filter": {"tag": [tag]}}
    assert refusal(api.post(cast.alice, BULK, everyone))[0] == 403
    assert refusal(api.post(None, BULK, everyone))[0] == 401
    assert api.post(cast.operator, BULK, everyone).json()["runIds"] == [run_id]
