"""A database that is emptied before each test, instead of made anew.

A new Postgres database costs a fifth of a second, emptying a few tables a
thousandth: for tests that write accounts and files, and start no engine.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from backline.db import Database, connect
from backline.settings import Settings
from tests.cast import settings_in


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def kept_database(request: pytest.FixtureRequest, sqlite_pattern: Path) -> Iterator[Database]:
    """One database of each kind for the whole session."""
    if request.param == "sqlite":
        copy = sqlite_pattern.with_name("emptied.db")
        copy.write_bytes(sqlite_pattern.read_bytes())
        url = f"sqlite:///{copy}"
    else:
        url = request.getfixturevalue("postgres").create()
    database = connect(url)
    yield database
    database.close()


@pytest.fixture
def database(kept_database: Database) -> Database:
    """The kept database without accounts and files, and whatever hangs on them."""
    with kept_database.write() as connection:
        connection.execute(sa.text("DELETE FROM accounts"))
        connection.execute(sa.text("DELETE FROM files"))
    return kept_database


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a fresh data directory."""
    return settings_in(tmp_path / "data")
