"""A real backline for tests: ``backline dev`` as a process of its own, on a free port."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from backline.cli.embedded import embedded_server
from backline.settings import read_settings


class Terminal:
    """Runs commands as a person would who works in one data directory."""

    def __init__(self, data_dir: Path, url: str | None = None) -> None:
        self.data_dir = data_dir
        self.url = url

    def run(
        self,
        *arguments: str | Path,
        stdin: str = "",
        cwd: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run ``backline`` with arguments, and return what it said and how it ended."""
        return subprocess.run(
            self.command(*arguments),
            input=stdin,
            capture_output=True,
            text=True,
            cwd=cwd or self.data_dir,
            env=self.environment(environment or {}),
            timeout=120,
            check=False,
        )

    def json(self, *arguments: str | Path) -> dict[str, object]:
        """Run a command that is expected to go well, and read the JSON that it prints."""
        ended = self.run(*arguments, "--json")
        assert ended.returncode == 0, ended.stderr
        answer: dict[str, object] = json.loads(ended.stdout)
        return answer

    def command(self, *arguments: str | Path) -> Sequence[str]:
        return [sys.executable, "-m", "backline.cli", *map(str, arguments)]

    def environment(self, more: Mapping[str, str]) -> dict[str, str]:
        """The caller's environment without settings of theirs, pointed at our data directory."""
        plain = {name: v for name, v in os.environ.items() if not name.startswith("BACKLINE_")}
        return plain | {"BACKLINE_DATA_DIR": str(self.data_dir)} | dict(more)


@contextmanager
def live_server(data_dir: Path) -> Iterator[Terminal]:
    """Start backline on ``data_dir``; it stops when the block ends."""
    environ = {"BACKLINE_DATA_DIR": str(data_dir)}
    with embedded_server(read_settings(environ)) as client:
        yield Terminal(data_dir, client.url)
