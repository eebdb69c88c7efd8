from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import backline.accounts.tables
import backline.files.tables
import backline.runs.tables  # noqa: F401 - every table must be known
from backline.clock import now_ms
from backline.db import Database, connect, insert_ignoring, metadata, reason_of, upsert
from backline.engine import prepare_engine_tables
from backline.errors import SetupError
from backline.migrations import migrate
from backline.runs.tables import workers

ROW = {
    "id": "worker_1",
    "host": "here",
    "process": "1:1",
    "version": "v",
    "slots": 1,
    "started_at": now_ms(),
    "heartbeat_at": now_ms(),
}


def test_the_migrations_make_just_the_tables_that_the_code_declares(database: Database) -> None:
    """A column added in code without a migration shows here."""
    ours = set(metadata.tables)

    def is_ours(_object: object, name: str | None, kind: str, *_rest: object) -> bool:
        return kind != "table" or name in ours

    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": is_ours})
        assert compare_metadata(context, metadata) == []


def test_migrating_again_changes_nothing(database: Database) -> None:
    """Every start migrates, so it must be safe to repeat."""
    migrate(database)
    prepare_engine_tables(database)


def test_a_write_is_whole_or_not_at_all(database: Database) -> None:
    """An error takes back everything of the transaction."""
    with pytest.raises(RuntimeError), database.write() as connection:
        connection.execute(sa.insert(workers), ROW)
        raise RuntimeError
    with database.read() as connection:
        assert connection.execute(sa.select(workers)).first() is None


def test_insert_ignoring_says_whether_it_inserted(database: Database) -> None:
    """The second insert of a key changes nothing and says so."""
    with database.write() as connection:
        assert insert_ignoring(connection, workers, **ROW)
        assert not insert_ignoring(connection, workers, **ROW | {"host": "there"})
        assert connection.execute(sa.select(workers.c.host)).scalar() == "here"


def test_upsert_overwrites(database: Database) -> None:
    """The last value wins."""
    with database.write() as connection:
        upsert(connection, workers, ("id",), **ROW)
        upsert(connection, workers, ("id",), **ROW | {"host": "there"})
        assert connection.execute(sa.select(workers.c.host)).scalars().all() == ["there"]


def test_readers_do_not_wait_for_a_writer(database: Database) -> None:
    """While one connection writes, another reads what was committed before."""
    with database.write() as writer:
        writer.execute(sa.insert(workers), ROW)
        with database.read() as reader:
            assert reader.execute(sa.select(workers)).first() is None


@pytest.mark.parametrize(
    "url", ["mysql://x@host/db", "not a url", "sqlite://", "sqlite:///:memory:"]
)
def test_other_databases_are_refused(url: str) -> None:
    """The message says what would work."""
    with pytest.raises(SetupError, match=r"(?i)sqlite"):
        connect(url)


def test_a_password_in_a_bad_url_is_not_repeated(tmp_path: Path) -> None:
    """A refused URL may hold a secret."""
    with pytest.raises(SetupError) as refusal:
        connect("mysql://root:hunter2@host/db")
    assert "hunter2" not in str(refusal.value)


def test_a_log_tells_the_trouble_and_not_the_values(database: Database) -> None:
    """The driver's words alone: statements carry payloads and fingerprints of keys."""
    with pytest.raises(sa.exc.DBAPIError) as trouble, database.read() as connection:
        connection.execute(sa.text("SELECT * FROM nowhere WHERE secret = :s"), {"s": "hush"})
    assert "nowhere" in reason_of(trouble.value) and "hush" not in reason_of(trouble.value)
