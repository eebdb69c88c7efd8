"""One connection to a backline server, with a property for each thing it holds."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from backline.client.connection import Connection
from backline.client.content import Content
from backline.client.files import Files
from backline.client.queues import Queues
from backline.client.runs import Runs
from backline.client.sandboxes import Sandboxes
from backline.client.schedules import Schedules
from backline.client.tasks import Tasks
from backline.client.tokens import Tokens
from backline.ids import AccountId
from backline.wire.recoup import AccountIdentity


class Client:
    """The API of the server at ``url``, spoken to as the owner of ``api_key``.

    Raises ``SetupError`` when the URL is not http or https. Every method
    raises the error of ``backline.errors`` that the server's answer stands for,
    with the server's text, and ``SetupError`` when nobody answers.
    """

    def __init__(self, url: str, api_key: str) -> None:
        self._connection = Connection(url, api_key)
        self.runs = Runs(self._connection)
        self.tasks = Tasks(self._connection)
        self.tokens = Tokens(self._connection)
        self.queues = Queues(self._connection)
        self.schedules = Schedules(self._connection)
        self.content = Content(self._connection)
        self.files = Files(self._connection)
        self.sandboxes = Sandboxes(self._connection)

    @property
    def url(self) -> str:
        return self._connection.url

    def account_id(self) -> AccountId:
        """Return the account that the key belongs to."""
        return self._connection.get("/api/accounts/id", AccountIdentity).account_id

    def answers(self) -> bool:
        """Say, after one short try, whether a backline server is there and knows the key."""
        return self._connection.answers("/api/tasks/runs?limit=1")

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
