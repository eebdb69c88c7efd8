"""The worker's side of a sandbox run: leases, blobs and snapshots, for the run's own account only."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, Protocol

import msgspec

from backline.accounts import load_reach, may_work_for
from backline.clock import iso
from backline.db import Connection, Database
from backline.errors import AbortRun, BacklineError
from backline.ids import AccountId
from backline.runs import queries
from backline.sandbox import choose_folder
from backline.sandbox.hosts import read_hosts
from backline.sandbox.snapshot import Snapshot
from backline.sandboxes import KeptSnapshot, Lease, SandboxRecord, ledger
from backline.sandboxing import messages as say
from backline.sandboxing.blobs import blob_key
from backline.settings import Settings
from backline.storage import Store

_TYPE: Final = "application/octet-stream"


def as_snapshot(kept: KeptSnapshot) -> Snapshot:
    """Return what a provider needs of a record."""
    return Snapshot(
        digest=kept.digest,
        blobs=kept.blobs,
        home_bytes=kept.home_bytes,
        home_entries=kept.home_entries,
    )


def _inside(workdir: Path, name: str) -> Path:
    """Return a path that a task names. Raises ``AbortRun`` when it leads out of its workdir."""
    real = Path(name).resolve()
    if not real.is_relative_to(workdir.resolve()):
        raise AbortRun(f"{name[:200]!r} is not inside ctx.workdir: put the file there")
    return real


def _as_saved(kept: KeptSnapshot) -> say.Saved:
    return say.Saved(id=kept.id, expires_at=iso(kept.expires_at))


class Holder(Protocol):
    """Who asks: a run, or a person at a shell."""

    @property
    def id(self) -> str: ...
    @property
    def account_id(self) -> AccountId: ...


class SandboxDesk:
    """Answers the questions in ``messages.py``."""

    def __init__(self, settings: Settings, database: Database, store: Store) -> None:
        self._folder = settings.sandbox_dir or choose_folder(settings.data_dir)
        self._cgroup = None if settings.sandbox_cgroup is None else str(settings.sandbox_cgroup)
        self._is_without_walls = settings.is_sandbox_without_walls
        self._keep_ms = settings.sandbox_retention_ms
        self._way_out = say.WayOut(read_hosts(settings.sandbox_hosts), settings.allow_private_urls)
        self._database = database
        self._store = store

    def __call__(self, holder: Holder, request: Any, workdir: Path) -> Any:
        """Answer a question. Raises ``AbortRun`` to refuse."""
        try:
            asked: say.Request = msgspec.convert(request, say.Request)
            return msgspec.to_builtins(self._answer(holder, asked, workdir))
        except AbortRun:
            raise
        except (BacklineError, msgspec.ValidationError) as refusal:
            raise AbortRun(str(refusal)) from refusal

    def _answer(self, holder: Holder, request: say.Request, workdir: Path) -> Any:
        match request:
            case say.Take(account_id, sandbox_id):
                return self._take(holder, account_id, sandbox_id)
            case say.Look(account_id, sandbox_id):
                return self._look(holder, account_id, sandbox_id)
            case say.Renew(sandbox_id, fence):
                self._require_lease(holder, sandbox_id, fence)
                with self._database.write() as connection:
                    ledger.renew(connection, sandbox_id, fence)
            case say.Release(sandbox_id, fence):
                if self._holds(holder, sandbox_id, fence):
                    with self._database.write() as connection:
                        ledger.release(connection, sandbox_id, fence)
            case say.Fetch(sandbox_id, fence, digest, folder):
                self._require_lease(holder, sandbox_id, fence)
                return self._fetch(sandbox_id, digest, _inside(workdir, folder))
            case say.FetchToLook(sandbox_id, digest, folder):
                self._require_reach(holder, sandbox_id)
                return self._fetch(sandbox_id, digest, _inside(workdir, folder))
            case say.Keep():
                self._keep(holder, request, _inside(workdir, request.path))
            case say.Save():
                return self._save(holder, request)
        return None

    def _take(
        self, holder: Holder, account_id: AccountId, sandbox_id: str | None
    ) -> say.Taken | None:
        with self._database.write() as connection:
            record = _reachable(connection, holder, account_id, sandbox_id)
            lease = _lease(connection, record, holder)
        if lease is None:
            return None
        return say.Taken(
            sandbox_id=record.id,
            fence=lease.fence,
            snapshot=as_snapshot(lease.snapshot) if lease.snapshot else None,
            folder=str(self._folder),
            way_out=self._way_out,
            cgroup=self._cgroup,
            is_without_walls=self._is_without_walls,
        )

    def _look(self, holder: Holder, account_id: AccountId, sandbox_id: str | None) -> say.Seen:
        with self._database.write() as connection:
            record = _reachable(connection, holder, account_id, sandbox_id)
            kept = ledger.look_at(connection, record, self._keep_ms)
        return say.Seen(
            sandbox_id=record.id,
            snapshot=as_snapshot(kept) if kept else None,
            folder=str(self._folder),
            saved=_as_saved(kept) if kept else None,
            way_out=self._way_out,
            cgroup=self._cgroup,
            is_without_walls=self._is_without_walls,
        )

    def _fetch(self, sandbox_id: str, digest: str, folder: Path) -> str:
        key = blob_key(sandbox_id, digest)
        kept = self._store.local_path(key)
        if kept is not None:
            return str(kept)
        path = folder / digest
        self._store.get_to_file(key, path)
        return str(path)

    def _keep(self, holder: Holder, request: say.Keep, path: Path) -> None:
        self._require_lease(holder, request.sandbox_id, request.fence)
        self._store.put_file(blob_key(request.sandbox_id, request.digest), path, _TYPE)

    def _save(self, holder: Holder, request: say.Save) -> say.Saved:
        self._require_lease(holder, request.sandbox_id, request.fence)
        made = ledger.new_snapshot(
            request.sandbox_id,
            holder.id,
            digest=request.snapshot.digest,
            blobs=request.snapshot.blobs,
            home_bytes=request.snapshot.home_bytes,
            home_entries=request.snapshot.home_entries,
            keep_ms=self._keep_ms,
        )
        with self._database.write() as connection:
            kept = ledger.keep_snapshot(connection, request.sandbox_id, request.fence, made)
        return _as_saved(kept)

    def _require_lease(self, holder: Holder, sandbox_id: str, fence: int) -> None:
        if not self._holds(holder, sandbox_id, fence):
            raise AbortRun(f"this run does not hold sandbox {sandbox_id}")

    def _require_reach(self, holder: Holder, sandbox_id: str) -> None:
        with self._database.read() as connection:
            record = ledger.find_by_id(connection, sandbox_id)
            reach = load_reach(connection, holder.account_id)
        if record is None or not may_work_for(reach, record.account_id):
            raise AbortRun(f"sandbox {sandbox_id} is not there: leave sandboxId out")

    def _holds(self, holder: Holder, sandbox_id: str, fence: int) -> bool:
        with self._database.read() as connection:
            record = ledger.find_by_id(connection, sandbox_id)
        held = record and (record.lease_run_id, record.lease_fence)
        return held == (holder.id, fence)


def _lease(connection: Connection, record: SandboxRecord, holder: Holder) -> Lease | None:
    """Lease the sandbox, if need be from a run that ended without giving it back.

    Such a run was killed, and what it may still be doing elsewhere the fence keeps out.
    """
    lease = ledger.take(connection, record.id, holder.id)
    if lease is not None or record.lease_run_id is None:
        return lease
    before = queries.find_run(connection, record.lease_run_id)
    if before is None or not before.status.is_final:
        return None
    ledger.release(connection, record.id, record.lease_fence)
    return ledger.take(connection, record.id, holder.id)


def _reachable(
    connection: Connection, holder: Holder, account_id: AccountId, sandbox_id: str | None
) -> SandboxRecord:
    """Return the account's sandbox. Raises ``AbortRun`` when it is not the holder's to work in."""
    if not may_work_for(load_reach(connection, holder.account_id), account_id):
        raise AbortRun(f"accountId {account_id} is not within reach of the run's account")
    record = ledger.ensure(connection, account_id)
    if sandbox_id not in (None, record.id):
        raise AbortRun(f"sandbox {sandbox_id} is not there: leave sandboxId out")
    return record
