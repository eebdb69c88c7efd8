"""What docs/operations.md says to type, typed: a server and workers apart from each other, on Postgres."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.conftest import PostgresHost
from tests.docs.test_pages import page
from tests.live import Terminal
from tests.processes import Process, free_port

SHOWN = re.findall(r"^\$ \.venv/bin/backline (.*)$", page("docs/operations.md"), re.M)
SETTINGS = dict(re.findall(r"^export (\w+)=(\S+)$", page("docs/operations.md"), re.M))


def shown(command: str) -> list[str]:
    """Return the words behind a command as the page shows it."""
    return shlex.split(next(line for line in SHOWN if line.startswith(command)))


@pytest.fixture
def environment(postgres: PostgresHost, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The settings of the page, with a database and a bucket that are here."""
    url = postgres.create()
    here = {"BACKLINE_DATABASE_URL": url, "BACKLINE_STORAGE_URL": str(tmp_path / "bucket")}
    yield SETTINGS | here | {"HOME": str(tmp_path), "BACKLINE_DATA_DIR": str(tmp_path / "data")}
    postgres.drop(url)


def test_a_split_installation_works_as_the_page_says(
    environment: dict[str, str], tmp_path: Path
) -> None:
    """Two workers and a server share a database and a secret; a run goes through, and all stop."""
    assert set(SETTINGS) == {"BACKLINE_DATABASE_URL", "BACKLINE_STORAGE_URL", "BACKLINE_SECRET"}
    port = str(free_port())
    serve = [port if word == "8787" else word for word in shown("server")]
    work = ["backline.examples" if word == "my_label.tasks" else word for word in shown("worker")]
    with ExitStack() as stack:

        def start(*words: str) -> Process:
            process = Process(list(words), environment)
            stack.callback(process.close)
            process.wait_until_ready()
            return process

        processes = [start(*serve), start(*work), start(*work)]
        terminal = Terminal(tmp_path)
        account = run(terminal, environment, *shown("accounts create"))
        key = re.search(r'"api_key": "([^"]+)"', account.stdout)
        assert key is not None, account.stdout
        outside = {"BACKLINE_URL": f"http://127.0.0.1:{port}", "BACKLINE_API_KEY": key[1]}
        ended = run(terminal, outside, "trigger", "hello-world", "--payload", "1", "--watch")
        assert '"echo": 1' in ended.stdout.replace('"echo":1', '"echo": 1')
        for line in SHOWN:
            if line.startswith(("queues", "runs")):
                as_operator = environment | outside
                said = terminal.run(*shlex.split(line), environment=as_operator)
                assert said.returncode == 0 or "operator" in said.stderr, said.stderr
        assert [process.stop() for process in processes] == [0, 0, 0]


def run(
    terminal: Terminal, environment: dict[str, str], *words: str
) -> subprocess.CompletedProcess[str]:
    ended = terminal.run(*words, environment=environment)
    assert ended.returncode == 0, ended.stderr
    return ended
