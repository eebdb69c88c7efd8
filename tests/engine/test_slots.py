"""A worker executes as many runs at once as it has slots, whatever other workers have."""

from __future__ import annotations

from pathlib import Path

from backline.db import Database
from backline.engine import Dispatch
from backline.runs import NewRun, RunStatus, catalog, queries
from backline.settings import Settings
from tests.engine.outcomes import order
from tests.processes import eventually, final_run, worker

HOUR_SECONDS = 3600


def test_workers_of_different_sizes_use_all_of_their_slots(
    database: Database, dispatch: Dispatch, settings: Settings, tmp_path: Path
) -> None:
    """The small one, that comes last, does not make the large one smaller."""

    def nap(number: int) -> NewRun:
        diary = str(tmp_path / f"diary-{number}")
        return order("two-steps", {"path": diary, "nap_seconds": HOUR_SECONDS})

    def executing() -> dict[int, int]:
        """Return how many runs the worker of so many slots executes."""
        with database.read() as connection:
            return {
                each.slots: len(queries.executing_on(connection, each.id))
                for each in catalog.unretired(connection)
            }

    with worker(settings, "--slots", "3"), worker(settings, "--slots", "1"):
        run_ids = [dispatch.trigger(nap(number)).run_id for number in range(6)]
        eventually(lambda: executing() == {3: 3, 1: 1})
        for run_id in run_ids:
            dispatch.cancel(run_id)
        ended = [final_run(database, run_id).status for run_id in run_ids]
    assert ended == [RunStatus.CANCELED] * len(run_ids)


def test_a_run_bound_to_a_version_gets_its_turn_among_many_that_are_not(
    database: Database, dispatch: Dispatch, settings: Settings
) -> None:
    """They lie in two queues of the engine and share the slots of the worker."""
    version = "20261130.1"
    with worker(settings, "--slots", "1", BACKLINE_VERSION=version):
        others = [order("hello-world", number) for number in range(40)]
        run_ids = [one.run_id for one in dispatch.trigger_batch(others).triggered]
        bound = dispatch.trigger(order("hello-world", 0, locked_version=version)).run_id
        ended = {run_id: final_run(database, run_id).finished_at or 0 for run_id in run_ids}
        assert (final_run(database, bound).finished_at or 0) < max(ended.values())
