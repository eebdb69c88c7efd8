"""The database's history, one line of numbered steps from an empty file to today's tables."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.exc import OperationalError

from backline.db import Connection, Database
from backline.errors import SetupError

_POSTGRES_LOCK = 0x6261636B6C696E65
"""Spells ``backline``. Servers and workers that start together migrate one after another."""


def migrate(database: Database) -> None:
    """Bring the tables up to date, in one transaction. Safe to repeat and to run side by side.

    Raises ``SetupError`` when the database does not answer or lets us not in.
    """
    try:
        _migrate(database)
    except OperationalError as trouble:
        reason = str(trouble.orig).strip().partition("\n")[0]
        raise SetupError(
            f"the database {database.engine.url.render_as_string()} can not be used ({reason}):"
            " look at BACKLINE_DATABASE_URL, and whether the database runs"
        ) from trouble


def _migrate(database: Database) -> None:
    with database.write() as connection:
        if not database.is_embedded:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_POSTGRES_LOCK})")
        _upgrade(connection)


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
