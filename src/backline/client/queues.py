"""Queues, for operators: see how full they are, hold them, change their limits."""

from __future__ import annotations

from urllib.parse import quote

from backline.client.connection import Connection
from backline.wire.queues import QueueAnswer, QueueLimit, QueueList, QueueRate, QueueState


class Queues:
    """The queues that tasks declare. Every method raises ``AccessDenied`` without a secret key."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def every(self) -> list[QueueState]:
        """Return all queues by name."""
        return self._connection.get("/api/queues", QueueList).queues

    def pause(self, name: str) -> QueueState:
        """Start no more runs of a queue. Raises ``NotFound``."""
        return self._change(name, "pause", {})

    def resume(self, name: str) -> QueueState:
        """Start runs of a paused queue again. Raises ``NotFound``."""
        return self._change(name, "resume", {})

    def limit(self, name: str, concurrency_limit: int | None) -> QueueState:
        """Set another limit; None goes back to the author's. Raises ``NotFound``."""
        return self._change(name, "limit", QueueLimit(concurrency_limit=concurrency_limit))

    def rate(self, name: str, starts: int | None, period: str = "1s") -> QueueState:
        """Let so many runs start in a period, None for any number. Raises ``NotFound``."""
        return self._change(name, "rate", QueueRate(starts=starts, period=period))

    def _change(self, name: str, verb: str, body: object) -> QueueState:
        # Escaped twice: a slash that is escaped once counts as one on the server's side.
        path = f"/api/queues/{quote(quote(name, safe=''), safe='')}/{verb}"
        return self._connection.post(path, QueueAnswer, body).queue
