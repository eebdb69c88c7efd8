"""The database as the commands of an operator open it: directly, with no server between."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from backline.settings import Settings, read_settings

if TYPE_CHECKING:
    from backline.db import Database


@contextmanager
def open_database(data: Path | None) -> Iterator[tuple[Database, Settings]]:
    """Open the database that the settings name, its tables brought up to date."""
    from backline.db import connect
    from backline.migrations import migrate

    settings = read_settings(data_dir=data)
    database = connect(settings.database_url)
    try:
        migrate(database)
        yield database, settings
    finally:
        database.close()
