"""Tokens: make something that a run can wait for, and complete it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from backline.client.connection import Connection
from backline.ids import AccountId
from backline.wire.tokens import (
    Completion,
    NewToken,
    TokenAnswer,
    TokenCompleted,
    TokenCreated,
    TokenList,
    TokenState,
)


class Tokens:
    """The tokens within the caller's reach."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def create(self, order: NewToken | None = None) -> TokenCreated:
        """Make a token; its URL completes it without credentials."""
        return self._connection.post("/api/tokens", TokenCreated, order or NewToken())

    def complete(self, token_id: str, data: Any = None) -> None:
        """Complete a token; the first completion counts. Raises ``NotFound``."""
        path = f"/api/tokens/{quote(token_id, safe='')}/complete"
        self._connection.post(path, TokenCompleted, Completion(data=data))

    def newest(
        self, *, limit: int | None = None, account_id: AccountId | None = None
    ) -> list[TokenState]:
        """Return the newest tokens first: 20 unless told otherwise, 100 at most."""
        wanted = {"limit": limit, "account_id": account_id}
        params = {name: value for name, value in wanted.items() if value is not None}
        return self._connection.get("/api/tokens", TokenList, params).tokens

    def get(self, token_id: str) -> TokenState:
        """Return a token with what it was completed with. Raises ``NotFound``."""
        path = f"/api/tokens/{quote(token_id, safe='')}"
        return self._connection.get(path, TokenAnswer).token
