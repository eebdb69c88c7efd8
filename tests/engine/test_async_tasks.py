"""Async tasks in real processes, on both databases."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from backline.db import Database
from backline.engine import Dispatch
from backline.runs import RunStatus, queries
from backline.settings import Settings
from tests.cast import Cast
from tests.engine.conftest import Workshop
from tests.engine.outcomes import order, output, words
from tests.processes import eventually, final_run


@pytest.fixture
def database(workshop: Workshop) -> Database:
    return workshop.database


@pytest.fixture
def settings(workshop: Workshop) -> Settings:
    return workshop.settings


@pytest.fixture
def dispatch(workshop: Workshop) -> Dispatch:
    return workshop.dispatch


def test_every_call_has_its_awaited_form(
    database: Database, dispatch: Dispatch, cast: Cast, tmp_path: Path
) -> None:
    """Steps run side by side, plain ones in a thread, and everything else works as in plain tasks."""
    diary = tmp_path / "diary"
    new = order("side-by-side", str(diary), cast.alice.account_id)
    run = final_run(database, dispatch.trigger(new).run_id)
    told = output(run)
    assert told["steps"] == ["a", "b"] and told["aside"] is True
    assert sorted(words(diary)[:2]) == ["a-begins", "b-begins"], "neither waits for the other"
    assert len(words(diary)) == 4, "no step is done twice, though the run froze in between"
    assert (told["read"], told["child"]) == ("la la la", {"echo": 1})
    assert (told["batch"], told["none"]) == ([{"echo": 2}, {"echo": 3}], [])
    assert len(told["alone"]) == 2 and told["token"] is False
    assert "async" in msgspec.json.decode(run.tags)


def test_waits_are_waited_for_side_by_side(
    database: Database, dispatch: Dispatch, tmp_path: Path
) -> None:
    """Each goes on when its own is over, and the whole takes as long as the longest."""
    diary = tmp_path / "diary"
    run = final_run(database, dispatch.trigger(order("waits-side-by-side", str(diary))).run_id)
    assert output(run)["oks"] == [True, True]
    said = [word for word in words(diary) if word != "from-the-top"]
    assert said[0] == "work" and said[-1] == "nap"
    assert sorted(said[1:3]) == ["child", "other"]
    with database.read() as connection:
        story = queries.events_of(connection, run.id)
        first, second = queries.children_of(connection, run.id)
    assert (second.created_at, first.created_at) < (first.finished_at, second.finished_at)
    frozen = [detail for _, status, detail in story if status == "frozen"]
    assert frozen[0] == "waits for time or runs"
    begun, ended = story[0][0], story[-1][0]
    assert ended - begun >= 7000


def test_a_wait_does_not_hold_up_nor_is_it_held_up(
    database: Database, dispatch: Dispatch, tmp_path: Path
) -> None:
    """While a step is under way the run does not freeze, and what is waited for is heard of."""
    diary = tmp_path / "diary"
    run = final_run(database, dispatch.trigger(order("works-while-it-waits", str(diary))).run_id)
    assert output(run) is True
    assert words(diary) == ["heard", "waited", "worked"]
    with database.read() as connection:
        story = [status for _, status, _ in queries.events_of(connection, run.id)]
    assert "frozen" not in story


def test_an_async_task_is_canceled_and_may_await_its_cleanup(
    database: Database, dispatch: Dispatch, tmp_path: Path
) -> None:
    """One is interrupted, and does a last step; one looks, and leaves by itself."""
    for how, last in (("sleeps", "cleaned"), ("looks", "left")):
        diary = tmp_path / how
        payload = {"path": str(diary), "how": how}
        run_id = dispatch.trigger(order("async-and-stopped", payload)).run_id
        eventually(lambda diary=diary: "began" in words(diary))
        dispatch.cancel(run_id)
        assert final_run(database, run_id).status is RunStatus.CANCELED
        assert words(diary)[-1] == last


def test_hooks_of_async_tasks_may_await(
    database: Database, dispatch: Dispatch, tmp_path: Path
) -> None:
    """Without an annotation the context is the awaited one, for hooks too."""
    diary = tmp_path / "diary"
    run = final_run(database, dispatch.trigger(order("async-hooked", {"path": str(diary)})).run_id)
    assert output(run) == "1" and words(diary) == ["main", "hooked"]
