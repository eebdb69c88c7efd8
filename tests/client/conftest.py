"""What tests of the client may ask for: a server with a script, and a client that speaks to it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from backline.client import Client
from tests.client.scripted import Scripted


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    server = Scripted()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def client(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setattr("backline.client.connection.FIRST_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr("backline.client.runs.SHORTEST_POLL_SECONDS", 0.001)
    with Client(scripted.url, "bl_sk_secret") as client:
        yield client
