"""Schedules from the terminal, against a server that runs."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from backline.cli.app import run
from tests.live import Terminal

Ask = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ask(live: Terminal, capfd: pytest.CaptureFixture[str]) -> Ask:
    """Run a command beside the live server; gives exit code, stdout and stderr."""

    def ask(*words: str) -> tuple[int, str, str]:
        code = run([*words, "--data", str(live.data_dir)])
        return code, *capfd.readouterr()

    return ask


def test_a_schedule_lives_from_its_making_to_its_end(ask: Ask) -> None:
    """Made, made again by its key, held, let go, deleted."""
    line = "--timezone Europe/Berlin --key weekly --external-id fan-42 --json"
    made = [
        json.loads(ask("schedules", "create", "hello-world", cron, *line.split())[1])
        for cron in ("0 9 * * 1", "30 9 * * 1")
    ]
    assert made[0]["id"] == made[1]["id"]
    schedule_id = made[0]["id"]
    shown = ask("schedules", "get", schedule_id)[1]
    assert "at 09:30 on Monday (30 9 * * 1), Europe/Berlin" in shown and "fan-42" in shown
    changed = ask("schedules", "change", schedule_id, "--timezone", "UTC")[1]
    assert "at 09:30 on Monday (30 9 * * 1), UTC" in changed and "fan-42" in changed
    assert ask("schedules", "change", schedule_id, "--cron", "soon")[0] == 1
    assert "resting" in ask("schedules", "pause", schedule_id)[1]
    listed = ask("schedules", "list")[1]
    assert "resting" in listed and schedule_id in listed, "an id is never cut"
    assert "resting" not in ask("schedules", "resume", schedule_id)[1]
    assert ask("schedules", "delete", schedule_id)[:2] == (0, f"schedule {schedule_id} is gone\n")
    assert ask("schedules", "get", schedule_id)[0] == 1


def test_a_line_that_can_not_be_is_explained(ask: Ask) -> None:
    """Exit code 1, one line that names the part."""
    code, out, err = ask("schedules", "create", "hello-world", "0 25 * * *")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "'25' is no hour" in err
