"""What tests of the engine share; a worker too, for starting one takes longer than most of its work."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from backline.db import Database, connect
from backline.engine import Dispatch
from backline.settings import Settings
from tests.cast import settings_in
from tests.dispatching import dispatching
from tests.processes import Process, worker

VERSION = "20261123.1"


class Workshop(NamedTuple):
    """A worker at work on a database of its own."""

    settings: Settings
    database: Database
    dispatch: Dispatch
    process: Process


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def workshop(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Workshop]:
    """A worker with four slots, once on each kind of database."""
    folder = tmp_path_factory.mktemp("workshop")
    url = _empty_database(request, folder)
    settings = settings_in(folder / "data", database_url=url)
    database = connect(url)
    with (
        dispatching(database) as dispatch,
        worker(settings, "--slots", "4", BACKLINE_VERSION=VERSION) as process,
    ):
        yield Workshop(settings, database, dispatch, process)
    database.close()
    if request.param == "postgres":
        request.getfixturevalue("postgres").drop(url)


def _empty_database(request: pytest.FixtureRequest, folder: Path) -> str:
    if request.param == "postgres":
        url: str = request.getfixturevalue("postgres").create()
        return url
    path = folder / "backline.db"
    shutil.copy(request.getfixturevalue("sqlite_pattern"), path)
    return f"sqlite:///{path}"
