"""The records of a sandbox: its account, its snapshots, and the lease of whoever works in it."""

from __future__ import annotations

import msgspec

from backline.clock import TimestampMs
from backline.ids import AccountId, RunId

SandboxId = str
SnapshotId = str


class SandboxRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One account's sandbox. An account has one, made when it is first needed."""

    id: SandboxId
    account_id: AccountId
    created_at: TimestampMs
    snapshot_id: SnapshotId | None
    """The home as it now is; None for an empty one."""
    lease_run_id: RunId | None
    """The run that works in it."""
    lease_fence: int
    """Grows with every lease; only the newest may write."""
    lease_expires_at: TimestampMs
    repository_url: str | None
    """A repository that the account has named for its home; setup clones it."""

    def is_leased(self, now: TimestampMs) -> bool:
        return self.lease_run_id is not None and self.lease_expires_at > now


class KeptSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A home that can be brought back, until it expires."""

    id: SnapshotId
    sandbox_id: SandboxId
    digest: str
    blobs: tuple[str, ...]
    """What belongs to it in storage; later snapshots may share some of it."""
    home_bytes: int
    home_entries: int
    run_id: RunId | None
    created_at: TimestampMs
    expires_at: TimestampMs


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """The right of one run to work in a sandbox for a while."""

    sandbox: SandboxRecord
    fence: int
    snapshot: KeptSnapshot | None
