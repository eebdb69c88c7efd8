"""The API in this process, over a database of each kind, with the cast in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from litestar.testing import TestClient

from backline.db import Database
from backline.server import create_app
from backline.settings import Settings
from tests.api.stage import Api
from tests.cast import Cast, enter_cast, settings_in
from tests.emptied import database, kept_database

__all__ = ["database", "kept_database"]

MAX_UPLOAD_BYTES = 64 * 1024


@pytest.fixture(scope="session")
def kept_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """One data directory for all tests of the API; uploads are small."""
    folder = tmp_path_factory.mktemp("api")
    return settings_in(folder, max_upload_bytes=MAX_UPLOAD_BYTES, public_url="http://api.test")


@pytest.fixture
def settings(kept_settings: Settings) -> Settings:
    return kept_settings


@pytest.fixture(scope="session")
def kept_client(kept_database: Database, kept_settings: Settings) -> Iterator[TestClient]:
    """The API over the kept database; what goes wrong inside is answered, not raised."""
    app = create_app(kept_settings, kept_database)
    with TestClient(app, base_url="http://api.test", raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def cast(database: Database, kept_settings: Settings) -> Cast:
    return enter_cast(database, kept_settings)


@pytest.fixture
def api(kept_client: TestClient, database: Database) -> Api:
    """The API, and the database behind it."""
    return Api(kept_client, database)
