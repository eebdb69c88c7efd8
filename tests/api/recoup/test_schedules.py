"""Schedules over HTTP: made, seen, changed, held and ended by those whose they are."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from backline.clock import now_ms
from backline.ids import new_id
from backline.runs import Worker, catalog, schedules
from backline.sdk import Cron, TaskFacts
from tests.api.stage import Api, refusal, refused_field
from tests.cast import Cast, Player

SCHEDULES = "/api/schedules"


def create(api: Api, caller: Player, **more: Any) -> dict[str, Any]:
    order = {"taskIdentifier": "digest", "cron": "0 9 * * 1", **more}
    answer = api.post(caller, SCHEDULES, order)
    assert answer.status_code == 201, answer.text
    schedule: dict[str, Any] = answer.json()["schedule"]
    return schedule


def get(api: Api, caller: Player, schedule_id: str) -> dict[str, Any]:
    schedule: dict[str, Any] = api.get(caller, f"{SCHEDULES}/{schedule_id}").json()["schedule"]
    return schedule


def change(api: Api, caller: Player, schedule_id: str, **wish: Any) -> Any:
    return api.ask("PATCH", caller, f"{SCHEDULES}/{schedule_id}", json=wish)


def test_a_schedule_is_made_and_tells_when_it_fires(api: Api, cast: Cast) -> None:
    """201 with the line in English, and the next ten times."""
    made = create(api, cast.alice, timezone="Europe/Berlin", externalId="fan-42")
    assert made["generator"] == {
        "type": "CRON",
        "expression": "0 9 * * 1",
        "description": "at 09:00 on Monday",
    }
    assert (made["type"], made["active"], made["externalId"]) == ("IMPERATIVE", True, "fan-42")
    assert made["accountId"] == cast.alice.account_id and made["lastRun"] is None
    assert len(made["upcoming"]) == 10 and made["upcoming"][0] == made["nextRun"]
    assert made["upcoming"] == sorted(set(made["upcoming"]))
    assert get(api, cast.alice, made["id"]) == made


def test_the_same_key_changes_the_schedule(api: Api, cast: Cast) -> None:
    """One schedule, the newest line; another account's key is another one."""
    first = create(api, cast.alice, deduplicationKey="weekly")
    again = create(api, cast.alice, deduplicationKey="weekly", cron="0 7 * * *")
    assert (again["id"], again["generator"]["expression"]) == (first["id"], "0 7 * * *")
    assert create(api, cast.bob, deduplicationKey="weekly")["id"] != first["id"]
    listed = api.get(cast.alice, SCHEDULES).json()["schedules"]
    assert [one["id"] for one in listed] == [first["id"]] and listed[0]["upcoming"] == []


def test_what_is_left_out_of_a_change_stays(api: Api, cast: Cast) -> None:
    """Field by field; null takes the external id away."""
    made = create(api, cast.alice, timezone="Asia/Tokyo", externalId="x")
    answer = change(api, cast.alice, made["id"], cron="*/5 * * * *")
    assert answer.status_code == 200
    changed = answer.json()["schedule"]
    assert changed["generator"]["expression"] == "*/5 * * * *"
    assert (changed["timezone"], changed["externalId"]) == ("Asia/Tokyo", "x")
    change(api, cast.alice, made["id"], timezone="UTC", taskIdentifier="other", externalId=None)
    now = get(api, cast.alice, made["id"])
    assert (now["timezone"], now["taskIdentifier"], now["externalId"]) == ("UTC", "other", None)


def test_a_schedule_rests_and_goes_on(api: Api, cast: Cast) -> None:
    """Without next times while it rests; either is as good twice as once."""
    made = create(api, cast.alice)
    for verb, active in (("deactivate", False), ("deactivate", False), ("activate", True)):
        answer = api.post(cast.alice, f"{SCHEDULES}/{made['id']}/{verb}")
        schedule = answer.json()["schedule"]
        assert (answer.status_code, schedule["active"]) == (200, active)
        assert bool(schedule["nextRun"]) is bool(schedule["upcoming"]) is active


def test_a_deleted_schedule_is_gone(api: Api, cast: Cast) -> None:
    """Asking again is 404."""
    made = create(api, cast.alice)
    answer = api.ask("DELETE", cast.alice, f"{SCHEDULES}/{made['id']}")
    assert (answer.status_code, answer.json()["id"]) == (200, made["id"])
    assert refusal(api.get(cast.alice, f"{SCHEDULES}/{made['id']}"))[0] == 404


@pytest.mark.parametrize(
    ("wrong", "field", "told"),
    [
        ({"cron": "0 25 * * *"}, "cron", "'25' is no hour"),
        ({"cron": "daily"}, "cron", "five"),
        ({"cron": "0 0 30 2 *"}, "cron", "never comes"),
        ({"cron": ""}, "cron", ""),
        ({"timezone": "Mars/Base"}, "timezone", "Europe/Berlin"),
        ({"timezone": "a\x00b"}, "timezone", "IANA"),
        ({"taskIdentifier": "a\nb"}, "taskIdentifier", "control"),
        ({"externalId": "a\x00"}, "externalId", "control"),
        ({"deduplicationKey": "a\x00"}, "deduplicationKey", "control"),
        ({"deduplicationKey": "k" * 513}, "deduplicationKey", ""),
        ({"every": "day"}, "every", "not supported"),
    ],
)
def test_what_is_wrong_is_named(
    api: Api, cast: Cast, wrong: dict[str, Any], field: str, told: str
) -> None:
    """400 with the field, and the part of the line that is none."""
    order = {"taskIdentifier": "digest", "cron": "0 9 * * 1", **wrong}
    answer = api.post(cast.alice, SCHEDULES, order)
    assert refused_field(answer) == (400, field)
    assert told in refusal(answer)[1]
    if field not in ("deduplicationKey", "every"):
        made = create(api, cast.alice)
        assert refused_field(change(api, cast.alice, made["id"], **wrong)) == (400, field)


def test_a_schedule_may_be_for_an_artist(api: Api, cast: Cast) -> None:
    """Its owner makes it, and it lists it; out of reach is 403, existing or not."""
    made = create(api, cast.alice, accountId=cast.lyra.account_id)
    assert get(api, cast.lyra, made["id"])["accountId"] == cast.lyra.account_id
    listed = api.get(cast.alice, SCHEDULES, params={"account_id": cast.lyra.account_id})
    assert [one["id"] for one in listed.json()["schedules"]] == [made["id"]]
    for account_id in (cast.charlie.account_id, str(uuid.uuid4())):
        order = {"taskIdentifier": "digest", "cron": "0 9 * * 1", "accountId": account_id}
        assert refusal(api.post(cast.alice, SCHEDULES, order))[0] == 403
        assert refusal(api.get(cast.alice, SCHEDULES, params={"account_id": account_id}))[0] == 403


ACTS = [("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/activate"), ("POST", "/deactivate")]


@pytest.mark.parametrize(("method", "verb"), ACTS)
def test_a_schedule_out_of_reach_is_not_there(api: Api, cast: Cast, method: str, verb: str) -> None:
    """The same answer as for an unknown one; 401 without credentials, whatever is asked."""
    made = create(api, cast.alice)
    for caller in (cast.bob, cast.charlie, cast.lyra):
        for schedule_id in (made["id"], "sched_none", "a%00b"):
            answer = api.ask(method, caller, f"{SCHEDULES}/{schedule_id}{verb}", json={})
            assert refusal(answer) == (404, "Schedule not found")
    assert refusal(api.ask(method, None, f"{SCHEDULES}/{made['id']}{verb}"))[0] == 401
    assert get(api, cast.operator, made["id"])["active"] is True


def test_a_declared_schedule_is_changed_in_code_alone(api: Api, cast: Cast) -> None:
    """409 while its task is announced; it may rest, and be removed when no code declares it."""
    facts = TaskFacts(identifier="declared-digest", cron=Cron("0 9 * * 1"))
    worker = Worker(new_id("worker"), "host", "1:1", "v1", 1, now_ms(), now_ms())
    with api.database.exclusive() as connection:
        catalog.announce(connection, worker, [facts])
        schedules.declare(connection, facts, cast.alice.account_id, "dev")
        (declared,) = schedules.of_account(connection, cast.alice.account_id)
    path = f"{SCHEDULES}/{declared.id}"
    assert get(api, cast.alice, declared.id)["type"] == "DECLARATIVE"
    assert refusal(change(api, cast.alice, declared.id, cron="* * * * *"))[0] == 409
    assert refusal(api.ask("DELETE", cast.alice, path))[0] == 409
    assert api.post(cast.alice, path + "/deactivate").status_code == 200
    with api.database.write() as connection:
        catalog.retire(connection, worker.id)
    assert api.ask("DELETE", cast.alice, path).status_code == 200
