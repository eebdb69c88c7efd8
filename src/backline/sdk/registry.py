"""The tasks that this process knows by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backline.sdk.task import Task


class Registry:
    """Tasks by identifier. A name belongs to one task; a module may be imported again."""

    def __init__(self) -> None:
        self._tasks: dict[str, Task] = {}

    def add(self, task: Task) -> None:
        """Register a task. Raises ``ValueError`` when another function holds its name."""
        known = self._tasks.get(task.identifier)
        if known is not None and known.origin != task.origin:
            raise ValueError(defined_twice(task.identifier, known.origin, task.origin))
        self._tasks[task.identifier] = task

    def get(self, identifier: str) -> Task | None:
        """Return the task of that name, if this process knows it."""
        return self._tasks.get(identifier)

    def __iter__(self) -> Iterator[Task]:
        return iter(self._tasks.values())

    def __len__(self) -> int:
        return len(self._tasks)


def defined_twice(identifier: str, *origins: str) -> str:
    """Say that two functions have one name."""
    return f"task {identifier!r} is defined twice, in {' and '.join(origins)}: rename one"


registry = Registry()
"""Where ``@task`` puts what it decorates; a worker announces what lies here."""
