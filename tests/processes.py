"""Real backline processes for tests, always ended, also when the test fails."""

from __future__ import annotations

import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from backline.db import Database
from backline.runs import Run, queries
from backline.settings import Settings

T = TypeVar("T")

ROOT = Path(__file__).parent.parent
PATIENCE_SECONDS = 60.0
"""Not a claim about speed: only how long a broken test hangs."""


class Process:
    """A backline command that runs until it is stopped or killed.

    Whatever it prints is read as it comes, so that it never waits for its reader.
    """

    def __init__(self, arguments: list[str], environment: dict[str, str]) -> None:
        self._popen = subprocess.Popen(
            [sys.executable, "-m", "backline.cli", *arguments],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)} | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.output: list[str] = []
        self._unread: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._popen.stdout is not None
        for line in self._popen.stdout:
            self.output.append(line)
            self._unread.put(line)
        self._unread.put("")

    @property
    def pid(self) -> int:
        return self._popen.pid

    def wait_until_ready(self) -> str:
        """Return what follows ``ready``: the URL, or the worker's id."""
        while line := self.next_line():
            if line.startswith("ready"):
                return line.removeprefix("ready").strip()
        raise AssertionError("ended before it was ready:\n" + "".join(self.output))

    def next_line(self) -> str:
        """Wait for the next line that it prints, and return it; empty when it has ended."""
        return self._unread.get()

    def kill(self) -> None:
        """End it as a power cut would."""
        self._popen.kill()
        self._popen.wait()

    def stop(self) -> int:
        """Ask it to stop, as an operator would, and return its exit code."""
        if self._popen.poll() is None:
            self._popen.send_signal(signal.SIGTERM)
        try:
            return self._popen.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def close(self) -> None:
        if self._popen.poll() is None:
            self._popen.kill()
        self._popen.wait()
        self._reader.join(PATIENCE_SECONDS)  # what it started may hold the other end for a moment
        assert self._popen.stdout is not None
        self._popen.stdout.close()


def environment_of(settings: Settings) -> dict[str, str]:
    """Say in variables what the settings say."""
    return {
        "BACKLINE_DATA_DIR": str(settings.data_dir),
        "BACKLINE_DATABASE_URL": settings.database_url,
        "BACKLINE_GRACE_SECONDS": str(settings.grace_seconds),
        "HOME": str(settings.data_dir),
    }


@contextmanager
def backline(settings: Settings, *arguments: str, **environment: str) -> Iterator[Process]:
    """Run a backline command while the block lasts."""
    process = Process(list(arguments), environment_of(settings) | environment)
    try:
        yield process
    finally:
        process.close()


@contextmanager
def worker(
    settings: Settings, *arguments: str, built_in: str = "none", **environment: str
) -> Iterator[Process]:
    """Run a worker that knows the tasks of the stage, and wait until it takes work."""
    stages = ("tests.engine.stage", "tests.engine.stage_for_authors")
    tasks = ("--tasks", *stages, "backline.examples")
    environment = {"BACKLINE_BUILT_IN_TASKS": built_in} | environment
    with backline(settings, "worker", *tasks, *arguments, **environment) as process:
        process.wait_until_ready()
        yield process


def eventually(look: Callable[[], T | None]) -> T:
    """Look again and again until there is something to see, and return it."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        seen = look()
        if seen:
            return seen
        time.sleep(0.02)
    raise AssertionError(f"nothing to see after {PATIENCE_SECONDS:.0f} s")


def final_run(database: Database, run_id: str) -> Run:
    """Wait for the end of a run."""

    def look() -> Run | None:
        with database.read() as connection:
            run = queries.find_run(connection, run_id)
        return run if run is not None and run.status.is_final else None

    return eventually(look)


def is_alive(pid: int) -> bool:
    """Say whether a process runs; a zombie does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def free_port() -> int:
    """Return a port of 127.0.0.1 on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
