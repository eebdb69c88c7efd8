from __future__ import annotations

from typing import Any

import pytest

from backline.engine.metadata import LiveMetadata
from backline.runtime.messages import MetadataChanged


def changed(held: dict[str, Any], *operations: tuple[Any, ...]) -> dict[str, Any]:
    metadata = LiveMetadata(dict(held))
    for operation in operations:
        metadata.change(MetadataChanged(*operation))
    return metadata.values


@pytest.mark.parametrize(
    ("held", "operation", "expected"),
    [
        ({}, ("set", "a", 1), {"a": 1}),
        ({}, ("append", "a", 1), {"a": [1]}),
        ({"a": [1]}, ("append", "a", 2), {"a": [1, 2]}),
        ({"a": "text"}, ("append", "a", 2), {"a": ["text", 2]}),
        ({}, ("increment", "a", 2), {"a": 2}),
        ({"a": 1}, ("increment", "a", 0.5), {"a": 1.5}),
        ({"a": "text"}, ("increment", "a", 2), {"a": 2}),
        ({"a": 1}, ("delete", "a"), {}),
        ({}, ("delete", "a"), {}),
    ],
)
def test_operations(held: dict[str, Any], operation: tuple[Any, ...], expected: Any) -> None:
    """Each operation does what its name says, on values of any kind."""
    assert changed(held, operation) == expected


def test_only_changes_are_written() -> None:
    """What was taken to be written is not taken again, and nothing before a change."""
    metadata = LiveMetadata({})
    before = metadata.take()
    metadata.change(MetadataChanged("set", "a", 1))
    assert (before, metadata.take(), metadata.take()) == (None, {"a": 1}, None)


def test_the_first_change_is_due_soon_and_the_next_later() -> None:
    """Progress is written soon, and not more often than the interval says."""
    metadata = LiveMetadata({})
    assert metadata.due_seconds() is None
    metadata.change(MetadataChanged("set", "a", 1))
    first_seconds = metadata.due_seconds()
    metadata.take()
    metadata.change(MetadataChanged("set", "a", 2))
    later_seconds = metadata.due_seconds()
    assert first_seconds is not None and first_seconds <= 0.025
    assert later_seconds is not None and 0 < later_seconds <= 0.2
