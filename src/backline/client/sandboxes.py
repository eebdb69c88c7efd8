"""Sandboxes: run commands in the account's room, and look at its home."""

from __future__ import annotations

from backline.client.connection import Connection
from backline.ids import AccountId, RunId
from backline.wire.sandboxes import (
    SandboxChange,
    SandboxCreated,
    SandboxFile,
    SandboxItem,
    SandboxList,
    SandboxOrder,
    SandboxSetup,
    SetupTriggered,
    SnapshotList,
    SnapshotRow,
)


class Sandboxes:
    """The sandboxes within the caller's reach; every account has one."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def run(self, order: SandboxOrder) -> SandboxItem:
        """Trigger a command; ``run_id`` of the answer is the run to follow."""
        return self._connection.post("/api/sandboxes", SandboxCreated, order).sandboxes[0]

    def set_up(
        self,
        *,
        files: list[str] | None = None,
        archive_url: str | None = None,
        git_url: str | None = None,
        account_id: AccountId | None = None,
    ) -> RunId:
        """Trigger the run that lays out the home, with uploaded files and the like in it."""
        order = SandboxSetup(
            account_id=account_id, files=files or [], archive_url=archive_url, git_url=git_url
        )
        return self._connection.post("/api/sandboxes/setup", SetupTriggered, order).run_id

    def show(self, *, account_id: AccountId | None = None) -> SandboxList:
        """Return the account's sandbox, and what is in its home."""
        return self._connection.get("/api/sandboxes", SandboxList, _account(account_id))

    def read(self, path: str, *, account_id: AccountId | None = None) -> SandboxFile:
        """Return a file of the home. Raises ``NotFound``."""
        params = _account(account_id) | {"path": path}
        return self._connection.get("/api/sandboxes/file", SandboxFile, params)

    def snapshots(self, *, account_id: AccountId | None = None) -> list[SnapshotRow]:
        """Return the homes that can be brought back, newest first."""
        params = _account(account_id)
        return self._connection.get("/api/sandboxes/snapshots", SnapshotList, params).snapshots

    def restore(
        self, snapshot_id: str, *, account_id: AccountId | None = None
    ) -> SnapshotRow | None:
        """Bring an older home back. Raises ``NotFound``, ``Conflict`` while a command runs."""
        change = SandboxChange(snapshot_id=snapshot_id, account_id=account_id)
        return self._connection.patch("/api/sandboxes", SnapshotRow, change)


def _account(account_id: AccountId | None) -> dict[str, str]:
    return {} if account_id is None else {"account_id": account_id}
