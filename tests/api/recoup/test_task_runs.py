"""GET /api/tasks/runs: one run, or the newest of an account, for those who may see them."""

from __future__ import annotations

import re
import uuid
from urllib.parse import quote

import pytest

from backline.runs import RunError, RunStatus
from tests.api.stage import RUNS, Api, refusal, refused_field
from tests.cast import Cast, Player

BY_ID_ONLY = {"payload", "output", "error", "attempts", "schedule", "relatedRuns"}
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def listed(api: Api, caller: Player, **params: str) -> list[str]:
    answer = api.get(caller, RUNS, params=params)
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "success"
    return [run["id"] for run in answer.json()["runs"]]


def test_it_lists_own_runs_the_newest_first(api: Api, cast: Cast) -> None:
    """Without parameters the caller sees its own runs, and nobody else's."""
    older, newer = api.open_run(cast.alice), api.open_run(cast.alice)
    api.open_run(cast.lyra)
    assert listed(api, cast.alice) == [newer, older]


def test_it_lists_20_runs_unless_told_otherwise(api: Api, cast: Cast) -> None:
    """The default is 20, and `limit` may ask for 1 to 100."""
    runs = [api.open_run(cast.alice) for _ in range(101)][::-1]
    assert listed(api, cast.alice) == runs[:20]
    assert listed(api, cast.alice, limit="1") == runs[:1]
    assert listed(api, cast.alice, limit="100") == runs[:100]


def test_an_account_without_runs_has_an_empty_list(api: Api, cast: Cast) -> None:
    """Nothing triggered is no error."""
    assert listed(api, cast.charlie) == []


def test_a_listed_run_is_in_short(api: Api, cast: Cast) -> None:
    """A list carries no payload, output, error, attempts, schedule or relatives."""
    api.finish(api.open_run(cast.alice, payload={"a": 1}), RunStatus.COMPLETED, output="2")
    (run,) = api.get(cast.alice, RUNS).json()["runs"]
    assert not BY_ID_ONLY & run.keys()
    assert run["status"] == "COMPLETED"
    assert run["version"] == "v7"
    assert run["durationMs"] == 1500
    assert run["costInCents"] == 0.25
    assert run["tags"] == [f"account:{cast.alice.account_id}"]
    assert run["env"] == {"id": "env_dev", "name": "dev"}


def test_null_stands_only_where_the_contract_allows_it(api: Api, cast: Cast) -> None:
    """A run that did not start has null dates, and no version at all."""
    run_id = api.open_run(cast.alice)
    (run,) = api.get(cast.alice, RUNS, params={"runId": run_id}).json()["runs"]
    assert "version" not in run
    assert {name for name, value in run.items() if value is None} == {
        "idempotencyKey",
        "startedAt",
        "finishedAt",
        "delayedUntil",
        "ttl",
        "expiredAt",
        "metadata",
        "batchId",
        "payload",
        "output",
        "error",
        "schedule",
        "relatedRuns",
    }


def test_one_run_is_shown_whole(api: Api, cast: Cast) -> None:
    """By its id a run comes with payload, output and attempts, in a list of one."""
    run_id = api.open_run(
        cast.alice, payload={"songs": ["ü"]}, metadata={"progress": 0.5}, tags=("summer",)
    )
    api.finish(run_id, RunStatus.COMPLETED, output='{"echo":{"deep":[1,null]}}')
    (run,) = api.get(cast.alice, RUNS, params={"runId": run_id}).json()["runs"]
    assert run["id"] == run_id
    assert run["payload"] == {"songs": ["ü"]}
    assert run["output"] == {"echo": {"deep": [1, None]}}
    assert run["metadata"] == {"progress": 0.5}
    assert run["tags"] == [f"account:{cast.alice.account_id}", "summer"]
    (attempt,) = run["attempts"]
    assert attempt["id"].startswith("attempt_")
    assert (attempt["status"], attempt["error"]) == ("COMPLETED", None)
    for moment in (run["createdAt"], run["finishedAt"], attempt["completedAt"]):
        assert MOMENT.fullmatch(moment)


def test_a_failed_run_says_why(api: Api, cast: Cast) -> None:
    """Error and failed attempt carry message, name and stack trace, and there is no output."""
    run_id = api.open_run(cast.alice)
    why = RunError(message="no such song", name="MediaError", stack_trace="line 1")
    api.finish(run_id, RunStatus.FAILED, output='"left over"', error=why)
    (run,) = api.get(cast.alice, RUNS, params={"runId": run_id}).json()["runs"]
    told = {"message": "no such song", "name": "MediaError", "stackTrace": "line 1"}
    assert (run["status"], run["error"], run["output"]) == ("FAILED", told, None)
    assert (run["attempts"][0]["status"], run["attempts"][0]["error"]) == ("FAILED", told)


def test_a_run_knows_its_family(api: Api, cast: Cast) -> None:
    """Root, parent and children are shown in short; a run that stands alone has none."""
    root = api.open_run(cast.alice)
    child = api.open_run(cast.alice, parent_id=root, root_id=root, depth=1)
    grandchild = api.open_run(cast.alice, parent_id=child, root_id=root, depth=2)

    def family(run_id: str) -> tuple[str | None, str | None, list[str]]:
        (run,) = api.get(cast.alice, RUNS, params={"runId": run_id}).json()["runs"]
        related = run["relatedRuns"]
        above = [related[name] and related[name]["id"] for name in ("root", "parent")]
        return above[0], above[1], [one["id"] for one in related["children"]]

    assert family(root) == (None, None, [child])
    assert family(child) == (root, root, [grandchild])
    assert family(grandchild) == (root, child, [])


def test_an_owner_sees_its_artists_runs(api: Api, cast: Cast) -> None:
    """Both by id and by account, and so do the admins of an organization."""
    run_id = api.open_run(cast.lyra)
    assert listed(api, cast.alice, runId=run_id) == [run_id]
    assert listed(api, cast.alice, account_id=cast.lyra.account_id) == [run_id]
    assert listed(api, cast.label, account_id=cast.lyra.account_id) == [run_id]
    assert listed(api, cast.operator, account_id=cast.lyra.account_id) == [run_id]


def test_an_admin_sees_a_member_and_never_the_other_way_round(api: Api, cast: Cast) -> None:
    """Access runs from an organization to its members."""
    bobs, alices = api.open_run(cast.bob), api.open_run(cast.alice)
    assert listed(api, cast.alice, account_id=cast.bob.account_id) == [bobs]
    assert refusal(api.get(cast.bob, RUNS, params={"runId": alices}))[0] == 404
    answer = api.get(cast.bob, RUNS, params={"account_id": cast.alice.account_id})
    assert refusal(answer)[0] == 403


def test_own_account_id_is_always_allowed(api: Api, cast: Cast) -> None:
    """Saying oneself is the same as saying nothing, in capitals too."""
    run_id = api.open_run(cast.charlie)
    assert listed(api, cast.charlie, account_id=cast.charlie.account_id) == [run_id]
    assert listed(api, cast.charlie, account_id=cast.charlie.account_id.upper()) == [run_id]


def test_a_run_out_of_reach_answers_as_an_unknown_one(api: Api, cast: Cast) -> None:
    """Code, body and headers do not tell whether the id exists."""
    strangers = api.open_run(cast.charlie)
    unknown = "run_01arz3ndektsv4rrffq69g5fav"
    answers = [api.get(cast.alice, RUNS, params={"runId": i}) for i in (strangers, unknown)]
    assert {answer.status_code for answer in answers} == {404}
    assert {answer.text for answer in answers} == {
        '{"status":"error","error":"Task run not found"}'
    }
    assert answers[0].headers == answers[1].headers


def test_an_account_out_of_reach_answers_as_an_unknown_one(api: Api, cast: Cast) -> None:
    """403, whether the account exists or not."""
    account_ids = (cast.charlie.account_id, str(uuid.uuid4()))
    answers = [api.get(cast.bob, RUNS, params={"account_id": i}) for i in account_ids]
    assert {answer.status_code for answer in answers} == {403}
    assert answers[0].text == answers[1].text
    refusal(answers[0])


@pytest.mark.parametrize(
    "limit",
    ["", " ", "0", "101", "-1", "+5", "5.0", "1e1", "0x10", "abc", "٣", " 5", "5 ", "9" * 5000],
)
def test_a_wrong_limit_is_refused(api: Api, cast: Cast, limit: str) -> None:
    """Only whole decimal numbers from 1 to 100 are a limit."""
    answer = api.get(cast.alice, f"{RUNS}?limit={quote(limit)}")
    assert refused_field(answer) == (400, "limit")


@pytest.mark.parametrize(
    "account_id",
    ["", "me", "4cfdc117-6986-458c-968f-f4f42344bef", "4cfdc1176986458c968ff4f42344bef7"],
)
def test_a_wrong_account_id_is_refused(api: Api, cast: Cast, account_id: str) -> None:
    """Only a UUID in its usual form is an account id."""
    answer = api.get(cast.alice, RUNS, params={"account_id": account_id})
    assert refused_field(answer) == (400, "account_id")


@pytest.mark.parametrize("run_id", ["", "%20", "run_%00"])
def test_an_empty_run_id_is_refused(api: Api, cast: Cast, run_id: str) -> None:
    """An unset variable in a poll loop must not read somebody's newest run."""
    answer = api.get(cast.alice, f"{RUNS}?runId={run_id}")
    assert refused_field(answer) == (400, "runId")


@pytest.mark.parametrize("run_id", ["run_x", "x" * 3000, "run_' OR 1=1 --", "run_%F0%28", "🎵"])
def test_a_strange_run_id_is_not_found(api: Api, cast: Cast, run_id: str) -> None:
    """Whatever is no id is an unknown id."""
    answer = api.get(cast.alice, f"{RUNS}?runId={quote(run_id, safe='%')}")
    assert refusal(answer) == (404, "Task run not found")


def test_limit_and_account_are_passed_over_beside_a_run_id(api: Api, cast: Cast) -> None:
    """Even values that would be refused in a listing."""
    run_id = api.open_run(cast.alice)
    assert listed(api, cast.alice, runId=run_id, limit="zz", account_id="zz") == [run_id]


def test_the_first_of_repeated_values_counts(api: Api, cast: Cast) -> None:
    """As in the hosted service."""
    api.open_run(cast.alice)
    api.open_run(cast.alice)
    assert len(api.get(cast.alice, f"{RUNS}?limit=1&limit=zz").json()["runs"]) == 1
    assert refused_field(api.get(cast.alice, f"{RUNS}?limit=zz&limit=1")) == (400, "limit")


def test_unknown_parameters_are_passed_over(api: Api, cast: Cast) -> None:
    """Clients may send more than we know."""
    assert listed(api, cast.alice, status="COMPLETED", page="") == []


@pytest.mark.parametrize("query", ["", "?limit=0", "?account_id=x", "?runId="])
def test_credentials_are_judged_first(api: Api, cast: Cast, query: str) -> None:
    """Whoever is unknown learns nothing of the parameters."""
    assert refusal(api.get(None, RUNS + query))[0] == 401
    stranger = Player(cast.alice.account_id, "bl_sk_" + "A" * 43)
    assert refusal(api.get(stranger, RUNS + query))[0] == 401


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_other_methods_are_refused(api: Api, cast: Cast, method: str) -> None:
    """405 names the methods that there are."""
    answer = api.ask(method, cast.alice, RUNS)
    assert refusal(answer)[0] == 405
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"
