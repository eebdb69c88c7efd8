"""A run as it happens: its changes and log lines as server-sent events.

::

    id: 3                             a log line; its number resumes a broken stream
    event: log
    data: {"number":3,"at":"…","stream":"log","text":"listening"}

    event: run                        the run as a listing shows it, when it has changed
    data: {"id":"run_…","status":"EXECUTING",…}

    id: done                          the run in full, when it has ended; nothing follows
    event: done
    data: {"id":"run_…","status":"COMPLETED","output":…}

The format is that of the HTML standard (server-sent events). A comment line
every fifteen seconds keeps proxies from hanging up.
"""

from __future__ import annotations

from asyncio import sleep
from collections.abc import AsyncIterator

import msgspec
from anyio import to_thread

from backline.api.answers import encode
from backline.api.recoup.one_run import show_run
from backline.api.recoup.task_run import line_of, summary
from backline.api.services import Services
from backline.clock import stopwatch
from backline.ids import RunId
from backline.runs import LogLine, Run, queries
from backline.wire.recoup import TaskRun

DONE = "done"
"""The id of the last event."""
HEARTBEAT = b": still there\n\n"
HEARTBEAT_MS = 15_000
LONGEST_MS = 3_600_000
"""After an hour a stream ends; whoever still follows comes back with the last id, and a good key."""
SHORTEST_PAUSE_SECONDS = 0.05
"""However often the bell rings, a stream looks at most twenty times a second."""
PAGE = 200


class News(msgspec.Struct, frozen=True):
    """What one look finds."""

    run: Run
    lines: list[LogLine]
    ended: TaskRun | None
    """The run in full, once it has ended and all its lines are told."""


async def follow(services: Services, run_id: RunId, after: int) -> AsyncIterator[bytes]:
    """Yield the run's events, log lines from after the given number on, until it has ended."""
    services.ticker.hear_signals()
    followed, silent = stopwatch(), stopwatch()
    seen: Run | None = None
    while followed() < LONGEST_MS:
        news = await _look(services, run_id, after)
        if news is None:
            return
        for event in _told(news, seen):
            yield event
            silent = stopwatch()
        if news.ended is not None:
            return
        seen = news.run
        if news.lines:
            after = news.lines[-1].number
        if silent() >= HEARTBEAT_MS:
            yield HEARTBEAT
            silent = stopwatch()
        await sleep(SHORTEST_PAUSE_SECONDS)
        if len(news.lines) < PAGE and not await services.ticker.tick():
            return


def _told(news: News, seen: Run | None) -> list[bytes]:
    events = [_event("log", encode(line_of(line)), str(line.number)) for line in news.lines]
    if news.ended is not None:
        events.append(_event("done", encode(news.ended), DONE))
    elif news.run != seen and not news.run.status.is_final:
        events.append(_event("run", encode(summary(news.run))))
    return events


async def _look(services: Services, run_id: RunId, after: int) -> News | None:
    if services.database.is_embedded:
        return _read(services, run_id, after)
    return await to_thread.run_sync(_read, services, run_id, after)


def _read(services: Services, run_id: RunId, after: int) -> News | None:
    """Read the run first: a final one says nothing more, so its lines are then all there."""
    with services.database.read() as connection:
        run = queries.summaries(connection, [run_id]).get(run_id)
        if run is None:
            return None
        lines = queries.log_of(connection, run_id, after, PAGE)
        is_told = run.status.is_final and len(lines) < PAGE
        return News(run, lines, show_run(connection, run_id) if is_told else None)


def _event(kind: str, data: bytes, event_id: str | None = None) -> bytes:
    # JSON holds no line break, so the data is always one line.
    head = b"" if event_id is None else b"id: " + event_id.encode() + b"\n"
    return head + b"event: " + kind.encode() + b"\ndata: " + data + b"\n\n"
