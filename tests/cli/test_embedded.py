"""A server of one command's own: there while it is needed, gone afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from backline.cli.embedded import embedded_server, log_tail
from backline.errors import SetupError
from backline.settings import Settings, read_settings
from tests.live import Terminal


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read_settings({"BACKLINE_DATA_DIR": str(tmp_path)})


def test_it_is_gone_when_the_block_ends(settings: Settings) -> None:
    """The server answers inside the block and not after it, also when the block fails."""
    with pytest.raises(ZeroDivisionError), embedded_server(settings) as client:
        assert client.answers()
        raise ZeroDivisionError
    with pytest.raises(httpx.ConnectError):
        httpx.get(client.url)


def test_a_start_that_fails_shows_the_log(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the server said last is part of the message."""
    monkeypatch.setenv("BACKLINE_SLOTS", "none")
    with pytest.raises(SetupError, match="BACKLINE_SLOTS='none'"), embedded_server(settings):
        pass
    assert "BACKLINE_SLOTS" in log_tail(settings)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_whoever_ends_the_command_ends_its_server(terminal: Terminal, name: str) -> None:
    """Ctrl-C, a polite kill and a closed terminal leave no server behind."""
    process = subprocess.Popen(
        terminal.command("content", "templates"),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env=terminal.environment({}),
    )
    server = wait_for_child(process.pid)
    process.send_signal(signal.Signals[name])
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert not is_alive(server)


def wait_for_child(pid: int) -> int:
    """Return the first child process of ``pid``, once there is one."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if found := children.read_text().split():
            return int(found[0])
        time.sleep(0.002)
    raise AssertionError("the command started no server")


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
