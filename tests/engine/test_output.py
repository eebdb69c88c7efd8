"""What a task writes lands in its run's log, with real processes, on both databases."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from backline.db import Database
from backline.engine import Dispatch
from backline.runs import LogLine, NewRun, Run, RunStatus, queries
from tests.engine.conftest import Workshop
from tests.processes import final_run


@pytest.fixture
def database(workshop: Workshop) -> Database:
    return workshop.database


@pytest.fixture
def dispatch(workshop: Workshop) -> Dispatch:
    return workshop.dispatch


def perform(
    database: Database, dispatch: Dispatch, task: str, payload: Any = None
) -> tuple[Run, list[LogLine]]:
    new = NewRun(account_id="alice", task_identifier=task, payload=payload)
    run = final_run(database, dispatch.trigger(new).run_id)
    lines: list[LogLine] = []
    with database.read() as connection:
        while page := queries.log_of(connection, run.id, lines[-1].number if lines else 0):
            lines += page
    return run, lines


def test_everything_is_heard_in_order_and_with_its_level(
    database: Database, dispatch: Dispatch
) -> None:
    """Python, C, programs, logging, warnings, the context: whatever it is, it is in the log."""
    run, lines = perform(database, dispatch, "speaks-every-way")
    assert run.status is RunStatus.COMPLETED, run.error
    said = [(line.stream, line.level, line.text) for line in lines]
    assert said[:7] == [
        ("stdout", "info", "one\n"),
        ("stdout", "info", "two\n"),
        ("stdout", "info", "three\n"),
        ("stderr", "warn", "four\n"),
        ("stdout", "info", "five\n"),
        ("log", "info", "band: six of strings"),
        ("log", "error", "band: seven"),
    ]
    stream, level, text = said[7]
    assert (stream, level) == ("log", "warn") and "UserWarning: eight" in text
    unreadable = "\N{REPLACEMENT CHARACTER}"
    assert said[8:] == [
        ("log", "debug", "nine"),
        ("stderr", "warn", f"ten {unreadable * 3}\n"),
        ("stdout", "info", "eleven \\ud83d\n"),
        ("stdout", "info", "twelve, from a buffer of C\n"),
    ]
    assert [line.at for line in lines] == sorted(line.at for line in lines)


def test_a_flood_is_kept_whole_in_few_pieces(database: Database, dispatch: Dispatch) -> None:
    """A hundred thousand lines and a very long one are all there, and do not fill the table."""
    run, lines = perform(database, dispatch, "floods-in-lines", 100_000)
    assert run.status is RunStatus.COMPLETED, run.error
    text = "".join(line.text for line in lines)
    counted = "".join(f"line {number}\n" for number in range(100_000))
    assert text == counted + "x" * 3_000_000 + "\n"
    assert len(lines) < 5000


def test_last_words_survive_a_crash(database: Database, dispatch: Dispatch) -> None:
    """What was written just before a segmentation fault is in the log, with Python's own account."""
    run, lines = perform(database, dispatch, "dies-talking")
    assert run.status is RunStatus.CRASHED
    assert "was killed by SIGSEGV" in msgspec.json.decode(run.error or "{}")["message"]
    text = "".join(line.text for line in lines)
    for words in ("famous last words\n", "from below\n", "Segmentation fault", "in dies_talking"):
        assert words in text
