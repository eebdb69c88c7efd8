"""backline takes the slow work off a music team's hands.

This is the front door for authors of tasks: what a task file imports, and
nothing that would load a server.
"""

from backline.errors import AbortRun, BacklineError
from backline.sdk import (
    AsyncContext,
    Context,
    Cron,
    Debounce,
    Hooks,
    Retry,
    RunResult,
    RunStopped,
    Scheduled,
    StoredFile,
    TriggerOptions,
    task,
)

__all__ = [
    "AbortRun",
    "AsyncContext",
    "BacklineError",
    "Context",
    "Cron",
    "Debounce",
    "Hooks",
    "Retry",
    "RunResult",
    "RunStopped",
    "Scheduled",
    "StoredFile",
    "TriggerOptions",
    "task",
]
