"""What the sandbox endpoints do, in plain functions of services and caller."""

from __future__ import annotations

import base64
import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from backline.accounts import Caller, find_account, may_see, may_work_for
from backline.api.auth import reach_of
from backline.api.query import read_account_id
from backline.api.services import Services
from backline.clock import iso, now_ms
from backline.errors import AccessDenied, BacklineError, FetchRefused, InvalidInput, NotFound
from backline.fetch import check_url
from backline.ids import AccountId, RunId
from backline.runs import NewRun, Run, RunStatus
from backline.sandbox import read_command
from backline.sandbox.reading import index_of, read_file
from backline.sandbox.snapshot import Entry
from backline.sandboxes import KeptSnapshot, SandboxRecord, ledger
from backline.sandboxing.blobs import blob_key
from backline.sandboxing.order import (
    DEFAULT_TIMEOUT_MS,
    READERS,
    CommandOrder,
    SetupOrder,
    WriteOrder,
    WriteResult,
)
from backline.storage import Store
from backline.wire import sandboxes as wire

MOST_TREE_ENTRIES = 10_000


def show(
    services: Services, caller: Caller, account_id: AccountId | None, sandbox_id: str | None
) -> wire.SandboxList:
    """Show the account's sandbox; without one, an empty list."""
    owner_id = _owner(services, caller, account_id, is_read=True)
    with services.database.read() as connection:
        record = ledger.find(connection, owner_id)
        kept = None if record is None else ledger.current_snapshot(connection, record)
    if record is None or sandbox_id not in (None, record.id):
        return wire.SandboxList(
            status="success", sandboxes=[], snapshot_id=None, github_repo=None, filetree=None
        )
    return wire.SandboxList(
        status="success",
        sandboxes=[_item(record)],
        snapshot_id=kept.id if kept else None,
        github_repo=record.repository_url,
        filetree=None if kept is None else _tree(services.store, record, kept),
    )


def create(services: Services, caller: Caller, order: wire.SandboxOrder) -> wire.SandboxCreated:
    """Make the sandbox if needed, and trigger the command. Raises ``InvalidInput``."""
    if order.prompt is not None:
        raise InvalidInput(
            "prompt is not supported yet: say what to run in command, and leave it out", "prompt"
        )
    record = _ensure(services, caller, order.account_id)
    if order.command is None:
        return wire.SandboxCreated(status="success", sandboxes=[_item(record)])
    payload = CommandOrder(
        command=order.command,
        args=order.args,
        shell=order.shell,
        read_only=order.readOnly,
        cwd=order.cwd,
        env=order.env,
        timeout=order.timeout or DEFAULT_TIMEOUT_MS,
        account_id=record.account_id,
        sandbox_id=record.id,
    )
    # Refused here, with the field's name, rather than in a run that fails.
    read_command(
        order.command, order.args, is_shell=order.shell, cwd=order.cwd, variables=order.env
    )
    queue = READERS if order.readOnly else None
    run_id = _trigger(services, caller, record, "run-sandbox-command", payload, queue)
    return wire.SandboxCreated(status="success", sandboxes=[_item(record, run_id)])


def change(services: Services, caller: Caller, wish: wire.SandboxChange) -> wire.SnapshotRow | None:
    """Bring a snapshot back, or name a repository. Raises ``NotFound``, ``Conflict``."""
    _refuse_urls(services, github_repo=wish.github_repo)
    record = _ensure(services, caller, wish.account_id)
    snapshot_id = wish.snapshotId or wish.snapshot_id
    with services.database.write() as connection:
        if snapshot_id is not None:
            ledger.restore(
                connection, record.id, snapshot_id, services.settings.sandbox_retention_ms
            )
        if wish.github_repo is not None:
            ledger.name_repository(connection, record.id, wish.github_repo)
        found = ledger.find_by_id(connection, record.id)
        assert found is not None
        kept = ledger.current_snapshot(connection, found)
    return None if kept is None else _row(found, kept)


def empty(services: Services, caller: Caller, target: wire.SandboxTarget) -> wire.SandboxDeleted:
    """Empty the home, drop its snapshots, and then what storage holds of them."""
    owner_id = _owner(services, caller, target.account_id)
    with services.database.write() as connection:
        record = ledger.find(connection, owner_id)
        if record is None:
            return wire.SandboxDeleted(status="success", deleted_snapshot=None)
        kept = ledger.current_snapshot(connection, record)
        useless = ledger.forget(connection, record.id)
    for digest in useless:
        services.store.delete(blob_key(record.id, digest))
    return wire.SandboxDeleted(
        status="success", deleted_snapshot=None if kept is None else _row(record, kept)
    )


def set_up(services: Services, caller: Caller, order: wire.SandboxSetup) -> wire.SetupTriggered:
    """Trigger the run that lays out the home."""
    _refuse_urls(services, archive_url=order.archive_url, git_url=order.git_url)
    record = _ensure(services, caller, order.account_id)
    payload = SetupOrder(
        account_id=record.account_id,
        files=order.files,
        archive_url=order.archive_url,
        git_url=order.git_url or record.repository_url,
    )
    run_id = _trigger(services, caller, record, "setup-sandbox", payload)
    return wire.SetupTriggered(status="success", run_id=run_id)


def snapshots(
    services: Services, caller: Caller, account_id: AccountId | None
) -> wire.SnapshotList:
    """List the homes that can be brought back, newest first."""
    owner_id = _owner(services, caller, account_id, is_read=True)
    with services.database.read() as connection:
        record = ledger.find(connection, owner_id)
        kept = [] if record is None else ledger.snapshots_of(connection, record.id)
    rows = [] if record is None else [_row(record, each) for each in kept]
    return wire.SnapshotList(status="success", snapshots=rows)


def read(
    services: Services, caller: Caller, path: str | None, account_id: AccountId | None
) -> wire.SandboxFile:
    """Return a file of the home. Raises ``NotFound``, ``TooLarge``."""
    if path is None:
        raise InvalidInput("path is missing: say which file", "path")
    owner_id = _owner(services, caller, account_id, is_read=True)
    with services.database.read() as connection:
        record = ledger.find(connection, owner_id)
        kept = None if record is None else ledger.current_snapshot(connection, record)
    if record is None or kept is None:
        raise NotFound("this account has no sandbox yet: set it up, or run a command in it")
    with _blobs(services.store, record.id) as blobs:
        content = read_file(blobs, index_of(blobs, kept.digest), path)
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        packed = base64.b64encode(content).decode()
        return wire.SandboxFile(status="success", content=packed, encoding="base64")
    return wire.SandboxFile(status="success", content=text)


def write(services: Services, caller: Caller, order: wire.SandboxFiles) -> RunId:
    """Trigger the run that brings files into the home. Raises ``InvalidInput``."""
    record = _ensure(services, caller, order.account_id)
    files: dict[str, str] = {}
    for each in order.files:
        _refuse_urls(services, files=each.url)
        name = each.path or each.name
        if name is None:
            raise InvalidInput("files: each one needs a name", "files")
        files[f"{order.path.rstrip('/')}/{name}" if order.path else name] = each.url
    payload = WriteOrder(files=files, account_id=record.account_id)
    return _trigger(services, caller, record, "write-sandbox-files", payload)


def uploaded(run: Run) -> wire.SandboxUpload:
    """Say what a run has brought into the home. Raises what made it fail."""
    if run.status is not RunStatus.COMPLETED:
        error = msgspec.json.decode(run.error or "{}")
        raise InvalidInput(str(error.get("message", f"the run ended {run.status}")), "files")
    result = msgspec.json.decode(run.output or "{}", type=WriteResult)
    files = [wire.UploadedFile(path=file.path, sha=file.sha) for file in result.uploaded]
    return wire.SandboxUpload(status="success", uploaded=files)


def still_uploading(run_id: RunId) -> wire.SandboxUpload:
    """Say that it takes longer than a call should."""
    return wire.SandboxUpload(
        status="success", uploaded=[], errors=[f"not there yet: follow run {run_id}"]
    )


def _refuse_urls(services: Services, **urls: str | None) -> None:
    """Refuse what would not be fetched, before it is written down: it may hold a password.

    Raises ``InvalidInput`` naming the field.
    """
    for field, url in urls.items():
        if url is not None and not _is_file_id(url):
            try:
                check_url(url, allow_private=services.settings.allow_private_urls)
            except FetchRefused as refusal:
                raise InvalidInput(f"{field}: {refusal}", field) from None


def _is_file_id(text: str) -> bool:
    """Tell whether a text may be the id of an uploaded file; its task says whether it is one."""
    return text.startswith("file_")


def _owner(
    services: Services, caller: Caller, text: str | None, *, is_read: bool = False
) -> AccountId:
    if text is None:
        return caller.account_id
    account_id = read_account_id(text, "account_id")
    may = may_see if is_read else may_work_for
    with services.database.read() as connection:
        is_allowed = may(reach_of(connection, caller), account_id)
        if not is_allowed or find_account(connection, account_id) is None:
            raise AccessDenied("Access denied to specified account_id")
    return account_id


def _ensure(services: Services, caller: Caller, account_id: str | None) -> SandboxRecord:
    owner_id = _owner(services, caller, account_id)
    with services.database.write() as connection:
        return ledger.ensure(connection, owner_id)


def _trigger(
    services: Services,
    caller: Caller,
    record: SandboxRecord,
    task: str,
    payload: Any,
    queue: str | None = None,
) -> RunId:
    triggered = services.dispatch.trigger(
        NewRun(
            account_id=record.account_id,
            task_identifier=task,
            payload=msgspec.to_builtins(payload),
            queue=queue,
            environment=caller.environment or services.settings.environment,
            base_cost_cents=services.settings.run_base_cents,
        )
    )
    return triggered.run_id


def _item(record: SandboxRecord, run_id: RunId | None = None) -> wire.SandboxItem:
    status: wire.SandboxStatus = "running" if record.is_leased(now_ms()) else "stopped"
    return wire.SandboxItem(
        sandbox_id=record.id,
        sandbox_status="pending" if run_id and status == "stopped" else status,
        timeout=DEFAULT_TIMEOUT_MS,
        created_at=iso(record.created_at),
        run_id=msgspec.UNSET if run_id is None else run_id,
    )


def _row(record: SandboxRecord, kept: KeptSnapshot) -> wire.SnapshotRow:
    return wire.SnapshotRow(
        account_id=record.account_id,
        snapshot_id=kept.id,
        expires_at=iso(kept.expires_at),
        github_repo=record.repository_url,
        created_at=iso(kept.created_at),
        size_bytes=kept.home_bytes,
        entries=kept.home_entries,
    )


def _tree(store: Store, record: SandboxRecord, kept: KeptSnapshot) -> list[wire.TreeEntry] | None:
    """Return what is in a home; None when storage has lost it, which is no reason to fail here."""
    try:
        with _blobs(store, record.id) as blobs:
            entries = index_of(blobs, kept.digest).entries
    except BacklineError:
        return None
    return [_branch(entry) for entry in entries[:MOST_TREE_ENTRIES]]


def _branch(entry: Entry) -> wire.TreeEntry:
    is_folder = entry.kind == b"d"
    mark = b"\0".join((entry.path, entry.mode, b"%d" % entry.size_bytes, entry.modified))
    return wire.TreeEntry(
        path=entry.text,
        type="tree" if is_folder else "blob",
        sha=hashlib.sha1(mark, usedforsecurity=False).hexdigest(),
        size=msgspec.UNSET if is_folder else entry.size_bytes,
    )


@contextmanager
def _blobs(store: Store, sandbox_id: str) -> Iterator[_StoreBlobs]:
    with tempfile.TemporaryDirectory(prefix="backline-sandbox-") as folder:
        yield _StoreBlobs(store, sandbox_id, Path(folder))


class _StoreBlobs:
    """The blobs of one sandbox, for reading."""

    def __init__(self, store: Store, sandbox_id: str, folder: Path) -> None:
        self._store = store
        self._sandbox_id = sandbox_id
        self._folder = folder

    def fetch(self, digest: str) -> Path:
        key = blob_key(self._sandbox_id, digest)
        kept = self._store.local_path(key)
        if kept is not None:
            return kept
        path = self._folder / digest
        self._store.get_to_file(key, path)
        return path
