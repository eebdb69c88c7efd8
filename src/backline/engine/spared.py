"""What DBOS does for features that backline leaves alone, and need not do here.

If a release of DBOS does it elsewhere, a worker merely does more than it needs
to, and the tests beside this file fail.
"""

from __future__ import annotations

from dbos import DBOS


def spare(engine: DBOS) -> None:
    """Let a launched engine do no more than it is needed for.

    Delays and deadlines are the timekeeper's and the leash's, so nobody looks for
    DBOS's own every second. Every admission names its version, so no poll asks
    whether this worker's is the newest and takes those without one too.
    """
    engine._background_jobs_stop_event.set()
    engine._sys_db._is_latest_version = _is_never_newest  # type: ignore[method-assign, assignment]


def _is_never_newest(*_: object) -> bool:
    return False
