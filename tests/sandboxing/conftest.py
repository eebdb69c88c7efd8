"""A studio for sandbox tasks, on SQLite: what both databases must do is tested at the ledger."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from backline.db import connect
from tests.cast import enter_cast, settings_in
from tests.sandboxing.studio import Studio


@pytest.fixture
def studio(sqlite_url: str, tmp_path: Path) -> Iterator[Studio]:
    """Alice's sandbox, in a folder that every user can pass through."""
    database = connect(sqlite_url)
    settings = settings_in(tmp_path / "data", database_url=sqlite_url)
    cast = enter_cast(database, settings)
    folder = Path(tempfile.mkdtemp(prefix="backline-studio-"))
    folder.chmod(0o711)
    studio = Studio(settings, database, cast.alice.account_id, folder)
    studio.stranger_id = cast.charlie.account_id
    yield studio
    database.close()
    shutil.rmtree(folder, ignore_errors=True)
