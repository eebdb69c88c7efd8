"""What can be triggered, from the terminal, against a server that runs."""

from __future__ import annotations

import json

import pytest

from backline.cli.app import run
from tests.live import Terminal


def test_tasks_are_listed_and_shown(live: Terminal, capfd: pytest.CaptureFixture[str]) -> None:
    """With the schema of the payload; one that nobody announces is exit code 1."""

    def ask(*words: str) -> tuple[int, str, str]:
        code = run([*words, "--data", str(live.data_dir)])
        return code, *capfd.readouterr()

    assert "task/hello-world" in ask("tasks", "list")[1]
    names = [task["taskIdentifier"] for task in json.loads(ask("tasks", "list", "--json")[1])]
    assert {"hello-world", "sleep", "create-content"} <= set(names) and names == sorted(names)
    assert '"seconds"' in ask("tasks", "show", "sleep")[1]
    assert "payload   anything" in ask("tasks", "show", "hello-world")[1]
    assert ask("tasks", "show", "nobody-knows")[0] == 1
    code, _, err = ask("trigger", "sleep", "--payload", '{"seconds": "long"}')
    assert (code, "payload.seconds" in err) == (1, True)
