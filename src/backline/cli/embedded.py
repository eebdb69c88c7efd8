"""A server for one command: ``backline dev`` as a child process, stopped when the command ends."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Self

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

    Its output goes to ``server.log`` in the data directory. Whatever ends this
    process (Ctrl-C, SIGTERM, a closed terminal) stops the child first. Raises
    ``SetupError`` with the end of the log when the server does not come up.
    """
    port = _free_port()
    with _Signals() as signals:
        process = _start(port, settings)
        try:
            signals.let_through()
            with _wait_until_ready(process, port, settings) as client:
                yield client
        finally:
            signals.hold()
            _stop(process)


class _Signals:
    """Turns the signals that end a command into KeyboardInterrupt, and holds them back at first.

    A signal between the birth of the child and the ``try`` that stops it would
    leave the child behind; so would a second Ctrl-C while it is being stopped.
    """

    _KINDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __init__(self) -> None:
        self._held = True
        self._came = False

    def __enter__(self) -> Self:
        self._before = {kind: signal.signal(kind, self._take) for kind in self._KINDS}
        return self

    def __exit__(self, *_: object) -> None:
        for kind, handler in self._before.items():
            signal.signal(kind, handler)

    def hold(self) -> None:
        self._held = True

    def let_through(self) -> None:
        """Raise what came meanwhile, and from now on raise at once."""
        self._held = False
        if self._came:
            raise KeyboardInterrupt

    def _take(self, _signal: int, _frame: object) -> None:
        self._came = True
        if not self._held:
            raise KeyboardInterrupt


def log_tail(settings: Settings) -> str:
    """Return the last lines of an embedded server's log; empty when there is none."""
    try:
        lines = (settings.data_dir / "server.log").read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return ""
    return "\n".join(lines[-LOG_TAIL_LINES:])


def _start(port: int, settings: Settings) -> subprocess.Popen[bytes]:
    # fmt: off
    command = [
        sys.executable, "-m", "backline.cli", "dev",
        "--port", str(port), "--data", str(settings.data_dir),
    ]
    # fmt: on
    with (settings.data_dir / "server.log").open("wb") as log:
        return subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches us alone; we stop the child
        )


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


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
