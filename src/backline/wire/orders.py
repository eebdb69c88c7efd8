"""Orders for runs: one, a batch of them, the same again, another time.

Every option may be left out; one that is left out, or null, is not said.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Raw, Struct, UnsetType, field

from backline.wire.recoup import TaskRunError, TaskRunStatus, Uuid

Duration = Annotated[str, Meta(min_length=1, max_length=100)]
"""``1h30m``: units are w, d, h (or hr), m and s."""

Tag = Annotated[str, Meta(min_length=1, max_length=128)]
Name = Annotated[str, Meta(min_length=1, max_length=128)]

Key = Annotated[str, Meta(min_length=1, max_length=2048)]


class DebounceOrder(
    Struct,
    frozen=True,
    kw_only=True,
    rename="camel",
    forbid_unknown_fields=True,
    omit_defaults=True,
):
    """One run for a flurry of triggers: each pushes its start back until they stop."""

    key: Annotated[str, Meta(min_length=1, max_length=512)]
    """Counts per account and task."""
    delay: Duration
    """How long after the last trigger the run starts."""
    mode: Literal["leading", "trailing"] = "leading"
    """Whose payload, metadata, tags and limits count: the first trigger's or the last one's."""
    max_delay: Duration | None = None
    """The longest that it is pushed back in all."""


class TriggerOptions(
    Struct,
    frozen=True,
    kw_only=True,
    rename="camel",
    forbid_unknown_fields=True,
    omit_defaults=True,
):
    """How a run is to be made."""

    delay: Duration | None = None
    """When it is due: so long from now, or an ISO 8601 date; a moment that has passed is no delay."""
    ttl: Duration | Annotated[int, Meta(ge=1, le=315_360_000)] | None = None
    """How long it may wait to start, from when it is due; a number is seconds."""
    idempotency_key: Key | None = None
    """The same key again answers with the same run."""
    idempotency_key_scope: Literal["global", "run", "attempt"] | None = None
    """Within what the key counts: the account (if not said), the parent run, or its present attempt."""
    idempotency_key_ttl: Duration | None = field(default=None, name="idempotencyKeyTTL")
    """How long the key is remembered; 30 days if not said."""
    debounce: DebounceOrder | None = None
    """Triggers of one key become one run, which starts when they have stopped."""
    parent_run_id: Name | None = None
    """The run on whose behalf this one is made; it must not have ended."""
    tags: Annotated[list[Tag], Meta(max_length=10)] | None = None
    """At most 10; the prefix ``account:`` is backline's own."""
    metadata: dict[str, Any] | None = None
    queue: Name | None = None
    """Another queue than the task's own."""
    concurrency_key: Name | None = None
    """Runs of one key share a copy of the queue, with the queue's limit."""
    priority: Annotated[float, Meta(ge=0, le=31_536_000)] | None = None
    """Head start in the queue, in seconds."""
    machine: Name | None = None
    """The size of machine that it is billed for, and whose memory it may use: ``small-1x``."""
    max_attempts: Annotated[int, Meta(ge=1, le=250)] | None = None
    max_duration: Annotated[int, Meta(ge=5, le=2_147_483_647)] | None = None
    """Seconds of active time, over all attempts."""
    lock_to_version: Name | None = None
    """Only workers of this version may take it."""
    test: bool | None = None


class TriggerTask(Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """An order for a run of any task."""

    task_identifier: Name
    payload: Any = None
    account_id: Uuid | None = None
    """Whose run it is; the caller's own account if not said."""
    options: TriggerOptions = TriggerOptions()


class TaskTriggered(Struct, frozen=True, kw_only=True, rename="camel"):
    """The run that was opened, or the one that the idempotency key already held."""

    status: Literal["success"]
    run_id: str
    is_cached: bool


class ReplayRun(
    Struct,
    frozen=True,
    kw_only=True,
    rename="camel",
    forbid_unknown_fields=True,
    omit_defaults=True,
):
    """What shall be different when a run is made again."""

    payload: Any | UnsetType = UNSET
    options: TriggerOptions = TriggerOptions()


class RescheduleRun(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another time for a delayed run."""

    delay: Duration
    """So long from now, or an ISO 8601 date."""


class MoveRun(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another version for a run that waits."""

    version: Name | None
    """Null lets any version take it; it then goes on with the one that does."""


class BatchItem(Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """One run of a batch."""

    task_identifier: Name
    payload: Any = None
    options: TriggerOptions = TriggerOptions()


class BatchOrder(Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """An order for many runs at once."""

    items: Annotated[list[BatchItem], Meta(min_length=1, max_length=1000)]
    account_id: Uuid | None = None
    """Whose runs they are; the caller's own account if not said."""


class BatchTriggered(Struct, frozen=True, kw_only=True, rename="camel"):
    """The batch that was opened, with its runs in the order of the items."""

    status: Literal["success"]
    batch_id: str
    run_ids: list[str]


class BatchState(Struct, frozen=True, kw_only=True, rename="camel"):
    """How far a batch is."""

    id: str
    status: Literal["PENDING", "COMPLETED"]
    """``COMPLETED`` when the run of every item has ended, whatever its outcome."""
    run_count: int
    """How many runs were asked for."""
    counts: dict[TaskRunStatus, int]
    """How many of its items' runs stand where; runs that were forgotten are left out."""
    run_ids: list[str]
    """In the order of the items; an older run where an item's idempotency key led to one."""


class BatchAnswer(Struct, frozen=True, kw_only=True):
    """A batch that was asked for by its id."""

    status: Literal["success"]
    batch: BatchState


class RunResult(Struct, frozen=True, kw_only=True, rename="camel"):
    """How a run of a batch ended, or where it stands."""

    id: str
    task_identifier: str
    run_status: TaskRunStatus = field(name="status")
    ok: bool | None
    """Whether it completed; null while it goes on."""
    output: Raw
    """What the task returned; null unless it completed."""
    error: TaskRunError | None


class BatchResults(Struct, frozen=True, kw_only=True):
    """Runs of a batch with what became of them, in the order of its items."""

    status: Literal["success"]
    results: list[RunResult]
    next: str | None
    """The ``after`` of the next page; null on the last."""


class KeyReset(Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """An idempotency key to let go of, so that the same call makes a new run."""

    task_identifier: Name
    idempotency_key: Key
    parent_run_id: Name | None = None
    """The run within which the key counts, if its scope was a run or an attempt."""
    account_id: Uuid | None = None
    """Whose key it is; the caller's own account if not said."""


class KeyFreed(Struct, frozen=True, kw_only=True, rename="camel"):
    """The runs that held the key."""

    status: Literal["success"]
    run_ids: list[str]
