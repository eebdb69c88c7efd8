"""What others may know of a task without importing it."""

from __future__ import annotations

from typing import Any

import msgspec

from backline.sdk.cron import Cron
from backline.sdk.machine import DEFAULT_MACHINE
from backline.sdk.retry import NO_RETRY, Retry


class TaskFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A task as its author declared it: enough to queue its runs and to judge their failures."""

    identifier: str
    retry: Retry = NO_RETRY
    max_duration_seconds: float | None = None
    """Active time that one run may take over all its attempts."""
    queue: str = ""
    """The queue of its runs; ``task/<identifier>`` when the author named none."""
    concurrency_limit: int | None = None
    """How many runs of the queue may execute at once; None is bounded by the environment alone."""
    concurrency_per_account: bool = False
    """Whether that holds for each account's runs by themselves, not for all together."""
    machine: str = DEFAULT_MACHINE
    """The size of machine that a run is billed for, and whose memory it may use."""
    ttl_seconds: float | None = None
    """How long a run may wait to start before it expires."""
    heartbeat_seconds: float | None = None
    """How long a task may be silent before its attempt counts as failed; None for ever."""
    resumable: bool = True
    """Whether a run whose worker stops or dies goes on elsewhere; if not it ends as interrupted."""
    cron: Cron | None = None
    """When the clock triggers it; None when only callers do."""
    payload_schema: dict[str, Any] | None = None
    """JSON Schema of its payload, as a worker announces it; None when it takes anything."""
