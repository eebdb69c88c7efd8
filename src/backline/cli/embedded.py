"""A server for one command: ``backline dev`` as a child process, stopped when the command ends."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from backline.cli.reach import read_credentials
from backline.client import Client
from backline.errors import SetupError
from backline.settings import Settings

START_SECONDS: Final = 60.0
"""So long may a start take, with the first migration on a slow disk."""
STOP_SECONDS: Final = 20.0
LOG_TAIL_LINES: Final = 15


@contextmanager
def embedded_server(settings: Settings) -> Iterator[Client]:
    """Start ``backline dev`` on a free port and this data directory, and speak to it.

    Its output goes to ``server.log`` in the data directory. Ctrl-C reaches
    only this process, which then stops the child. Raises ``SetupError`` with
    the end of the log when the server does not come up.
    """
    port = _free_port()
    log_path = settings.data_dir / "server.log"
    with log_path.open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            _command(port, settings.data_dir),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        with _stopped_by_termination(), _wait_until_ready(process, port, settings) as client:
            yield client
    finally:
        _stop(process)


def log_tail(settings: Settings) -> str:
    """Return the last lines of an embedded server's log; empty when there is none."""
    try:
        lines = (settings.data_dir / "server.log").read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return ""
    return "\n".join(lines[-LOG_TAIL_LINES:])


def _command(port: int, data_dir: Path) -> list[str]:
    # fmt: off
    return [
        sys.executable, "-m", "backline.cli", "dev",
        "--port", str(port), "--data", str(data_dir),
    ]
    # fmt: on


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, settings: Settings) -> Client:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SetupError(
                f"the server ended at once with code {process.returncode}:\n{log_tail(settings)}"
            )
        kept = read_credentials(settings)
        if kept is not None and kept.url.endswith(f":{port}"):
            client = Client(kept.url, kept.api_key)
            if client.answers():
                return client
            client.close()
        time.sleep(0.05)
    raise SetupError(
        f"the server was not ready after {START_SECONDS:.0f} seconds:\n{log_tail(settings)}"
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _stopped_by_termination() -> Iterator[None]:
    """Take SIGTERM and SIGHUP as Ctrl-C, so that whoever ends us ends the server with us."""

    def interrupt(_signal: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = {kind: signal.signal(kind, interrupt) for kind in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
