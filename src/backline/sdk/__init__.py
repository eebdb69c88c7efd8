"""How a task is written: the decorator, its retry policy, and the context it is given."""

from backline.sdk.context import (
    Context,
    Files,
    Metadata,
    RunFacts,
    RunResult,
    StoredFile,
    TokenResult,
    TriggerOptions,
    Waiting,
)
from backline.sdk.cron import Cron, Scheduled
from backline.sdk.facts import TaskFacts
from backline.sdk.machine import DEFAULT_MACHINE, MACHINES, Machine
from backline.sdk.registry import Registry, registry
from backline.sdk.retry import NO_RETRY, Retry
from backline.sdk.task import Hooks, Task, task

__all__ = [
    "DEFAULT_MACHINE",
    "MACHINES",
    "NO_RETRY",
    "Context",
    "Cron",
    "Files",
    "Hooks",
    "Machine",
    "Metadata",
    "Registry",
    "Retry",
    "RunFacts",
    "RunResult",
    "Scheduled",
    "StoredFile",
    "Task",
    "TaskFacts",
    "TokenResult",
    "TriggerOptions",
    "Waiting",
    "registry",
    "task",
]
