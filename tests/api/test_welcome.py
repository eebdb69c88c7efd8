"""The front step: a greeting, the description, and whether the server can work."""

from __future__ import annotations

import pytest

from backline.db import Database
from tests.api.stage import Api


def test_the_greeting_names_the_description(api: Api) -> None:
    """Whoever opens the address finds the way."""
    answer = api.get(None, "/")
    assert (answer.status_code, "/openapi.json" in answer.text) == (200, True)


def test_a_server_whose_database_answers_is_healthy(api: Api) -> None:
    """200 and nothing about the inside."""
    answer = api.get(None, "/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_a_server_whose_database_is_gone_is_not(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """503, so that a balancer sends callers elsewhere."""

    def gone(_: Database) -> None:
        raise OSError("no route to db.internal")

    monkeypatch.setattr(Database, "read", gone)
    answer = api.get(None, "/healthz")
    assert (answer.status_code, answer.json()) == (503, {"status": "error"})
