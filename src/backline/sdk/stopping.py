"""How a task learns that its run is to stop."""

from __future__ import annotations

GRACE_SECONDS = 5.0
"""Between telling a task that it is to stop and killing its process: time to clean up."""


class RunStopped(BaseException):
    """Raised in a task when its run is canceled or overdue, was silent, or loses its worker.

    Not an ``Exception``, so that ``except Exception`` lets it pass; ``finally``
    blocks get a few seconds before the process is killed. A task that looks at
    ``ctx.cancelled`` is told there instead.
    """
