"""Going round again and again for what may be cleared away, a little at a time."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from backline.db import AWAY, reason_of
from backline.errors import BacklineError

log = logging.getLogger(__name__)

BATCH = 50
"""How many things go in one round, at most; a full batch means that there may be more."""
PAUSE_SECONDS = 0.2
"""Between two full batches, for everybody else."""
IDLE_SECONDS = 300.0
"""Between two rounds when little was found."""


@contextmanager
def going_round(what: str, sweep: Callable[[], int]) -> Iterator[None]:
    """Sweep in a thread while the block lasts; at its end the batch at hand is finished.

    ``sweep`` clears at most `BATCH` things away and returns how many; ``what``
    names them for the log, where it says what stays because something failed.
    """
    stopped = threading.Event()
    thread = threading.Thread(
        target=_go_round, args=(what, sweep, stopped), name=f"rounds: {what}", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


def _go_round(what: str, sweep: Callable[[], int], stopped: threading.Event) -> None:
    pause_seconds = PAUSE_SECONDS
    while not stopped.wait(pause_seconds):
        pause_seconds = IDLE_SECONDS
        try:
            if sweep() >= BATCH:
                pause_seconds = PAUSE_SECONDS
        except (*AWAY, BacklineError, OSError) as trouble:
            log.warning("%s stay for now: %s", what, reason_of(trouble))
        except Exception:
            log.exception("%s stay for now", what)
