"""The one door to the database: SQLite in a file, or Postgres.

The ledger, the accounts and the engine share a database, so that what belongs
together is written in one transaction. Statements are SQLAlchemy Core and run
on both; what differs between the two is said here and nowhere else.
"""

from __future__ import annotations

import math
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql.compiler import SQLCompiler

from backline.errors import SetupError

T = TypeVar("T")

Connection = sa.Connection

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""Every table of ours, whichever package declares it."""

AWAY = (
    sa.exc.OperationalError,
    sa.exc.InterfaceError,
    # As the drivers say it themselves, where a statement is run on the bare driver.
    sqlite3.OperationalError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
)
"""What is raised while the database is away: restarting, out of reach, its disk full, its file locked."""


def reason_of(trouble: BaseException) -> str:
    """Return the driver's own words, without the statement and the values in it: for logs."""
    words = str(getattr(trouble, "orig", None) or trouble).strip()
    return words.partition("\n")[0] or type(trouble).__name__


_BUSY_TIMEOUT_MS = 30_000
_PRAGMAS = (
    f"busy_timeout={_BUSY_TIMEOUT_MS}",
    "foreign_keys=ON",
    # With a write-ahead log this loses nothing in a crash of ours, and is much faster.
    "synchronous=NORMAL",
    # 16 MB of pages instead of 2: the newest runs of many accounts stay at hand in a large ledger.
    "cache_size=-16000",
)
_IDLE_SECONDS = 1.0
_EXCLUSIVE_LOCK = 0x6C6564676572
"""Spells ``ledger``."""


class Database:
    """A database and the two ways to use it: read, and write in one transaction."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        # Each read sees what is committed by then, in a transaction or without one; without
        # it Postgres is asked once instead of three times.
        self._reading = (
            engine if self.is_embedded else engine.execution_options(isolation_level="AUTOCOMMIT")
        )

    @property
    def is_embedded(self) -> bool:
        """Whether this is SQLite: reads take microseconds and never wait for a network."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a connection for reading."""
        with self._reading.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open one transaction: committed at the end, rolled back on any error.

        On SQLite the write lock is taken at once, so that nothing read inside
        can be changed by another writer before the commit.
        """
        with self.engine.connect() as connection:
            if self.is_embedded:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            with _committed(connection):
                yield connection

    @contextmanager
    def exclusive(self) -> Iterator[Connection]:
        """Open one transaction that no other exclusive one runs beside, on any machine.

        For decisions that count rows and act upon the count, such as who may
        start next. SQLite has one writer at a time anyway.
        """
        with self.write() as connection:
            if not self.is_embedded:
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_EXCLUSIVE_LOCK})")
            yield connection

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


@contextmanager
def _committed(connection: Connection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def connect(url: str) -> Database:
    """Open the database at ``sqlite:///path`` or ``postgresql://…``.

    Raises ``SetupError`` for any other kind.
    """
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        _set_journal_mode(_file_of(parsed))
    return Database(open_pool(parsed))


def open_pool(url: sa.URL, *, for_engine: bool = False) -> sa.Engine:
    """Open a pool of connections, for the ledger or for the engine.

    The engine's driver opens transactions by itself. On Postgres nobody waits for
    its commits to reach the disk: a crash may take the last of them along, and all
    of them that the ledger builds upon are written before the ledger's own.
    """
    if url.get_backend_name() != "sqlite":
        # The connection that was used last comes first: it has its statements prepared.
        pool = sa.create_engine(url, pool_size=10, max_overflow=20, pool_use_lifo=True)
        if for_engine:
            event.listen(pool, "connect", _commit_without_waiting)
        return _asked_after_idleness(pool)
    pool = sa.create_engine(
        url, pool_size=10, max_overflow=20, connect_args={"check_same_thread": False}
    )

    def prepare(dbapi: sqlite3.Connection, _record: object) -> None:
        # Nothing, or a transaction that takes the write lock before the first write.
        dbapi.isolation_level = "IMMEDIATE" if for_engine else None
        for pragma in _PRAGMAS:
            dbapi.execute(f"PRAGMA {pragma}")

    event.listen(pool, "connect", prepare)
    return pool


def _commit_without_waiting(dbapi: DBAPIConnection, _record: object) -> None:
    with closing(dbapi.cursor()) as cursor:
        cursor.execute("SET synchronous_commit = off")
    dbapi.commit()


def _asked_after_idleness(pool: sa.Engine) -> sa.Engine:
    """Let connections that lay idle be asked whether they still live before they are used.

    One that dies while it is in use is told to the caller anyway.
    """

    def note(_dbapi: object, record: ConnectionPoolEntry) -> None:
        record.info["idle_since"] = time.monotonic()

    def ask(dbapi: DBAPIConnection, record: ConnectionPoolEntry, _proxy: object) -> None:
        if time.monotonic() - record.info.get("idle_since", math.inf) < _IDLE_SECONDS:
            return
        try:
            pool.dialect.do_ping(dbapi)
        except psycopg.Error as gone:
            raise sa.exc.DisconnectionError(str(gone)) from gone

    event.listen(pool, "checkin", note)
    event.listen(pool, "checkout", ask)
    return pool


def _parse(url: str) -> sa.URL:
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError:
        raise SetupError(
            "BACKLINE_DATABASE_URL is no database URL: use sqlite:///path or postgresql://user@host/name"
        ) from None
    if parsed.get_backend_name() in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() == "sqlite":
        return parsed
    raise SetupError(
        f"BACKLINE_DATABASE_URL names {parsed.get_backend_name()!r}: backline runs on sqlite and postgresql"
    )


def _file_of(url: sa.URL) -> Path:
    if not url.database or url.database == ":memory:":
        raise SetupError(
            "SQLite needs a file, so that several processes can share it: sqlite:///path"
        )
    return Path(url.database)


def _set_journal_mode(path: Path) -> None:
    """Switch the file to write-ahead logging, once: readers then never wait for writers."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with closing(sqlite3.connect(path, timeout=_BUSY_TIMEOUT_MS / 1000)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
    except sqlite3.Error as trouble:
        raise SetupError(
            f"{path} can not be used as a database ({trouble}): look at BACKLINE_DATABASE_URL"
        ) from trouble


class Prepared:
    """A SELECT for the hottest paths: compiled once, then run on the bare driver.

    Twice as fast as ``Connection.execute`` for a few rows. Rows are plain tuples
    of what the driver gives: on SQLite a boolean is 0 or 1.
    """

    def __init__(self, statement: sa.Select[Any]) -> None:
        self._statement = statement
        self._compiled: dict[str, SQLCompiler] = {}

    def rows(self, connection: Connection, **parameters: Any) -> list[tuple[Any, ...]]:
        """Return all rows for these parameters."""
        compiled = self._compiled.get(connection.dialect.name)
        if compiled is None:
            compiled = self._statement.compile(dialect=connection.dialect)
            self._compiled[connection.dialect.name] = compiled
        values: Any = compiled.construct_params(parameters)
        if compiled.positiontup is not None:
            values = [values[name] for name in compiled.positiontup]
        with closing(connection.connection.cursor()) as cursor:
            cursor.execute(compiled.string, values)
            return list(cursor.fetchall())


def insert_ignoring(connection: Connection, table: sa.Table, **values: Any) -> bool:
    """Insert a row unless one with its key exists. Returns whether it was inserted."""
    statement = _ignoring_and_telling(connection.dialect.name, table)
    return connection.execute(statement, values).first() is not None


def insert_all_ignoring(
    connection: Connection, table: sa.Table, rows: list[dict[str, Any]]
) -> None:
    """Insert the rows except those whose key exists already."""
    connection.execute(_ignoring(connection.dialect.name, table), rows)


def upsert(connection: Connection, table: sa.Table, key: tuple[str, ...], /, **values: Any) -> None:
    """Insert a row, or overwrite the one that has the same ``key`` columns."""
    others = {name: value for name, value in values.items() if name not in key}
    statement = _insert_into(connection.dialect.name, table).values(**values)
    connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_=others))


@cache
def _ignoring(dialect: str, table: sa.Table) -> Any:
    return _insert_into(dialect, table).on_conflict_do_nothing()


@cache
def _ignoring_and_telling(dialect: str, table: sa.Table) -> Any:
    """The row count is not reported on Postgres when a statement may return rows."""
    return _ignoring(dialect, table).returning(sa.literal(1))


def _insert_into(dialect: str, table: sa.Table) -> Any:
    """Return the INSERT of this kind of database, which alone knows what a conflict is."""
    if dialect == "sqlite":
        from sqlalchemy.dialects.sqlite import insert
    else:
        from sqlalchemy.dialects.postgresql import insert  # type: ignore[assignment]
    return insert(table)
