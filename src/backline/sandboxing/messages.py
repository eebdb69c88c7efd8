"""What a run in a sandbox asks of its worker, which alone has the database and the storage."""

from __future__ import annotations

import msgspec

from backline.sandbox.hosts import AllowedHost
from backline.sandbox.snapshot import Snapshot

SERVICE = "sandbox"
"""The name by which tasks ask."""


class Take(msgspec.Struct, frozen=True, tag=True):
    """Lease the account's sandbox. Answered by `Taken`, or null while another run has it."""

    account_id: str
    sandbox_id: str | None = None


class Look(msgspec.Struct, frozen=True, tag=True):
    """Ask for the present home, to read it beside whoever works in it. Answered by `Seen`."""

    account_id: str
    sandbox_id: str | None = None


class WayOut(msgspec.Struct, frozen=True):
    """Whom the worker lets commands reach."""

    hosts: tuple[AllowedHost, ...] = ()
    allow_private: bool = False
    """Whether those hosts may be in private networks."""


class Taken(msgspec.Struct, frozen=True):
    """The lease, and what the home should be."""

    sandbox_id: str
    fence: int
    snapshot: Snapshot | None
    folder: str
    """Where this worker keeps homes."""
    way_out: WayOut = WayOut()
    cgroup: str | None = None
    """The control group that was set aside for rooms."""
    is_without_walls: bool = False
    """Whether whoever runs this worker has said that it needs none."""


class Saved(msgspec.Struct, frozen=True, rename="camel"):
    """A snapshot as a run's output names it."""

    id: str
    expires_at: str
    """ISO 8601."""


class Seen(msgspec.Struct, frozen=True):
    """What the home is at this moment."""

    sandbox_id: str
    snapshot: Snapshot | None
    folder: str
    saved: Saved | None
    """The same as a run's output names it."""
    way_out: WayOut = WayOut()
    cgroup: str | None = None
    """The control group that was set aside for rooms."""
    is_without_walls: bool = False
    """Whether whoever runs this worker has said that it needs none."""


class Renew(msgspec.Struct, frozen=True, tag=True):
    """Keep the lease for another while."""

    sandbox_id: str
    fence: int


class Fetch(msgspec.Struct, frozen=True, tag=True):
    """Bring a blob of the leased sandbox to a local path, which is the answer."""

    sandbox_id: str
    fence: int
    digest: str
    folder: str


class FetchToLook(msgspec.Struct, frozen=True, tag=True):
    """The same, for a sandbox that the run only looks at."""

    sandbox_id: str
    digest: str
    folder: str


class Keep(msgspec.Struct, frozen=True, tag=True):
    """Store a local file as a blob of the leased sandbox."""

    sandbox_id: str
    fence: int
    digest: str
    path: str


class Save(msgspec.Struct, frozen=True, tag=True):
    """Make a snapshot the present home. Answered by `Saved`."""

    sandbox_id: str
    fence: int
    snapshot: Snapshot


class Release(msgspec.Struct, frozen=True, tag=True):
    """Give the lease back."""

    sandbox_id: str
    fence: int


Request = Take | Look | Renew | Fetch | FetchToLook | Keep | Save | Release
