"""What callers ask of a sandbox, and what they get back."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from backline.sandbox import AllowedHost, ChangedFile, Command, Limits, read_command
from backline.sandboxing.messages import Saved
from backline.sdk import StoredFile

DEFAULT_TIMEOUT_MS: Final = 300_000
MAX_TIMEOUT_MS: Final = 3_600_000
READERS: Final = "sandbox-readers"
"""The queue for commands that only read, which need not take turns."""


class CommandOrder(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The payload of ``run-sandbox-command``."""

    command: str
    """A program, or without ``args`` a line that is split as a shell splits it."""
    args: list[str] | None = None
    shell: bool = False
    """Whether ``command`` is a script for bash, with pipes and all."""
    cwd: str | None = None
    """Below the home."""
    read_only: bool = False
    """Whether it only reads the home: it then need not wait for its turn, and nothing is kept."""
    account_id: str | None = None
    """Whose sandbox; the run's own account if not said."""
    sandbox_id: str | None = None
    timeout: Annotated[int, Meta(ge=100, le=MAX_TIMEOUT_MS)] = DEFAULT_TIMEOUT_MS
    """Milliseconds after which the command is ended."""
    env: dict[str, str] = {}

    def read(self, hosts: tuple[AllowedHost, ...] = ()) -> Command:
        """Return the command, which may reach these hosts. Raises ``InvalidInput`` naming the field that does not work."""
        return read_command(
            self.command,
            self.args,
            is_shell=self.shell,
            cwd=self.cwd,
            variables=self.env,
            hosts=hosts,
            limits=Limits(duration_seconds=self.timeout / 1000),
        )


class CommandResult(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The output of ``run-sandbox-command``."""

    stdout: str
    stderr: str
    exit_code: int
    timed_out: bool
    limit_reached: str | None
    """``duration``, ``memory``, ``home`` or ``output`` when backline ended the command."""
    duration_ms: int
    changed_files: list[ChangedFile]
    """At most 1000; ``changedFileCount`` counts them all."""
    changed_file_count: int
    output_truncated: bool
    """Whether the middle of stdout or stderr is left out above."""
    output_files: list[StoredFile]
    """What was cut, whole."""
    sandbox_id: str
    snapshot: Saved | None
    """The home as it is now; None when it was not kept, and is as it was before."""
    snapshot_error: str | None
    """Why it was not kept."""


class SetupOrder(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The payload of ``setup-sandbox``."""

    account_id: str | None = None
    """Whose sandbox; the run's own account if not said."""
    files: list[str] = []
    """Ids of uploaded files, which are put into ``files/`` under their names."""
    archive_url: str | None = None
    """URL, or id of an uploaded file: a tar or zip to unpack into the home, over what is there."""
    git_url: str | None = None
    """URL of a public repository, cloned into a folder of its name unless that is there."""


class SetupResult(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The output of ``setup-sandbox``."""

    sandbox_id: str
    snapshot_id: str
    snapshot: Saved
    changed_files: list[ChangedFile]


class WriteOrder(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The payload of ``write-sandbox-files``."""

    files: dict[str, str]
    """URLs, or ids of uploaded files, by the paths below the home that they go to."""
    account_id: str | None = None


class WrittenFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that lies in the home now."""

    path: str
    sha: str
    """SHA-256 of its content."""


class WriteResult(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The output of ``write-sandbox-files``."""

    uploaded: list[WrittenFile]
    snapshot: Saved
