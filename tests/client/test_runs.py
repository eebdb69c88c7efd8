"""Runs as a client reads them."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from backline.client import FINAL_STATUSES, Client, Run
from backline.errors import NotFound, SetupError
from tests.client.scripted import HANG_UP, Scripted


def a_run(status: str = "EXECUTING", **more: Any) -> dict[str, Any]:
    times = dict.fromkeys(("createdAt", "updatedAt"), "2026-11-23T20:00:00.000Z")
    return {"id": "run_1", "status": status, "taskIdentifier": "sleep", **times, **more}


def answer(*runs: dict[str, Any]) -> tuple[int, bytes]:
    return 200, json.dumps({"status": "success", "runs": runs}).encode()


def read(run: dict[str, Any]) -> Run:
    return msgspec.convert(run, Run)


def test_a_run_prints_as_it_came() -> None:
    """What the server left out stays out; null stays null."""
    came = a_run(
        startedAt=None, output={"a": [1]}, attempts=[], tags=["x"], metadata={"progress": 1}
    )
    printed = json.loads(msgspec.json.encode(read(came)))
    assert {name: printed[name] for name in came} == came
    assert "payload" not in printed


def test_a_run_of_a_newer_server_can_be_read() -> None:
    """A field that this client does not know is passed over."""
    assert read(a_run(isQueued=True)).status == "EXECUTING"


@pytest.mark.parametrize(
    ("told", "seen"),
    [(0.25, 0.25), (1, 1.0), (7, 1.0), (-1, 0.0), ("half", None), (True, None), (None, None)],
)
def test_progress_is_a_share_or_nothing(told: object, seen: float | None) -> None:
    """Whatever a task writes into its metadata, a bar can be drawn."""
    assert read(a_run(metadata={"progress": told})).progress == seen


def test_a_run_without_metadata_has_no_step() -> None:
    """Null metadata is an empty step, not an error."""
    assert read(a_run(metadata=None)).current_step == ""


@pytest.mark.parametrize("status", sorted(FINAL_STATUSES))
def test_following_ends_with_every_final_status(
    scripted: Scripted, client: Client, status: str
) -> None:
    """A run is yielded when it changes, and last when it has ended."""
    scripted.script = [answer(a_run("QUEUED")), answer(a_run("QUEUED")), answer(a_run(status))]
    assert [run.status for run in client.runs.follow("run_1")] == ["QUEUED", status]


def test_following_outlasts_a_restart(scripted: Scripted, client: Client) -> None:
    """A server that is away for longer than one read's tries is waited for."""
    scripted.script = [answer(a_run()), *[(HANG_UP, b"")] * 9, answer(a_run("COMPLETED"))]
    assert [run.status for run in client.runs.follow("run_1")] == ["EXECUTING", "COMPLETED"]


def test_following_gives_up_in_the_end(
    scripted: Scripted, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that stays away is told."""
    monkeypatch.setattr("backline.client.runs.PATIENCE_MS", 0)
    scripted.script = [answer(a_run()), (HANG_UP, b"")]
    with pytest.raises(SetupError, match="no answer"):
        list(client.runs.follow("run_1"))


def test_an_unknown_run_is_named(scripted: Scripted, client: Client) -> None:
    """The message names the id and says where to look."""
    scripted.script = [(404, b'{"status":"error","error":"Task run not found"}')]
    with pytest.raises(NotFound, match="run 'run_2' is not known here: `backline runs list`"):
        client.runs.get("run_2")


def test_a_listing_asks_for_what_was_wanted(scripted: Scripted, client: Client) -> None:
    """Limit and account are sent; what was not said is left to the server."""
    scripted.script = [answer(a_run()), answer()]
    assert [run.id for run in client.runs.newest(limit=3, account_id="a")] == ["run_1"]
    assert client.runs.newest() == []
    assert [path for _, path, _, _ in scripted.asked] == [
        "/api/tasks/runs?limit=3&account_id=a",
        "/api/tasks/runs",
    ]


def test_a_trigger_sends_task_payload_and_options(scripted: Scripted, client: Client) -> None:
    """The body is what the API documents."""
    scripted.script = [(200, b'{"status":"success","runId":"run_9","isCached":true}')]
    triggered = client.runs.trigger("sleep", {"seconds": 1}, tags=["t"], idempotency_key="k")
    assert (triggered.run_id, triggered.is_cached) == ("run_9", True)
    body = json.loads(scripted.asked[0][3])
    assert (body["taskIdentifier"], body["payload"]) == ("sleep", {"seconds": 1})
    assert (body["options"]["tags"], body["options"]["idempotencyKey"]) == (["t"], "k")
