"""What a worker does while the database is away: it waits, and tries again.

A server that restarts, a disk that is full, a file that somebody locks: all of
them pass. A run's process goes on meanwhile, and nothing that it finished is
lost. Each act that is tried again is one transaction which changes nothing
when it had been committed after all and only the answer was lost.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from backline.db import AWAY, reason_of

P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 2.0


class HandedBack(BaseException):
    """Raised to leave a run to another worker because this one stops.

    Not an ``Exception``: the engine must neither record nor retry it.
    """


class Patience:
    """Tries an act until the database takes it, or the worker stops."""

    def __init__(self, is_stopping: Callable[[], bool]) -> None:
        self._is_stopping = is_stopping

    def __call__(self, act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what the act returns. Raises `HandedBack` when it fails while the worker stops."""
        pause_seconds = FIRST_PAUSE_SECONDS
        while True:
            try:
                return act(*args, **kwargs)
            except AWAY as trouble:
                if self._is_stopping():
                    raise HandedBack from trouble
                log.warning(
                    "the database does not answer (%s): trying again in %.1f s",
                    reason_of(trouble),
                    pause_seconds,
                )
            time.sleep(pause_seconds)
            pause_seconds = min(2 * pause_seconds, LONGEST_PAUSE_SECONDS)
