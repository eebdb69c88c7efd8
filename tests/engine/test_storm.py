"""Whatever serves runs dies all the time; every run still ends once, and no finished step is redone."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from backline.db import Database, connect
from tests.cast import enter_cast, settings_in
from tests.conftest import PostgresHost
from tests.engine.storm import Storm, weather


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


def begin(stack: ExitStack, database_url: str, tmp_path: Path) -> tuple[Database, Storm, Path]:
    """Open the database, let Alice in, and start what the storm goes against."""
    settings = settings_in(tmp_path / "data", database_url=database_url)
    database = connect(database_url)
    stack.callback(database.close)
    diary = tmp_path / "diary"
    diary.touch()
    alice = enter_cast(database, settings).alice
    return database, Storm(stack, settings, alice, diary), diary


def test_a_short_storm(stack: ExitStack, database_url: str, tmp_path: Path) -> None:
    """Forty families of runs go through while workers, their runs and the server are killed."""
    database, storm, diary = begin(stack, database_url, tmp_path)
    ended = weather(database, storm, diary, count=40)
    assert ended.total() >= 40 and storm.counts.total() > 0


@pytest.mark.soak
def test_a_long_storm_on_sqlite(stack: ExitStack, sqlite_url: str, tmp_path: Path) -> None:
    """Two thousand runs."""
    database, storm, diary = begin(stack, sqlite_url, tmp_path)
    ended = weather(database, storm, diary, count=1600)
    assert ended.total() >= 2000
    print("sqlite:", dict(storm.counts), dict(ended))


@pytest.mark.soak
def test_a_long_storm_on_postgres(stack: ExitStack, tmp_path: Path) -> None:
    """Two thousand runs, and Postgres itself is ended twice without a goodbye."""
    with tempfile.TemporaryDirectory(prefix="backline-pg-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        host = PostgresHost(folder / "data", keeps_commits=True)
        stack.callback(host.close)
        database, storm, diary = begin(stack, host.create(), tmp_path)
        ended = weather(database, storm, diary, count=1600, restarts=[host.restart] * 2)
        assert ended.total() >= 2000
        print("postgres:", dict(storm.counts), dict(ended))
        stack.close()
