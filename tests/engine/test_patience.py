from __future__ import annotations

import sqlite3

import pytest
import sqlalchemy as sa

from backline.engine import patience
from backline.engine.patience import HandedBack, Patience
from backline.errors import InvalidInput


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "FIRST_PAUSE_SECONDS", 0.001)


class Flaky:
    """An act whose database is away for its first calls."""

    def __init__(self, failures: int) -> None:
        self.calls = 0
        self._failures = failures

    def __call__(self, word: str) -> str:
        self.calls += 1
        if self.calls <= self._failures:
            full = sqlite3.OperationalError("database or disk is full")
            raise sa.exc.OperationalError("INSERT", {}, full)
        return word


def test_an_act_is_tried_until_the_database_takes_it() -> None:
    """The answer of the first try that succeeds is the answer."""
    act = Flaky(3)
    assert Patience(lambda: False)(act, "kept") == "kept"
    assert act.calls == 4


def test_a_worker_that_stops_does_not_wait_for_the_database() -> None:
    """The run is left to another worker, after one try."""
    act = Flaky(3)
    with pytest.raises(HandedBack):
        Patience(lambda: True)(act, "kept")
    assert act.calls == 1


def test_what_the_act_itself_refuses_is_not_tried_again() -> None:
    """Only trouble with the database passes by itself."""
    calls: list[int] = []

    def refuse() -> None:
        calls.append(1)
        raise InvalidInput("no", "field")

    with pytest.raises(InvalidInput):
        Patience(lambda: False)(refuse)
    assert calls == [1]
