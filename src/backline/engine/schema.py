"""The engine's own tables and how DBOS reaches them: beside the ledger, in the same database.

Sharing the database is what lets one transaction open a run and hand it to
the engine. On Postgres the engine's tables live in the schema ``dbos``.
"""

from __future__ import annotations

import sqlite3

import sqlalchemy as sa
from dbos import DBOS
from sqlalchemy import event

from backline.db import Database

SCHEMA = "dbos"
APPLICATION = "backline"
"""DBOS's name for us; it wants three letters or more."""


def prepare_engine_tables(database: Database) -> None:
    """Create or migrate the engine's tables. Safe to repeat."""
    url = database.engine.url.render_as_string(hide_password=False)
    DBOS.migrate(url, schema=SCHEMA)


def engine_connections(database: Database) -> sa.Engine:
    """Make the connection pool that DBOS works with.

    Its own, because DBOS expects the driver to open transactions for it, while
    ours are opened by `Database.write`.
    """
    url = database.engine.url
    if not database.is_embedded:
        return sa.create_engine(url, pool_size=10, max_overflow=20, pool_pre_ping=True)
    pool = sa.create_engine(url, pool_size=10, max_overflow=20)
    event.listen(pool, "connect", _prepare_embedded)
    return pool


def _prepare_embedded(dbapi: sqlite3.Connection, _record: object) -> None:
    # The same three lines that DBOS runs on a pool of its own, and synchronous=NORMAL:
    # with a write-ahead log that loses nothing in a crash of ours, and is much faster.
    dbapi.isolation_level = "IMMEDIATE"
    dbapi.execute("PRAGMA busy_timeout=30000")
    dbapi.execute("PRAGMA foreign_keys=ON")
    dbapi.execute("PRAGMA synchronous=NORMAL")
