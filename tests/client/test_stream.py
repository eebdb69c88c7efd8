"""Following a run by events: what is told, what is passed over, what is taken up again."""

from __future__ import annotations

import json

from backline.client import Client, Run
from backline.client.stream import read_events
from backline.wire.story import LogLine
from tests.client.scripted import Scripted


def a_line(number: int) -> str:
    data = {"number": number, "at": "2026-11-23T09:00:00.000Z", "stream": "log", "text": "a\nb"}
    return f"id: {number}\nevent: log\ndata: {json.dumps(data)}\n\n"


def a_run(kind: str, status: str) -> str:
    data = {
        "id": "run_1",
        "status": status,
        "taskIdentifier": "t",
        "createdAt": "2026-11-23T09:00:00.000Z",
        "updatedAt": "2026-11-23T09:00:00.000Z",
    }
    return f"event: {kind}\ndata: {json.dumps(data)}\n\n"


def told(news: LogLine | Run) -> object:
    return news.number if isinstance(news, LogLine) else news.status


def test_lines_and_runs_are_told_in_order() -> None:
    """Comments, unknown kinds and what broke off are passed over."""
    text = (
        a_line(1)
        + ": still there\n\n"
        + a_run("run", "EXECUTING")
        + "event: later\ndata: 1\n\n"
        + a_run("done", "COMPLETED")
        + a_line(2).removesuffix("\n\n")
    )
    news = read_events(iter(text.split("\n")))
    assert [told(each) for each in news] == [1, "EXECUTING", "COMPLETED"]


def test_a_stream_that_breaks_is_taken_up_where_it_was(scripted: Scripted, client: Client) -> None:
    """The server is asked for what comes after the last line."""
    scripted.script = [
        (200, (a_line(1) + a_line(2)).encode()),
        (200, (a_line(3) + a_run("done", "COMPLETED")).encode()),
    ]
    assert [told(each) for each in client.runs.stream("run_1")] == [1, 2, 3, "COMPLETED"]
    assert [path for _, path, _, _ in scripted.asked] == [
        "/api/tasks/runs/run_1/stream?after=0",
        "/api/tasks/runs/run_1/stream?after=2",
    ]


def test_names_in_paths_are_escaped(scripted: Scripted, client: Client) -> None:
    """A queue's slashes twice, since a path is unescaped on its way."""
    state = {"name": "task/a", "paused": True, "running": 0, "queued": 0}
    limits = {"concurrencyLimit": 1, "declaredLimit": 1, "overrideLimit": None, "rate": None}
    body = json.dumps({"status": "success", "queue": state | limits}).encode()
    scripted.script = [(200, body)]
    assert client.queues.pause("task/a").paused
    assert scripted.asked[0][1] == "/api/queues/task%252Fa/pause"
