"""What travels between a client and the API: every body that is sent or answered.

Names, cases and nullability are those of the task runs contract; the Structs
become the schemas of ``/openapi.json``. A field that is ``UNSET`` does not
travel at all. ``Raw`` fields are JSON text that is passed on as it was stored.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

Moment = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
"""ISO 8601 in UTC with milliseconds and ``Z``."""

Uuid = Annotated[str, Meta(extra_json_schema={"format": "uuid"})]
Uri = Annotated[str, Meta(extra_json_schema={"format": "uri"})]

TaskRunStatus = Literal[
    "PENDING_VERSION",
    "DELAYED",
    "QUEUED",
    "EXECUTING",
    "REATTEMPTING",
    "FROZEN",
    "COMPLETED",
    "CANCELED",
    "FAILED",
    "CRASHED",
    "INTERRUPTED",
    "SYSTEM_FAILURE",
]
TaskAttemptStatus = Literal["PENDING", "EXECUTING", "PAUSED", "COMPLETED", "FAILED", "CANCELED"]
TriggerFunction = Literal["trigger", "triggerAndWait", "batchTrigger", "batchTriggerAndWait"]
CaptionLength = Literal["none", "short", "medium", "long"]
CaptionMode = Literal["still", "lines", "karaoke"]
AspectRatio = Literal["9:16", "4:5", "1:1"]
RELEASE_DATE = r"^[1-9]\d{3}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$"

Tags = Annotated[Raw, Meta(extra_json_schema={"type": "array", "items": {"type": "string"}})]
"""The account's own tag, and at most ten of the caller's."""

JsonObject = Annotated[Raw, Meta(extra_json_schema={"type": ["object", "null"]})]


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a request was refused."""

    status: Literal["error"]
    error: str
    """For a person to read: what is wrong, and what would work."""
    field: str | UnsetType = UNSET
    """The parameter or body field that is wrong."""


class Environment(Struct, frozen=True, kw_only=True):
    """The environment that a run executes in."""

    id: str
    name: str


class TaskRunError(Struct, frozen=True, kw_only=True, rename="camel"):
    """Why a run or an attempt did not come to its end."""

    message: str
    name: str
    stack_trace: str = ""


class TaskRunAttempt(Struct, frozen=True, kw_only=True, rename="camel"):
    """One try at a run."""

    id: str
    status: TaskAttemptStatus
    created_at: Moment
    updated_at: Moment
    started_at: Moment | None
    completed_at: Moment | None
    error: TaskRunError | None


class RelatedRun(Struct, frozen=True, kw_only=True, rename="camel"):
    """A run of the same family, in short."""

    id: str
    status: TaskRunStatus
    task_identifier: str
    created_at: Moment
    updated_at: Moment
    finished_at: Moment | None


class RelatedRuns(Struct, frozen=True, kw_only=True):
    """The family of a run: where it began, who triggered it, what it triggered."""

    root: RelatedRun | None
    parent: RelatedRun | None
    children: list[RelatedRun]


class TaskRun(Struct, frozen=True, kw_only=True, rename="camel"):
    """A run. The last six fields travel only when one run is asked for by its id."""

    id: str
    status: TaskRunStatus
    task_identifier: str
    idempotency_key: str | None
    version: str | UnsetType = UNSET
    """The worker version that executed the run, left out until one has; of a PENDING_VERSION run that
    is asked for by id the one that it waits for, left out when any that knows the task will do."""
    is_test: bool
    created_at: Moment
    updated_at: Moment
    started_at: Moment | None
    finished_at: Moment | None
    delayed_until: Moment | None
    ttl: str | None
    expired_at: Moment | None
    tags: Tags
    metadata: JsonObject
    cost_in_cents: float
    base_cost_in_cents: float
    duration_ms: int
    """Active time of all attempts: no queueing, no waiting."""
    env: Environment
    depth: int
    batch_id: str | None
    trigger_function: TriggerFunction
    payload: Raw | UnsetType = UNSET
    output: Raw | UnsetType = UNSET
    """What the task returned; null unless the run is COMPLETED."""
    error: TaskRunError | UnsetType | None = UNSET
    attempts: list[TaskRunAttempt] | UnsetType = UNSET
    schedule: JsonObject | UnsetType = UNSET
    related_runs: RelatedRuns | UnsetType | None = UNSET


class TaskRunList(Struct, frozen=True, kw_only=True):
    """Runs, the newest first; exactly one when it was asked for by id."""

    status: Literal["success"]
    runs: list[TaskRun]


class ContentOrder(Struct, frozen=True, kw_only=True):
    """An order for one or more short videos. Unknown fields are passed over."""

    artist_account_id: Uuid
    """An artist, or any account, within the caller's reach."""
    template: Annotated[str, Meta(min_length=1)] = "artist-caption-bedroom"
    lipsync: bool = False
    caption_length: CaptionLength = "none"
    caption: Annotated[str, Meta(max_length=5000)] | None = None
    """The caption itself, instead of one that is written from the song."""
    hear_words: bool = False
    """Let a net hear the words of the clip when their times are not known."""
    caption_mode: CaptionMode = "still"
    """``lines`` and ``karaoke`` show the song's own words as they are sung; they need their times."""
    aspect_ratio: AspectRatio = "9:16"
    upscale: bool = False
    """1440 pixels wide instead of 1080."""
    release_date: Annotated[str, Meta(pattern=RELEASE_DATE)] | None = None
    """YYYY, YYYY-MM or YYYY-MM-DD, for templates that print it; else the song's tags tell."""
    batch: Annotated[int, Meta(ge=1, le=30)] = 1
    """How many videos to make, each with choices of its own."""
    songs: Annotated[list[Annotated[str, Meta(min_length=1)]], Meta(max_length=30)] = []
    """URLs, file ids or slugs; without any, the artist's newest uploaded song."""
    images: Annotated[list[Annotated[str, Meta(min_length=1)]], Meta(max_length=30)] = []
    """URLs, file ids or slugs."""
    lyrics: Annotated[str, Meta(max_length=100_000)] | None = None
    """LRC text, or the file id or slug of an uploaded one."""
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1)] | None = None
    """The same seed makes the same choices again."""
    clip_start: Annotated[float, Meta(ge=0, le=36_000)] | None = None
    """Seconds into the song at which the video begins; chosen by listening if not said."""
    clip_seconds: Annotated[float, Meta(ge=5, le=60)] | None = None
    """Length of the video."""
    idempotency_key: Annotated[str, Meta(min_length=1, max_length=2000)] | None = None
    """The same key again answers with the same runs."""


class ContentTriggered(Struct, frozen=True, kw_only=True):
    """The runs that make the videos."""

    run_ids: list[str] = msgspec.field(name="runIds")
    status: Literal["triggered"]
    artist_account_id: Uuid
    template: str
    lipsync: bool


class TemplateSummary(Struct, frozen=True, kw_only=True):
    """A look for a video, as a list shows it."""

    id: str
    name: str
    """The same as the id, by which templates are chosen."""
    description: str
    needs: tuple[str, ...]
    """What it is made for: any one of these pictures."""
    without: str
    """What it does with another one."""


class TemplateList(Struct, frozen=True, kw_only=True):
    """Every template."""

    status: Literal["success"]
    templates: list[TemplateSummary]


class StoredFile(Struct, frozen=True, kw_only=True, rename="camel"):
    """A file of an account, with a link that opens it for a week."""

    file_id: str
    file_name: str
    mime_type: str
    """As the content shows, whatever the name says."""
    size_bytes: int
    slug: str
    """The name's words, to say in ``songs`` and ``images``."""
    signed_url: Uri


class FileList(Struct, frozen=True, kw_only=True):
    """Files; those of an upload in the order of its parts, a listing newest first."""

    status: Literal["success"]
    files: list[StoredFile]


class AccountIdentity(Struct, frozen=True, kw_only=True, rename="camel"):
    """The account that the credentials speak for."""

    status: Literal["success"]
    account_id: Uuid


class OrganizationEntry(Struct, frozen=True, kw_only=True):
    """An organization that an account belongs to."""

    id: str
    organization_id: Uuid
    organization_name: str | None
    organization_image: Uri | None


class OrganizationList(Struct, frozen=True, kw_only=True):
    """The organizations of an account, oldest membership first."""

    status: Literal["success"]
    organizations: list[OrganizationEntry]


class ArtistEntry(Struct, frozen=True, kw_only=True):
    """An artist that an account owns."""

    account_id: Uuid
    id: Uuid
    """The same as ``account_id``."""
    name: str


class ArtistList(Struct, frozen=True, kw_only=True):
    """The artists of an account, the first signed first."""

    status: Literal["success"]
    artists: list[ArtistEntry]


class Health(Struct, frozen=True, kw_only=True):
    """Whether the server can work."""

    status: Literal["ok", "error"]
