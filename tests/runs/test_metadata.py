from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from backline.clock import now_ms
from backline.db import Database
from backline.errors import TooLarge
from backline.runs import NewRun, RunStatus, ledger, queries
from backline.runs.metadata import (
    MOST_METADATA_BYTES,
    OPEN_AFTER_END_MS,
    MetadataOperation,
    change_metadata,
    change_what_fits,
)
from backline.runs.tables import runs

ORDER = NewRun(account_id="alice", task_identifier="mix", metadata={"start": 1})


def opened(database: Database) -> str:
    with database.write() as connection:
        return ledger.open_run(connection, ORDER, RunStatus.QUEUED)


def change(database: Database, run_id: str, *operations: MetadataOperation) -> bool:
    with database.write() as connection:
        return change_metadata(connection, run_id, operations)


def metadata(database: Database, run_id: str) -> Any:
    with database.read() as connection:
        run = queries.find_run(connection, run_id)
    assert run is not None
    return msgspec.json.decode(run.metadata or "{}")


@pytest.mark.parametrize(
    ("held", "operation", "expected"),
    [
        ({}, ("set", "a", 1), {"a": 1}),
        ({}, ("append", "a", 1), {"a": [1]}),
        ({"a": [1]}, ("append", "a", 2), {"a": [1, 2]}),
        ({"a": "text"}, ("append", "a", 2), {"a": ["text", 2]}),
        ({"a": [1, 2, 1]}, ("remove", "a", 1), {"a": [2]}),
        ({}, ("remove", "a", 1), {"a": []}),
        ({}, ("increment", "a", 2), {"a": 2}),
        ({"a": 1}, ("increment", "a", 0.5), {"a": 1.5}),
        ({"a": "text"}, ("increment", "a", 2), {"a": 2}),
        ({"a": True}, ("increment", "a", 2), {"a": 2}),
        ({"a": 1}, ("delete", "a"), {}),
        ({}, ("delete", "a"), {}),
    ],
)
def test_operations(held: dict[str, Any], operation: tuple[Any, ...], expected: Any) -> None:
    """Each operation does what its name says, on values of any kind."""
    MetadataOperation(*operation).change(held)
    assert held == expected


def test_changes_are_made_to_what_the_ledger_holds(database: Database) -> None:
    """Two who know nothing of each other change one run, and neither undoes the other."""
    run_id = opened(database)
    assert change(database, run_id, MetadataOperation("set", "mine", 1))
    assert change(database, run_id, MetadataOperation("append", "ours", "x"))
    assert metadata(database, run_id) == {"start": 1, "mine": 1, "ours": ["x"]}


def test_many_who_count_at_once_lose_nothing(database: Database) -> None:
    """Eight threads increment one key two hundred times in all."""
    run_id = opened(database)
    one = MetadataOperation("increment", "done", 1)
    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(lambda _: change(database, run_id, one), range(200)))
    assert metadata(database, run_id)["done"] == 200


def test_metadata_that_outgrows_its_limit_is_refused_whole(database: Database) -> None:
    """The message says how large it would be, and nothing is changed."""
    run_id = opened(database)
    large = MetadataOperation("set", "song", "x" * MOST_METADATA_BYTES)
    with pytest.raises(TooLarge, match="262144"):
        change(database, run_id, MetadataOperation("set", "small", 1), large)
    assert metadata(database, run_id) == {"start": 1}


def test_what_fits_is_kept_and_the_rest_is_named(database: Database) -> None:
    """A list is filled to the brim and not beyond, and other keys are not held up by it."""
    run_id = opened(database)
    pages = [MetadataOperation("append", "pages", "x" * 30_000) for _ in range(12)]
    small = MetadataOperation("append", "pages", "y")
    with database.write() as connection:
        done = MetadataOperation("set", "done", True)
        assert change_what_fits(connection, run_id, [*pages, small, done]) == ["pages"]
    assert len(metadata(database, run_id)["pages"]) == 8 and metadata(database, run_id)["done"]


def test_an_ended_run_takes_late_words_for_ten_minutes(database: Database) -> None:
    """A child that outlives its parent may still tell of itself; long after, it may not."""
    run_id = opened(database)
    late = MetadataOperation("set", "late", True)
    for ago_ms, expected in ((1000, True), (OPEN_AFTER_END_MS + 1000, False)):
        with database.write() as connection:
            connection.execute(
                sa.update(runs).values(status="completed", finished_at=now_ms() - ago_ms)
            )
        assert change(database, run_id, late) is expected
    assert not change(database, "run_unknown", late)
