"""The life of a run, as a table.

::

    pending_version ─┐        ┌────────────► expired
    delayed ─────────┼─► queued ─► executing ─┬─► completed
                     │     ▲          │  ▲    ├─► failed      timed_out
                     │     │          ▼  │    ├─► crashed     system_failure
                     │     ├─── reattempting  └─► interrupted
                     │     └─── frozen ◄── executing
                     └──► (anything not final) ─► canceled

A final status never changes. Every move is a conditional update in
``ledger/moves.py``: the row changes only where it is still as it was seen.
"""

from __future__ import annotations

from enum import StrEnum


class RunStatus(StrEnum):
    """Where a run is in its life."""

    PENDING_VERSION = "pending_version"
    """No live worker announces this task, or this run's version."""
    DELAYED = "delayed"
    """Not yet due."""
    QUEUED = "queued"
    """Due, waiting for room."""
    EXECUTING = "executing"
    """An attempt is running."""
    REATTEMPTING = "reattempting"
    """An attempt failed, the next is due later."""
    FROZEN = "frozen"
    """Waiting, holding nothing."""
    COMPLETED = "completed"
    """Returned."""
    FAILED = "failed"
    """Attempts used up, or not worth retrying."""
    CANCELED = "canceled"
    """A person or a parent stopped it."""
    CRASHED = "crashed"
    """Its process died: killed, out of memory, segmentation fault, too many recoveries."""
    INTERRUPTED = "interrupted"
    """Its worker was shut down and nobody may resume it."""
    SYSTEM_FAILURE = "system_failure"
    """backline's own fault."""
    EXPIRED = "expired"
    """Its time to live passed before it started."""
    TIMED_OUT = "timed_out"
    """Ran past its longest duration."""

    @property
    def is_final(self) -> bool:
        """Whether nothing can happen to the run any more."""
        return self in FINAL


class AttemptStatus(StrEnum):
    """Where one try at a run stands."""

    PENDING = "pending"
    EXECUTING = "executing"
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"


_S = RunStatus

FINAL = frozenset(
    {
        _S.COMPLETED,
        _S.FAILED,
        _S.CANCELED,
        _S.CRASHED,
        _S.INTERRUPTED,
        _S.SYSTEM_FAILURE,
        _S.EXPIRED,
        _S.TIMED_OUT,
    }
)

_ENDS = FINAL - {_S.EXPIRED}

MOVES: dict[RunStatus, frozenset[RunStatus]] = {
    _S.PENDING_VERSION: frozenset({_S.QUEUED, _S.DELAYED, _S.CANCELED}),
    _S.DELAYED: frozenset({_S.QUEUED, _S.PENDING_VERSION, _S.CANCELED}),
    _S.QUEUED: frozenset(
        {_S.EXECUTING, _S.PENDING_VERSION, _S.EXPIRED, _S.CANCELED, _S.SYSTEM_FAILURE}
    ),
    # Back to queued is recovery: the worker died, another one takes the run over.
    _S.EXECUTING: frozenset({_S.REATTEMPTING, _S.FROZEN, _S.QUEUED}) | _ENDS,
    _S.REATTEMPTING: frozenset(
        {_S.EXECUTING, _S.QUEUED, _S.CANCELED, _S.CRASHED, _S.SYSTEM_FAILURE}
    ),
    _S.FROZEN: frozenset({_S.QUEUED, _S.PENDING_VERSION, _S.CANCELED, _S.SYSTEM_FAILURE}),
} | {status: frozenset() for status in FINAL}
"""Every legal move. What is not here can not happen."""


def may_move(old: RunStatus, new: RunStatus) -> bool:
    """Say whether a run may go from ``old`` to ``new``."""
    return new in MOVES[old]
