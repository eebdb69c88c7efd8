"""A real server process over each kind of database, with the cast in it."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from backline.db import Database
from backline.settings import Settings
from tests.cast import Cast, enter_cast, settings_in
from tests.emptied import database, kept_database
from tests.processes import backline, free_port

__all__ = ["database", "kept_database"]


@pytest.fixture(scope="session")
def server_settings(kept_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings that a server process shares with the tests."""
    url = kept_database.engine.url.render_as_string(hide_password=False)
    return settings_in(tmp_path_factory.mktemp("server"), database_url=url)


@pytest.fixture(scope="session")
def server_url(server_settings: Settings) -> Iterator[str]:
    """The address of a running ``backline server``, one for each kind of database."""
    with backline(server_settings, "server", "--port", str(free_port())) as process:
        yield process.wait_until_ready()
        assert process.stop() == 0


@pytest.fixture
def web(server_url: str) -> Iterator[httpx.Client]:
    """An ordinary HTTP client of that server."""
    with httpx.Client(base_url=server_url, trust_env=False) as client:
        yield client


@pytest.fixture
def cast(database: Database, server_settings: Settings) -> Cast:
    return enter_cast(database, server_settings)
