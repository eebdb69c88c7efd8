"""Stages for sandboxes, once for a worker that is root and once for an ordinary user's."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox.stage import RemoteStage, Stage, open_stage


@pytest.fixture(scope="module")
def passable_folder() -> Iterator[Path]:
    """A folder that every user can pass through, which pytest's own are not."""
    folder = Path(tempfile.mkdtemp(prefix="backline-stage-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module", params=["root", "ordinary user"])
def stage(request: pytest.FixtureRequest, passable_folder: Path) -> Iterator[Stage | RemoteStage]:
    """A stage of either kind; without root's rights there is only the second."""
    if request.param == "root" and os.getuid() != 0:
        pytest.skip("only root can show what happens as root")
    folder = passable_folder / request.param.replace(" ", "-")
    folder.mkdir()
    with open_stage(request.param, folder) as opened:
        yield opened


@pytest.fixture
def home_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A fresh stage in this process, as whoever runs the tests."""
    folder = Path(tempfile.mkdtemp(prefix="backline-stage-"))
    folder.chmod(0o711)
    yield Stage(folder)
    shutil.rmtree(folder, ignore_errors=True)
