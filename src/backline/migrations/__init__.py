"""The database's history, one line of numbered steps from an empty file to today's tables."""

from __future__ import annotations

from pathlib import Path

from backline.db import Connection, Database

_POSTGRES_LOCK = 0x6261636B6C696E65
"""Spells ``backline``. Servers and workers that start together migrate one after another."""


def migrate(database: Database) -> None:
    """Bring the tables up to date, in one transaction. Safe to repeat and to run side by side."""
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
