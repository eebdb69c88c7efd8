"""Queues: seen and changed by operators alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from backline.clock import now_ms
from backline.runs import Worker, catalog, queues
from backline.sdk import TaskFacts
from tests.api.stage import RUNS, Api, refusal, refused_field
from tests.cast import Cast, Player

QUEUES = "/api/queues"
NAME = "task/slow/one"
BODIES: dict[str, Any] = {
    "pause": None,
    "resume": None,
    "limit": {"concurrencyLimit": 3},
    "rate": {"starts": 5, "period": "1m"},
}


@pytest.fixture
def narrow(api: Api) -> Iterator[str]:
    """The name of a queue with room for two, of a task that a worker announces."""
    facts = TaskFacts(identifier="slow/one", queue=NAME, concurrency_limit=2)
    worker = Worker("worker_q", "host", "1:1", "v1", 1, now_ms(), now_ms())
    with api.database.write() as connection:
        queues.declare(connection, NAME, 2)
        catalog.announce(connection, worker, [facts])
        queues.change(connection, NAME, is_paused=False, override_limit=None, rate_limit=None)
    yield NAME
    with api.database.write() as connection:
        catalog.retire(connection, "worker_q")


def path(name: str, verb: str) -> str:
    # The test client unescapes once more than a server does.
    return f"{QUEUES}/{quote(quote(quote(name, safe=''), safe=''), safe='')}/{verb}"


def change(api: Api, caller: Player | None, name: str, verb: str, body: Any = None) -> Any:
    return api.post(caller, path(name, verb), BODIES[verb] if body is None else body)


def shown(api: Api, caller: Player, name: str) -> dict[str, Any]:
    listed = api.get(caller, QUEUES).json()["queues"]
    queue: dict[str, Any]
    (queue,) = [one for one in listed if one["name"] == name]
    return queue


def test_queues_say_how_full_they_are(api: Api, cast: Cast, narrow: str) -> None:
    """Runs with a place, runs that wait for one, and the limits."""
    before = shown(api, cast.operator, narrow)
    for _ in range(3):
        api.post(cast.alice, RUNS, {"taskIdentifier": "slow/one"})
    after = shown(api, cast.operator, narrow)
    assert after["running"] == 2
    assert after["running"] + after["queued"] == before["running"] + before["queued"] + 3
    assert (after["concurrencyLimit"], after["declaredLimit"]) == (2, 2)
    assert (after["overrideLimit"], after["paused"]) == (None, False)


def test_a_paused_queue_lets_nobody_in(api: Api, cast: Cast, narrow: str) -> None:
    """Until it is resumed; doing either twice is as good as once."""
    for verb, paused in (("pause", True), ("pause", True), ("resume", False), ("resume", False)):
        answer = change(api, cast.operator, narrow, verb)
        assert (answer.status_code, answer.json()["status"]) == (200, "success")
        assert answer.json()["queue"]["paused"] is paused
        assert answer.json()["queue"] == shown(api, cast.operator, narrow)


def test_an_operators_limit_wins_until_it_is_taken_back(api: Api, cast: Cast, narrow: str) -> None:
    """Null goes back to the author's; zero lets nobody in."""
    for limit, in_force in ((5, 5), (0, 0), (None, 2)):
        answer = change(api, cast.operator, narrow, "limit", {"concurrencyLimit": limit})
        queue = answer.json()["queue"]
        assert (queue["overrideLimit"], queue["concurrencyLimit"]) == (limit, in_force)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "concurrencyLimit"),
        ({"concurrencyLimit": -1}, "concurrencyLimit"),
        ({"concurrencyLimit": 100_001}, "concurrencyLimit"),
        ({"concurrencyLimit": "2"}, "concurrencyLimit"),
        ({"concurrencyLimit": 1, "x": 1}, "x"),
    ],
)
def test_a_wrong_limit_is_refused_by_name(
    api: Api, cast: Cast, narrow: str, body: dict[str, Any], field: str
) -> None:
    """400, and the limit stays."""
    answer = change(api, cast.operator, narrow, "limit", body)
    assert refused_field(answer) == (400, field)
    assert shown(api, cast.operator, narrow)["overrideLimit"] is None


def test_an_operator_sets_a_rate(api: Api, cast: Cast, narrow: str) -> None:
    """So many starts in a period, a second if not said; null lets any number start."""
    for body, rate in (
        ({"starts": 5, "period": "1m"}, {"starts": 5, "periodSeconds": 60}),
        ({"starts": 2}, {"starts": 2, "periodSeconds": 1}),
        ({"starts": None}, None),
    ):
        assert change(api, cast.operator, narrow, "rate", body).json()["queue"]["rate"] == rate


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "starts"),
        ({"starts": 0}, "starts"),
        ({"starts": 1, "period": "soon"}, "period"),
        ({"starts": 1, "period": "2d"}, "period"),
    ],
)
def test_a_wrong_rate_is_refused_by_name(
    api: Api, cast: Cast, narrow: str, body: dict[str, Any], field: str
) -> None:
    """400, and there is none."""
    assert refused_field(change(api, cast.operator, narrow, "rate", body)) == (400, field)
    assert shown(api, cast.operator, narrow)["rate"] is None


@pytest.mark.parametrize("verb", sorted(BODIES))
def test_an_unknown_queue_is_not_there(api: Api, cast: Cast, verb: str) -> None:
    """404 for any name that no task declares."""
    for name in ("nobody's", "task/none", "a\x00b", "%", "🎵"):
        assert refusal(change(api, cast.operator, name, verb))[0] == 404


@pytest.mark.parametrize("verb", sorted(BODIES))
def test_only_operators_may(api: Api, cast: Cast, narrow: str, verb: str) -> None:
    """403 for everyone else, whether the queue exists or not; 401 without credentials."""
    for caller in (cast.alice, cast.label):
        for name in (narrow, "nobody's"):
            assert refusal(change(api, caller, name, verb, {"x": 1}))[0] == 403
    assert refusal(change(api, None, narrow, verb))[0] == 401


def test_only_operators_may_look(api: Api, cast: Cast, narrow: str) -> None:
    """403 says which key is needed; 401 without credentials, 405 for another method."""
    code, text = refusal(api.get(cast.alice, QUEUES))
    assert (code, "secret key" in text) == (403, True)
    assert refusal(api.get(None, QUEUES))[0] == 401
    assert refusal(api.get(cast.operator, path(narrow, "pause")))[0] == 405
