"""What tests of the command line may ask for: a terminal, with or without a running server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live import Terminal, live_server


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    """A terminal beside a server that runs for the whole session."""
    with live_server(tmp_path_factory.mktemp("live")) as terminal:
        yield terminal


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal in an empty data directory, no server running."""
    return Terminal(tmp_path)
