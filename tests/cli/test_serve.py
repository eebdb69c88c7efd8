"""Starting backline: in one process, or server and worker apart, and stopping it."""

from __future__ import annotations

import json
import signal
import socket
import stat
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from tests.live import Terminal
from tests.processes import free_port


@contextmanager
def started(
    terminal: Terminal, *words: str, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """Start a command that serves until it is told to stop."""
    process = subprocess.Popen(
        terminal.command(*words),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=terminal.data_dir,
        env=terminal.environment(environment or {}),
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=30)


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_dev_is_ready_and_stops_when_told(terminal: Terminal, name: str) -> None:
    """One line says where it is, credentials are private, a signal ends it with 0."""
    port = free_port()
    with started(terminal, "dev", "--port", str(port)) as process:
        assert first_line(process) == f"ready http://127.0.0.1:{port}"
        path = terminal.data_dir / "credentials.json"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert set(json.loads(path.read_text())) == {"url", "account_id", "api_key", "secret_key"}
        process.send_signal(signal.Signals[name])
        assert process.wait(30) == 0


def test_dev_loads_the_tasks_of_a_module(terminal: Terminal) -> None:
    """A task in a file of one's own is triggered by its name."""
    (terminal.data_dir / "label_tasks.py").write_text(
        "from backline import task\n\n\n"
        "@task('shout')\n"
        "def shout(payload, ctx):\n    return payload.upper()\n"
    )
    port = str(free_port())
    with started(terminal, "dev", "--port", port, "--tasks", "label_tasks") as process:
        assert first_line(process).startswith("ready ")
        ended = terminal.run("trigger", "shout", "--payload", '"hey"', "--watch", "--json")
        assert json.loads(ended.stdout)["output"] == "HEY", ended.stderr


def test_a_taken_port_is_explained(terminal: Terminal) -> None:
    """A port that someone listens on ends the start with a sentence that names it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = terminal.run("dev", "--port", str(port))
    assert ended.returncode == 1
    assert str(port) in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_module_that_is_not_there_is_explained(terminal: Terminal) -> None:
    """A misspelt task module ends the start; the last line names it, below Python's own words."""
    ended = terminal.run("dev", "--port", str(free_port()), "--tasks", "no_such_tasks")
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].startswith("backline: ")
    assert "no_such_tasks" in ended.stderr


def test_server_and_worker_run_apart(terminal: Terminal) -> None:
    """A server takes the order, a worker of its own process performs it."""
    made = terminal.json("accounts", "create", "Ann")
    port = free_port()
    where = {
        "BACKLINE_URL": f"http://127.0.0.1:{port}",
        "BACKLINE_API_KEY": str(made["api_key"]),
        "BACKLINE_TASKS": "backline.examples",
    }
    with (
        started(terminal, "server", "--port", str(port), environment=where),
        started(terminal, "worker", environment=where) as worker,
    ):
        assert first_line(worker).startswith("ready ")
        ended = terminal.run("runs", "list", "--json", environment=where)
        assert json.loads(ended.stdout) == [], ended.stderr
        ended = terminal.run("trigger", "hello-world", "--watch", "--json", environment=where)
        assert json.loads(ended.stdout)["status"] == "COMPLETED"
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(30) == 0
