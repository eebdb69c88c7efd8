"""JSON beside a run that callers read while it goes on: the task's own, its parent's, its root's."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Literal

Operation = Literal["set", "append", "remove", "increment", "delete"]
Whose = Literal["own", "parent", "root"]


class RunMetadata(ABC):
    """The metadata of one run. Keys are text, values are JSON.

    Several runs may change the same one at the same time: a change is carried
    out on what is there by then, and none is lost.
    """

    def set(self, key: str, value: Any) -> None:
        """Replace the value under ``key``."""
        self._change("set", key, value)

    def append(self, key: str, value: Any) -> None:
        """Add to the list under ``key``, making one where there is none."""
        self._change("append", key, value)

    def remove(self, key: str, value: Any) -> None:
        """Take every item that equals ``value`` out of the list under ``key``."""
        self._change("remove", key, value)

    def increment(self, key: str, by: float = 1) -> None:
        """Add to the number under ``key``; a missing one counts as 0."""
        self._change("increment", key, by)

    def delete(self, key: str) -> None:
        """Remove ``key``; a missing one is no error."""
        self._change("delete", key, None)

    @abstractmethod
    def _change(self, operation: Operation, key: str, value: Any) -> None: ...


class Metadata(RunMetadata):
    """The metadata of the run itself, and the way to that of its ancestors.

    A run that nobody triggered from a task is its own parent and root.
    """

    parent: RunMetadata
    """Of the run that triggered this one."""
    root: RunMetadata
    """Of the first of its ancestors."""
