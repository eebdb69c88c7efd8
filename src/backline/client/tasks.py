"""Tasks: what can be triggered now, and what its payload must look like."""

from __future__ import annotations

from backline.client.connection import Connection
from backline.wire.tasks import TaskList, TaskState


class Tasks:
    """The tasks that workers announce."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def every(self) -> list[TaskState]:
        """Return all tasks by name, without the schemas of their payloads."""
        return self._connection.get("/api/tasks", TaskList).tasks

    def get(self, task_identifier: str) -> TaskState:
        """Return a task with its payload's schema. Raises ``NotFound``."""
        params = {"taskIdentifier": task_identifier}
        return self._connection.get("/api/tasks", TaskList, params).tasks[0]
