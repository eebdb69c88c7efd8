"""What can be triggered is shown, and what does not fit is refused before a run is made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from backline.clock import now_ms
from backline.runs import Worker, catalog
from backline.sdk import Cron, Retry, TaskFacts
from backline.sdk.schema import schema_of
from tests.api.stage import RUNS, Api, refusal, refused_field
from tests.cast import Cast

TASKS = "/api/tasks"


class Song(msgspec.Struct, forbid_unknown_fields=True):
    url: str
    loud: bool = False


class Order(msgspec.Struct):
    songs: list[Song]
    count: int = 1


@pytest.fixture
def tape(api: Api) -> Iterator[str]:
    """A task that two workers of different versions announce; the newer one's takes songs."""
    facts = TaskFacts(
        identifier="make/tape",
        retry=Retry(max_attempts=4),
        queue="tapes",
        concurrency_limit=2,
        machine="large-1x",
        max_duration_seconds=60,
        cron=Cron("0 9 * * 1", "Europe/Berlin"),
    )
    newer = msgspec.structs.replace(facts, payload_schema=schema_of(Order))
    known = {"worker_t1": ("v1", facts), "worker_t2": ("v2", newer)}
    with api.database.write() as connection:
        for worker_id, (version, told) in known.items():
            worker = Worker(worker_id, "host", "1:1", version, 1, now_ms(), now_ms())
            catalog.announce(connection, worker, [told])
    yield "make/tape"
    with api.database.write() as connection:
        for worker_id in known:
            catalog.retire(connection, worker_id)


def order(payload: Any, **options: Any) -> dict[str, Any]:
    return {"taskIdentifier": "make/tape", "payload": payload, "options": options}


def test_tasks_are_listed_with_what_their_authors_declared(api: Api, cast: Cast, tape: str) -> None:
    """As the newest worker has it, with every version; for anyone with credentials."""
    listed = api.get(cast.charlie, TASKS).json()["tasks"]
    (shown,) = [task for task in listed if task["taskIdentifier"] == tape]
    assert shown["versions"] == {"v1": 1, "v2": 1}
    assert (shown["queue"], shown["machine"], shown["concurrencyLimit"]) == ("tapes", "large-1x", 2)
    assert (shown["retry"]["maxAttempts"], shown["maxDurationSeconds"]) == (4, 60)
    assert shown["cron"] == {"expression": "0 9 * * 1", "timezone": "Europe/Berlin"}
    assert "payloadSchema" not in shown
    assert refusal(api.get(None, TASKS))[0] == 401


def test_one_task_is_shown_with_its_schema(api: Api, cast: Cast, tape: str) -> None:
    """404 for a task that no worker announces."""
    (shown,) = api.get(cast.alice, TASKS, params={"taskIdentifier": tape}).json()["tasks"]
    assert "songs" in str(shown["payloadSchema"])
    assert refusal(api.get(cast.alice, TASKS, params={"taskIdentifier": "none"}))[0] == 404
    assert refused_field(api.get(cast.alice, TASKS, params={"taskIdentifier": ""})) == (
        400,
        "taskIdentifier",
    )


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        (None, "payload"),
        ([], "payload"),
        ({}, "payload.songs"),
        ({"songs": "x"}, "payload.songs"),
        ({"songs": [], "count": "many"}, "payload.count"),
        ({"songs": [], "count": 1.5}, "payload.count"),
        ({"songs": [{"url": "a"}, {}]}, "payload.songs[1].url"),
        ({"songs": [{"url": "a"}, {"url": 7}]}, "payload.songs[1].url"),
        ({"songs": [{"url": "a", "loud": None}]}, "payload.songs[0].loud"),
        ({"songs": [{"url": "a", "x": 1}]}, "payload.songs[0]"),
    ],
)
def test_a_payload_that_does_not_fit_is_refused(
    api: Api, cast: Cast, tape: str, payload: Any, field: str
) -> None:
    """400 with the place in it, and no run; so is an item of a batch."""
    answer = api.post(cast.alice, RUNS, order(payload))
    assert refused_field(answer) == (400, field)
    assert tape in refusal(answer)[1]
    items = {"items": [order({"songs": []}), order(payload)]}
    answer = api.post(cast.alice, "/api/tasks/batches", items)
    assert refused_field(answer) == (400, f"items[1].{field}")
    assert api.get(cast.alice, RUNS).json()["runs"] == []


def test_a_payload_that_fits_makes_a_run(api: Api, cast: Cast, tape: str) -> None:
    """So does any for an older version that says nothing, and one that nobody knows yet."""
    good = {"songs": [{"url": "a"}], "unknown": 1}
    first = api.post(cast.alice, RUNS, order(good))
    assert first.status_code == 202
    for version in ("v1", "v3"):
        assert api.post(cast.alice, RUNS, order(7, lockToVersion=version)).status_code == 202
    unknown = {"taskIdentifier": "nobody-knows", "payload": 7}
    assert api.post(cast.alice, RUNS, unknown).status_code == 202
    replay = f"{RUNS}/{first.json()['runId']}/replay"
    assert refused_field(api.post(cast.alice, replay, {"payload": {}})) == (400, "payload.songs")
    assert api.post(cast.alice, replay, {"payload": {"songs": []}}).status_code == 202
