"""A person of this machine in a sandbox: the desk is asked directly, with no run and no worker between."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from backline.accounts import find_account
from backline.db import Database
from backline.errors import NotFound
from backline.ids import AccountId, new_id
from backline.sandboxing.desk import SandboxDesk
from backline.sandboxing.visit import Visit, enter
from backline.settings import Settings
from backline.storage import open_store


class _Person(msgspec.Struct, frozen=True):
    """Whoever sits at the shell; the id is what the sandbox is leased to."""

    id: str
    account_id: AccountId


class _LocalVisitor:
    def __init__(
        self, desk: SandboxDesk, person: _Person, workdir: Path, tell: Callable[[str], None]
    ) -> None:
        self._desk = desk
        self._person = person
        self._tell = tell
        self.account_id = person.account_id
        self.workdir = workdir

    def ask(self, request: msgspec.Struct) -> Any:
        return self._desk(self._person, msgspec.to_builtins(request), self.workdir)

    def log(self, text: str) -> None:
        self._tell(text)


@contextmanager
def enter_locally(
    settings: Settings, database: Database, account_id: AccountId, tell: Callable[[str], None]
) -> Iterator[Visit]:
    """Open the account's sandbox on this machine, as soon as nobody else is in it.

    ``tell`` hears what is worth knowing meanwhile. Raises ``NotFound`` for an
    account that is not there, ``SetupError`` where no walls can be put up.
    """
    with database.read() as connection:
        if find_account(connection, account_id) is None:
            raise NotFound(
                f"there is no account {account_id}: `backline accounts create` makes one"
            )
    desk = SandboxDesk(settings, database, open_store(settings.storage_url))
    with tempfile.TemporaryDirectory(prefix="backline-shell-") as folder:
        visitor = _LocalVisitor(desk, _Person(new_id("shell"), account_id), Path(folder), tell)
        with enter(visitor) as room:
            yield room
