from __future__ import annotations

from typing import Any

from backline.clock import now_ms
from backline.db import Database
from backline.engine.metadata import LiveMetadata
from backline.runs import NewRun, RunStatus, ledger, queries
from backline.runs.metadata import MetadataOperation
from backline.runtime.messages import MetadataChanged


def live(
    database: Database, parent_id: str | None = None, root_id: str | None = None
) -> LiveMetadata:
    new = NewRun(account_id="a", task_identifier="t", parent_id=parent_id, root_id=root_id)
    with database.write() as connection:
        run = queries.find_run(connection, ledger.open_run(connection, new, RunStatus.QUEUED))
    assert run is not None
    return LiveMetadata(run)


def waiting(metadata: LiveMetadata, *changes: tuple[Any, ...]) -> dict[str, list[tuple[Any, ...]]]:
    for change in changes:
        metadata.change(MetadataChanged(*change))
    return {
        run_id: [(each.operation, each.key, each.value) for each in operations]
        for run_id, operations in metadata.take().items()
    }


def test_only_changes_are_written(database: Database) -> None:
    """What was taken once is not taken again."""
    metadata = live(database)
    assert metadata.take() == {}
    metadata.change(MetadataChanged("set", "a", 1))
    (operations,) = metadata.take().values()
    assert operations == [MetadataOperation("set", "a", 1)]
    assert metadata.take() == {}


def test_ancestors_are_written_after_the_run_itself(database: Database) -> None:
    """Own, parent and root each have their operations; without ancestors all are one."""
    changes = [("set", "x", 1, "root"), ("set", "x", 2, "parent"), ("set", "x", 3)]
    assert list(waiting(live(database, "run_p", "run_r"), *changes).values()) == [
        [("set", "x", 3)],
        [("set", "x", 1)],
        [("set", "x", 2)],
    ]
    assert list(waiting(live(database), *changes).values()) == [[("set", "x", 3)]]


def test_needless_operations_are_not_written(database: Database) -> None:
    """A value that is replaced is not written, and counting is added up; other keys are untouched."""
    changes = [
        ("set", "progress", 0.1),
        ("append", "list", 1),
        ("set", "progress", 0.2),
        ("increment", "count", 1),
        ("increment", "count", 2),
        ("append", "list", 2),
        ("increment", "progress", 1),
        ("delete", "gone"),
    ]
    (written,) = waiting(live(database), *changes).values()
    assert written == [
        ("set", "progress", 0.2),
        ("increment", "progress", 1),
        ("append", "list", 1),
        ("append", "list", 2),
        ("increment", "count", 3),
        ("delete", "gone", None),
    ]


def test_the_first_change_is_due_soon_and_the_next_later(database: Database) -> None:
    """Progress is written soon, and not more often than the interval says."""
    metadata, begun = live(database), now_ms()
    assert metadata.due_seconds() is None
    metadata.change(MetadataChanged("set", "a", 1))
    first_seconds = metadata.due_seconds()
    assert first_seconds is not None and first_seconds <= 0.025
    metadata.take()
    metadata.change(MetadataChanged("set", "a", 2))
    due_seconds = metadata.due_seconds()
    assert due_seconds is not None and due_seconds <= 0.2
    assert due_seconds > 0 or now_ms() - begun > 200
