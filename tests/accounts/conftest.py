"""The tests of this folder write few rows and start no engine: they share a database."""

from tests.emptied import database, kept_database, settings

__all__ = ["database", "kept_database", "settings"]
