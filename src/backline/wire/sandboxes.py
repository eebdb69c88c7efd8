"""What travels about sandboxes."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from backline.wire.recoup import Moment, Uuid

SandboxStatus = Literal["pending", "running", "stopping", "stopped", "failed"]
Text = Annotated[str, Meta(min_length=1, max_length=200_000)]


class SandboxItem(Struct, frozen=True, kw_only=True, rename="camel"):
    """A sandbox; an account has one."""

    sandbox_id: str
    sandbox_status: SandboxStatus
    timeout: int
    """Milliseconds that a command may take unless it says otherwise."""
    created_at: Moment
    run_id: str | UnsetType = UNSET
    """The run of the command, when one was given."""


class TreeEntry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A file or folder of a home."""

    path: str
    type: Literal["blob", "tree"]
    sha: str
    """Changes when the entry does; not a hash of its content."""
    size: int | UnsetType = UNSET


class SandboxList(Struct, frozen=True, kw_only=True):
    """The account's sandbox, and what is in its home."""

    status: Literal["success"]
    sandboxes: list[SandboxItem]
    snapshot_id: str | None
    github_repo: str | None
    filetree: list[TreeEntry] | None
    """At most 10,000 entries."""


class SandboxCreated(Struct, frozen=True, kw_only=True):
    """The account's sandbox, with the run of the command."""

    status: Literal["success"]
    sandboxes: list[SandboxItem]


class SandboxOrder(Struct, frozen=True, kw_only=True):
    """An order for a command in the account's sandbox, or for the sandbox alone."""

    command: Text | None = None
    """A program, or without ``args`` a line that is split as a shell splits it."""
    args: Annotated[list[str], Meta(max_length=1000)] | None = None
    shell: bool = False
    """Whether ``command`` is a script for bash."""
    readOnly: bool = False  # noqa: N815 - as the task's payload says it
    """Whether it only reads the home, and need not wait until other commands have ended."""
    cwd: str | None = None
    timeout: Annotated[int, Meta(ge=100, le=3_600_000)] | None = None
    """Milliseconds."""
    env: dict[str, str] = {}
    prompt: str | None = None
    """Not supported yet."""
    account_id: Uuid | None = None


class SandboxChange(Struct, frozen=True, kw_only=True):
    """A change of what the sandbox's home is."""

    snapshot_id: Annotated[str, Meta(min_length=1)] | None = None
    """A snapshot of this sandbox that becomes its home again."""
    snapshotId: Annotated[str, Meta(min_length=1)] | None = None  # noqa: N815 - Recoup's clients say it so
    """The same."""
    github_repo: Annotated[str, Meta(min_length=1, max_length=2000)] | None = None
    """A public repository, which the next setup clones."""
    account_id: Uuid | None = None


class SandboxTarget(Struct, frozen=True, kw_only=True):
    """Whose sandbox is meant."""

    account_id: Uuid | None = None


class SnapshotRow(Struct, frozen=True, kw_only=True):
    """A home that can be brought back."""

    account_id: Uuid
    snapshot_id: str
    expires_at: Moment
    github_repo: str | None
    created_at: Moment
    size_bytes: int
    entries: int


class SnapshotList(Struct, frozen=True, kw_only=True):
    """The snapshots of a sandbox, newest first."""

    status: Literal["success"]
    snapshots: list[SnapshotRow]


class SandboxDeleted(Struct, frozen=True, kw_only=True):
    """A sandbox that was emptied."""

    status: Literal["success"]
    deleted_snapshot: SnapshotRow | None


class SandboxSetup(Struct, frozen=True, kw_only=True):
    """An order to lay out the account's home."""

    account_id: Uuid | None = None
    files: Annotated[list[str], Meta(max_length=100)] = []
    """Ids of uploaded files that are put into it."""
    archive_url: Annotated[str, Meta(min_length=1, max_length=4000)] | None = None
    """A tar or zip to unpack into it: a URL, or the id of an uploaded file."""
    git_url: Annotated[str, Meta(min_length=1, max_length=4000)] | None = None
    """A public repository to clone into it. Default: the one that the sandbox was given, if any."""


class SetupTriggered(Struct, frozen=True, kw_only=True, rename="camel"):
    """The run that lays out the home."""

    status: Literal["success"]
    run_id: str


class SandboxFile(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The content of a file, as it was when the last command had ended."""

    status: Literal["success"]
    content: str
    encoding: Literal["base64"] | UnsetType = UNSET
    """Set when the content is not text."""


class NewSandboxFile(Struct, frozen=True, kw_only=True):
    """A file to bring into the home."""

    url: Annotated[str, Meta(min_length=1, max_length=4000)]
    """A URL, or the id of an uploaded file."""
    name: Annotated[str, Meta(min_length=1, max_length=1000)] | None = None
    path: Annotated[str, Meta(min_length=1, max_length=4000)] | None = None
    """Where it goes, instead of ``name``."""


class SandboxFiles(Struct, frozen=True, kw_only=True):
    """Files to bring into the home."""

    files: Annotated[list[NewSandboxFile], Meta(min_length=1, max_length=100)]
    path: str | None = None
    """The folder that the names are in."""
    message: str | None = None
    """Passed over."""
    account_id: Uuid | None = None


class UploadedFile(Struct, frozen=True, kw_only=True):
    """A file that lies in the home now."""

    path: str
    sha: str
    """SHA-256 of its content."""


class SandboxUpload(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was brought into the home."""

    status: Literal["success"]
    uploaded: list[UploadedFile]
    errors: list[str] | UnsetType = UNSET
