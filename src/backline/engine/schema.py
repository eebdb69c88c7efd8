"""The engine's own tables and how DBOS reaches them: beside the ledger, in the same database.

Sharing the database is what lets one transaction open a run and hand it to
the engine. On Postgres the engine's tables live in the schema ``dbos``.
"""

from __future__ import annotations

import sqlalchemy as sa
from dbos import DBOS

from backline.db import Database, open_pool

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
    return open_pool(database.engine.url, for_engine=True)
