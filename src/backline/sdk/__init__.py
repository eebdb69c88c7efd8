"""How a task is written: the decorator, its retry policy, and the context it is given."""

from backline.sdk.async_context import AsyncContext
from backline.sdk.context import Context, Tags
from backline.sdk.cron import Cron, Scheduled
from backline.sdk.debounce import Debounce, KeyScope
from backline.sdk.facts import TaskFacts
from backline.sdk.files import Files, StoredFile
from backline.sdk.machine import DEFAULT_MACHINE, MACHINES, Machine
from backline.sdk.metadata import Metadata, RunMetadata
from backline.sdk.registry import Registry, registry
from backline.sdk.retry import NO_RETRY, Retry
from backline.sdk.run import RunFacts, RunResult, TokenResult
from backline.sdk.stopping import RunStopped
from backline.sdk.tags import check_tags
from backline.sdk.task import Hooks, Task, task
from backline.sdk.trigger import MAX_BATCH_ITEMS, TriggerOptions
from backline.sdk.wait import Waiting

__all__ = [
    "DEFAULT_MACHINE",
    "MACHINES",
    "MAX_BATCH_ITEMS",
    "NO_RETRY",
    "AsyncContext",
    "Context",
    "Cron",
    "Debounce",
    "Files",
    "Hooks",
    "KeyScope",
    "Machine",
    "Metadata",
    "Registry",
    "Retry",
    "RunFacts",
    "RunMetadata",
    "RunResult",
    "RunStopped",
    "Scheduled",
    "StoredFile",
    "Tags",
    "Task",
    "TaskFacts",
    "TokenResult",
    "TriggerOptions",
    "Waiting",
    "check_tags",
    "registry",
    "task",
]
