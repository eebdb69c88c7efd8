"""Everything that is written and read about sandboxes.

A run works in a sandbox under a lease: one at a time, for as long as it keeps
renewing it. Each lease has a number, the fence, and a snapshot is only accepted
under the newest number, so a run that was thought dead can not write over what
came after it.
"""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from backline.clock import TimestampMs, now_ms
from backline.db import Connection, insert_ignoring
from backline.errors import Conflict, NotFound
from backline.ids import AccountId, RunId, new_id
from backline.sandboxes.sandbox import KeptSnapshot, Lease, SandboxId, SandboxRecord, SnapshotId
from backline.sandboxes.tables import sandboxes, snapshots

LEASE_MS = 60_000
RETENTION_MS = 7 * 24 * 3600 * 1000
"""A snapshot is kept for a week after its last use, unless the operator says otherwise."""


def find(connection: Connection, account_id: AccountId) -> SandboxRecord | None:
    """Return the account's sandbox, None if it never had one."""
    return _first(connection, sandboxes.c.account_id == account_id)


def find_by_id(connection: Connection, sandbox_id: SandboxId) -> SandboxRecord | None:
    """Return a sandbox, whoever's it is."""
    return _first(connection, sandboxes.c.id == sandbox_id)


def ensure(connection: Connection, account_id: AccountId) -> SandboxRecord:
    """Return the account's sandbox, making it if there is none."""
    insert_ignoring(
        connection,
        sandboxes,
        id=new_id("sbx"),
        account_id=account_id,
        created_at=now_ms(),
        lease_fence=0,
        lease_expires_at=0,
    )
    found = find(connection, account_id)
    assert found is not None
    return found


def take(connection: Connection, sandbox_id: SandboxId, run_id: RunId) -> Lease | None:
    """Lease a sandbox to a run, None while another run has it.

    A run that was moved to another worker takes over from itself.
    """
    now = now_ms()
    is_free = sa.or_(
        sandboxes.c.lease_run_id.is_(None),
        sandboxes.c.lease_run_id == run_id,
        sandboxes.c.lease_expires_at <= now,
    )
    taken = connection.execute(
        sa.update(sandboxes)
        .where(sandboxes.c.id == sandbox_id, is_free)
        .values(
            lease_run_id=run_id,
            lease_fence=sandboxes.c.lease_fence + 1,
            lease_expires_at=now + LEASE_MS,
        )
    )
    if taken.rowcount == 0:
        return None
    record = find_by_id(connection, sandbox_id)
    assert record is not None
    return Lease(
        sandbox=record, fence=record.lease_fence, snapshot=current_snapshot(connection, record)
    )


def renew(connection: Connection, sandbox_id: SandboxId, fence: int) -> None:
    """Keep a lease for another while. Raises ``Conflict`` when it is gone."""
    _update(connection, sandbox_id, fence, lease_expires_at=now_ms() + LEASE_MS)


def release(connection: Connection, sandbox_id: SandboxId, fence: int) -> None:
    """Give a lease back; one that is gone already is no error."""
    connection.execute(
        sa.update(sandboxes)
        .where(sandboxes.c.id == sandbox_id, sandboxes.c.lease_fence == fence)
        .values(lease_run_id=None, lease_expires_at=0)
    )


def keep_snapshot(
    connection: Connection, sandbox_id: SandboxId, fence: int, made: KeptSnapshot
) -> KeptSnapshot:
    """Make a snapshot the sandbox's present home; an unchanged one is only kept for longer.

    Raises ``Conflict`` when the lease is gone; then nothing is written.
    """
    record = find_by_id(connection, sandbox_id)
    present = None if record is None else current_snapshot(connection, record)
    if present is not None and present.digest == made.digest:
        made = msgspec.structs.replace(present, expires_at=made.expires_at)
        connection.execute(
            sa.update(snapshots).where(snapshots.c.id == made.id).values(expires_at=made.expires_at)
        )
    else:
        row = msgspec.structs.asdict(made) | {"blobs": msgspec.json.encode(made.blobs).decode()}
        connection.execute(sa.insert(snapshots).values(row))
    _update(connection, sandbox_id, fence, snapshot_id=made.id)
    return made


def new_snapshot(
    sandbox_id: SandboxId,
    run_id: RunId | None,
    *,
    digest: str,
    blobs: tuple[str, ...],
    home_bytes: int,
    home_entries: int,
    keep_ms: int = RETENTION_MS,
) -> KeptSnapshot:
    """Describe a home that was just kept, and will be for so long."""
    now = now_ms()
    return KeptSnapshot(
        id=new_id("snap", now),
        sandbox_id=sandbox_id,
        digest=digest,
        blobs=blobs,
        home_bytes=home_bytes,
        home_entries=home_entries,
        run_id=run_id,
        created_at=now,
        expires_at=now + keep_ms,
    )


def current_snapshot(connection: Connection, record: SandboxRecord) -> KeptSnapshot | None:
    """Return the sandbox's home, None if it is empty or has expired."""
    if record.snapshot_id is None:
        return None
    found = find_snapshot(connection, record.id, record.snapshot_id)
    return found if found is not None and found.expires_at > now_ms() else None


def find_snapshot(
    connection: Connection, sandbox_id: SandboxId, snapshot_id: SnapshotId
) -> KeptSnapshot | None:
    """Return a snapshot of this sandbox; another's is none."""
    statement = sa.select(snapshots).where(
        snapshots.c.id == snapshot_id, snapshots.c.sandbox_id == sandbox_id
    )
    row = connection.execute(statement).one_or_none()
    return None if row is None else _snapshot(row)


def look_at(
    connection: Connection, record: SandboxRecord, keep_ms: int = RETENTION_MS
) -> KeptSnapshot | None:
    """Return the sandbox's home for reading; it is kept for so much longer."""
    kept = current_snapshot(connection, record)
    return None if kept is None else _keep_for(connection, kept, keep_ms)


def _keep_for(connection: Connection, kept: KeptSnapshot, keep_ms: int) -> KeptSnapshot:
    kept = msgspec.structs.replace(kept, expires_at=now_ms() + keep_ms)
    connection.execute(
        sa.update(snapshots).where(snapshots.c.id == kept.id).values(expires_at=kept.expires_at)
    )
    return kept


def snapshots_of(
    connection: Connection, sandbox_id: SandboxId, limit: int = 100
) -> list[KeptSnapshot]:
    """Return the sandbox's snapshots, newest first."""
    statement = (
        sa.select(snapshots)
        .where(snapshots.c.sandbox_id == sandbox_id, snapshots.c.expires_at > now_ms())
        .order_by(snapshots.c.id.desc())
        .limit(limit)
    )
    return [_snapshot(row) for row in connection.execute(statement)]


def restore(
    connection: Connection,
    sandbox_id: SandboxId,
    snapshot_id: SnapshotId | None,
    keep_ms: int = RETENTION_MS,
) -> None:
    """Make an older snapshot, or an empty home, the present one; it is kept for so much longer.

    Raises ``NotFound`` for a snapshot that is not this sandbox's, ``Conflict``
    while a run works in it.
    """
    if snapshot_id is not None:
        kept = find_snapshot(connection, sandbox_id, snapshot_id)
        if kept is None or kept.expires_at <= now_ms():
            raise NotFound(f"snapshot {snapshot_id} is not there: list those that have not expired")
        _keep_for(connection, kept, keep_ms)
    changed = connection.execute(
        sa.update(sandboxes)
        .where(
            sandboxes.c.id == sandbox_id,
            sa.or_(sandboxes.c.lease_run_id.is_(None), sandboxes.c.lease_expires_at <= now_ms()),
        )
        .values(snapshot_id=snapshot_id)
    )
    if changed.rowcount == 0:
        raise Conflict("a run is working in this sandbox: wait until it has ended, or cancel it")


def name_repository(connection: Connection, sandbox_id: SandboxId, url: str | None) -> None:
    """Remember a repository for the sandbox, or forget it."""
    connection.execute(
        sa.update(sandboxes).where(sandboxes.c.id == sandbox_id).values(repository_url=url)
    )


def with_expired(connection: Connection, before: TimestampMs, most: int) -> list[SandboxId]:
    """Return some of the sandboxes that have snapshots which expired before a moment."""
    statement = (
        sa.select(snapshots.c.sandbox_id)
        .where(snapshots.c.expires_at < before)
        .group_by(snapshots.c.sandbox_id)
        .order_by(sa.func.min(snapshots.c.expires_at))
        .limit(most)
    )
    return list(connection.execute(statement).scalars())


def expired_blobs(connection: Connection, sandbox_id: SandboxId, before: TimestampMs) -> list[str]:
    """Return the blobs that only snapshots need which expired before a moment."""
    gone = _blobs_of(connection, sandbox_id, snapshots.c.expires_at < before)
    needed = _blobs_of(connection, sandbox_id, snapshots.c.expires_at >= before)
    return sorted(gone - needed)


def forget_expired(connection: Connection, sandbox_id: SandboxId, before: TimestampMs) -> None:
    """Drop the snapshots that expired before a moment, when storage holds no more of them."""
    connection.execute(
        sa.delete(snapshots).where(
            snapshots.c.sandbox_id == sandbox_id, snapshots.c.expires_at < before
        )
    )


def _blobs_of(
    connection: Connection, sandbox_id: SandboxId, condition: sa.ColumnElement[bool]
) -> set[str]:
    statement = sa.select(snapshots).where(snapshots.c.sandbox_id == sandbox_id, condition)
    return {blob for row in connection.execute(statement) for blob in _snapshot(row).blobs}


def forget(connection: Connection, sandbox_id: SandboxId) -> list[str]:
    """Forget home, snapshots and repository. Returns the blobs that nothing needs any more."""
    restore(connection, sandbox_id, None)
    name_repository(connection, sandbox_id, None)
    blobs = _blobs_of(connection, sandbox_id, sa.true())
    connection.execute(sa.delete(snapshots).where(snapshots.c.sandbox_id == sandbox_id))
    return sorted(blobs)


def _first(connection: Connection, condition: sa.ColumnElement[bool]) -> SandboxRecord | None:
    row = connection.execute(sa.select(sandboxes).where(condition)).one_or_none()
    return None if row is None else SandboxRecord(**row._mapping)


def _snapshot(row: sa.Row[tuple[object, ...]]) -> KeptSnapshot:
    values = dict(row._mapping)
    return KeptSnapshot(
        **values | {"blobs": msgspec.json.decode(values["blobs"], type=tuple[str, ...])}
    )


def _update(connection: Connection, sandbox_id: SandboxId, fence: int, **values: object) -> None:
    changed = connection.execute(
        sa.update(sandboxes)
        .where(
            sandboxes.c.id == sandbox_id,
            sandboxes.c.lease_fence == fence,
            sandboxes.c.lease_run_id.is_not(None),
        )
        .values(**values)
    )
    if changed.rowcount == 0:
        raise Conflict(f"the lease of sandbox {sandbox_id} is gone: another run works in it")
