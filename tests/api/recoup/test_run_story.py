"""What a run went through: its log, its events, and both as they happen."""

from __future__ import annotations

import json
from itertools import pairwise
from threading import Thread
from time import sleep
from typing import Any

import pytest

from backline.clock import now_ms
from backline.runs import LogLine, RunError, RunStatus, ledger
from backline.runs.ledger import Ending
from backline.runs.metadata import MetadataOperation, change_metadata
from backline.runs.status import AttemptStatus
from tests.api.stage import RUNS, Api, refusal, refused_field
from tests.cast import Cast, Player

STORIES = ["logs", "events", "stream"]


class Performer:
    """A worker's hold on a run, so that a test can let it speak."""

    def __init__(self, api: Api, owner: Player) -> None:
        self._database = api.database
        self.run_id = api.open_run(owner)
        with self._database.write() as connection:
            ledger.admit(connection, self.run_id)
            attempt = ledger.start_attempt(connection, self.run_id, "worker_1", "v7")
        assert attempt is not None
        self._hold = (self.run_id, attempt.id, "worker_1")
        self._said = 0

    def say(self, *texts: str) -> None:
        lines = [
            LogLine(self._said + place, now_ms(), "stdout", text)
            for place, text in enumerate(texts, 1)
        ]
        self._said += len(texts)
        with self._database.write() as connection:
            assert ledger.write_log(connection, *self._hold, lines)

    def tell(self, **metadata: Any) -> None:
        with self._database.write() as connection:
            operations = [MetadataOperation("set", *item) for item in metadata.items()]
            assert change_metadata(connection, self._hold[0], operations, self._hold[1:])

    def end(self) -> None:
        ending = Ending(
            run=RunStatus.COMPLETED,
            attempt=AttemptStatus.COMPLETED,
            detail="the task returned",
            active_ms=5,
            output='{"n":1}',
        )
        with self._database.write() as connection:
            assert ledger.end_attempt(connection, *self._hold, ending)


def events(text: str) -> list[tuple[str, str | None, dict[str, Any]]]:
    """Read server-sent events as (kind, id, data)."""
    found = []
    for block in text.split("\n\n")[:-1]:
        lines = [line for line in block.split("\n") if not line.startswith(":")]
        fields = dict(line.split(": ", 1) for line in lines)
        if fields:
            found.append((fields["event"], fields.get("id"), json.loads(fields["data"])))
    return found


def test_the_log_is_read_from_any_line_on(api: Api, cast: Cast) -> None:
    """In order, as much as asked for, from after a number."""
    performer = Performer(api, cast.alice)
    performer.say("one", "two\nand more", "drei ü 🎵")
    path = f"{RUNS}/{performer.run_id}/logs"
    body = api.get(cast.alice, path).json()
    assert body["status"] == "success"
    assert [(line["number"], line["text"]) for line in body["lines"]] == [
        (1, "one"),
        (2, "two\nand more"),
        (3, "drei ü 🎵"),
    ]
    assert set(body["lines"][0]) == {"number", "at", "stream", "text", "level"}
    some = api.get(cast.alice, path, params={"after": "1", "limit": "1"}).json()["lines"]
    assert [line["number"] for line in some] == [2]
    assert api.get(cast.alice, path, params={"after": "3"}).json()["lines"] == []


def test_events_tell_the_life_of_a_run(api: Api, cast: Cast) -> None:
    """In the words of the contract, with the reasons."""
    run_id = api.open_run(cast.alice)
    api.finish(run_id, RunStatus.TIMED_OUT, error=RunError(name="X", message="too long"))
    told = api.get(cast.alice, f"{RUNS}/{run_id}/events").json()["events"]
    assert [event["status"] for event in told] == ["QUEUED", "EXECUTING", "FAILED"]
    assert told[0]["detail"] == "triggered"
    assert all(event["at"].endswith("Z") for event in told)


def test_a_stream_of_a_finished_run_ends_with_it(api: Api, cast: Cast) -> None:
    """All lines, then the run in full, then nothing."""
    performer = Performer(api, cast.alice)
    performer.say(*[f"line {n}" for n in range(450)])
    performer.end()
    answer = api.get(cast.alice, f"{RUNS}/{performer.run_id}/stream")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store"
    told = events(answer.text)
    assert [event_id for _, event_id, _ in told] == [*map(str, range(1, 451)), "done"]
    kind, _, run = told[-1]
    assert (kind, run["status"], run["output"]) == ("done", "COMPLETED", {"n": 1})


def test_a_stream_tells_what_happens_meanwhile(api: Api, cast: Cast) -> None:
    """Lines and changes as they come, each once, until the end."""
    performer = Performer(api, cast.alice)
    performer.say("before")

    def perform() -> None:
        for n in range(3):
            sleep(0.1)
            performer.tell(progress=n)
            performer.say(f"step {n}")
        performer.end()

    thread = Thread(target=perform)
    thread.start()
    told = events(api.get(cast.alice, f"{RUNS}/{performer.run_id}/stream").text)
    thread.join()
    assert [data["text"] for kind, _, data in told if kind == "log"] == [
        "before",
        "step 0",
        "step 1",
        "step 2",
    ]
    runs = [data for kind, _, data in told if kind == "run"]
    assert runs and all(run["status"] == "EXECUTING" and "payload" not in run for run in runs)
    assert all(one != other for one, other in pairwise(runs))
    assert [kind for kind, _, _ in told].index("done") == len(told) - 1


def test_a_broken_stream_is_resumed(api: Api, cast: Cast) -> None:
    """From the last line one has, by header or by query; after the end there is no more."""
    performer = Performer(api, cast.alice)
    performer.say("one", "two", "three")
    performer.end()
    path = f"{RUNS}/{performer.run_id}/stream"
    for more in ({"headers": {"last-event-id": "2"}}, {"params": {"after": "2"}}):
        told = events(api.get(cast.alice, path, **more).text)
        assert [event_id for _, event_id, _ in told] == ["3", "done"]
    done = api.get(cast.alice, path, headers={"last-event-id": "done"})
    assert (done.status_code, done.content) == (204, b"")


def test_a_silent_stream_shows_that_it_lives(
    api: Api, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With comments, which readers pass over; and it ends after its longest time."""
    monkeypatch.setattr("backline.api.recoup.run_stream.HEARTBEAT_MS", 0)
    monkeypatch.setattr("backline.api.recoup.run_stream.LONGEST_MS", 200)
    run_id = api.open_run(cast.alice)
    text = api.get(cast.alice, f"{RUNS}/{run_id}/stream").text
    assert ": still there\n\n" in text
    assert [kind for kind, _, _ in events(text)] == ["run"]


def test_head_of_a_stream_does_not_wait(api: Api, cast: Cast) -> None:
    """It answers at once, without a body, though the run has not ended."""
    answer = api.ask("HEAD", cast.alice, f"{RUNS}/{api.open_run(cast.alice)}/stream")
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    ("story", "query", "field"),
    [
        ("logs", {"after": "-1"}, "after"),
        ("logs", {"after": ""}, "after"),
        ("logs", {"after": "1e3"}, "after"),
        ("logs", {"limit": "0"}, "limit"),
        ("logs", {"limit": "1001"}, "limit"),
        ("stream", {"after": "x"}, "after"),
    ],
)
def test_a_wrong_value_is_refused_by_name(
    api: Api, cast: Cast, story: str, query: dict[str, str], field: str
) -> None:
    """400 names the parameter."""
    path = f"{RUNS}/{api.open_run(cast.alice)}/{story}"
    assert refused_field(api.get(cast.alice, path, params=query)) == (400, field)


def test_an_id_of_no_event_is_refused(api: Api, cast: Cast) -> None:
    """400 names the header."""
    path = f"{RUNS}/{api.open_run(cast.alice)}/stream"
    answer = api.get(cast.alice, path, headers={"last-event-id": "-1"})
    assert refused_field(answer) == (400, "Last-Event-ID")


@pytest.mark.parametrize("story", STORIES)
def test_a_run_out_of_reach_is_not_there(api: Api, cast: Cast, story: str) -> None:
    """The same answer as for an unknown run, before the query is looked at."""
    run_id = api.open_run(cast.alice)
    for wanted in (run_id, "run_00000000000000000000000000", "a%00b"):
        for caller in (cast.charlie, cast.bob):
            answer = api.get(caller, f"{RUNS}/{wanted}/{story}", params={"after": "x"})
            assert refusal(answer) == (404, "Task run not found")


@pytest.mark.parametrize("story", STORIES)
def test_credentials_come_first(api: Api, cast: Cast, story: str) -> None:
    """401 without good ones; 405 for another method."""
    path = f"{RUNS}/{api.open_run(cast.alice)}/{story}"
    for caller in (None, Player(cast.alice.account_id, "bl_sk_x")):
        assert refusal(api.get(caller, path))[0] == 401
    assert refusal(api.post(cast.alice, path))[0] == 405
