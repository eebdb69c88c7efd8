"""Which server a command speaks to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from backline.cli.reach import find_client, open_client
from backline.errors import SetupError
from tests.live import Terminal


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("BACKLINE_URL", "BACKLINE_API_KEY", "BACKLINE_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    yield


def remember(folder: Path, url: str) -> None:
    credentials = {"url": url, "account_id": "a", "api_key": "bl_sk_x", "secret_key": "tr_dev_x"}
    (folder / "credentials.json").write_text(json.dumps(credentials))


def test_a_named_server_is_taken_at_its_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With URL and key in the environment nothing is looked up or tried."""
    monkeypatch.setenv("BACKLINE_URL", "https://backline.example/")
    monkeypatch.setenv("BACKLINE_API_KEY", "bl_sk_x")
    with open_client(tmp_path / "unused") as client:
        assert client.url == "https://backline.example"
    assert not (tmp_path / "unused").exists()


def test_a_url_without_a_key_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key of another server is never sent to the one that is named."""
    remember(tmp_path, "http://127.0.0.1:1")
    monkeypatch.setenv("BACKLINE_URL", "https://backline.example")
    with pytest.raises(SetupError, match="BACKLINE_API_KEY is not set"):
        find_client(tmp_path)


def test_the_running_server_of_the_data_directory_is_found(live: Terminal) -> None:
    """What `backline dev` left in the data directory is enough."""
    with open_client(live.data_dir) as client:
        assert client.url == live.url


def test_a_server_that_has_gone_does_not_count(tmp_path: Path) -> None:
    """Credentials of a server that no longer answers are as good as none."""
    remember(tmp_path, "http://127.0.0.1:1")
    assert find_client(tmp_path) is None


def test_no_server_at_all_is_explained(tmp_path: Path) -> None:
    """The message says how to start one, and how to name one."""
    with pytest.raises(SetupError, match=r"backline dev.*BACKLINE_URL and BACKLINE_API_KEY"):
        open_client(tmp_path)


def test_broken_credentials_are_named(tmp_path: Path) -> None:
    """A file that is no JSON is told by its path."""
    (tmp_path / "credentials.json").write_text("{")
    with pytest.raises(SetupError, match=r"credentials\.json can not be read"):
        find_client(tmp_path)
