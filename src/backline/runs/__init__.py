"""The ledger of runs: what was asked for, what happened, and nothing else decides."""

from backline.runs.catalog import Worker
from backline.runs.run import Attempt, LogLine, NewRun, Run, RunError, Wait
from backline.runs.status import AttemptStatus, RunStatus

__all__ = [
    "Attempt",
    "AttemptStatus",
    "LogLine",
    "NewRun",
    "Run",
    "RunError",
    "RunStatus",
    "Wait",
    "Worker",
]
