"""Workers die all the time; at the end every run has ended once, and no finished step was redone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from backline.db import Database
from backline.engine import Bell, Dispatch, RunQueue
from backline.runs import NewRun, RunStatus, queries
from backline.settings import Settings
from tests.processes import Process, eventually, worker

KINDS = ("plain", "fails", "parent")


@pytest.fixture
def dispatch(database: Database) -> Iterator[Dispatch]:
    queue = RunQueue(database)
    yield Dispatch(database, queue, Bell())
    queue.close()


def weather(
    database: Database,
    dispatch: Dispatch,
    settings: Settings,
    diary: Path,
    *,
    runs: int,
    kills: int,
) -> None:
    """Trigger runs, kill a worker whenever some more have ended, and judge what is left."""
    orders = [
        NewRun(
            account_id="alice",
            task_identifier="weathers-the-storm",
            payload={"path": str(diary), "kind": KINDS[number % len(KINDS)]},
        )
        for number in range(runs)
    ]
    with ExitStack() as stack:
        crew: list[Process] = [stack.enter_context(worker(settings)) for _ in range(2)]
        triggered = dispatch.trigger_batch(orders).triggered
        for round_number in range(kills):
            wanted = runs * (round_number + 1) // (kills + 1)
            eventually(lambda wanted=wanted: ended(database) >= wanted or None)
            crew.pop(0).kill()
            crew.append(stack.enter_context(worker(settings)))
        eventually(lambda: ended(database) == expected_runs(runs) or None)
        for process in crew:
            assert process.stop() == 0
    judge(database, diary, [one.run_id for one in triggered])


def expected_runs(runs: int) -> int:
    """Every third run is a parent and has one child."""
    return runs + len(range(2, runs, 3))


def ended(database: Database) -> int:
    with database.read() as connection:
        return sum(
            count
            for status, count in queries.count_by_status(connection).items()
            if status.is_final
        )


def judge(database: Database, diary: Path, run_ids: list[str]) -> None:
    noted: dict[tuple[str, str], list[int]] = {}
    for line in diary.read_text().splitlines():
        run_id, word, moment = line.split()
        noted.setdefault((run_id, word), []).append(int(moment))
    with database.read() as connection:
        for run_id in run_ids:
            run = queries.find_run(connection, run_id)
            assert run is not None and run.status is RunStatus.COMPLETED, run
            endings = [s for _, s, _ in queries.events_of(connection, run_id) if s == "completed"]
            assert endings == ["completed"], "a run ends once"
            for key, value in queries.steps_of(connection, run_id).items():
                if (run_id, key) in noted:
                    assert max(noted[run_id, key]) == int(value), (
                        f"{key} was redone after it was kept"
                    )


def test_a_short_storm(
    database: Database, dispatch: Dispatch, settings: Settings, tmp_path: Path
) -> None:
    """Three of the workers die while thirty families of runs go through."""
    weather(database, dispatch, settings, tmp_path / "diary", runs=30, kills=3)


@pytest.mark.soak
def test_a_long_storm(
    database: Database, dispatch: Dispatch, settings: Settings, tmp_path: Path
) -> None:
    """Thirty workers die while six hundred families of runs go through."""
    weather(database, dispatch, settings, tmp_path / "diary", runs=600, kills=30)
