"""From what a caller says to a command: words, scripts, places, variables."""

from __future__ import annotations

import pytest

from backline.errors import InvalidInput
from backline.sandbox import read_command
from tests.sandbox.stage import Stage


def test_a_line_is_split_as_a_shell_splits_it() -> None:
    """Quotes hold words together; nothing is expanded."""
    assert read_command("ls -la 'my songs' $HOME").arguments == ("ls", "-la", "my songs", "$HOME")


def test_arguments_are_taken_as_they_are() -> None:
    """With arguments, the command is a program's name."""
    assert read_command("echo", ["a b", "-c"]).arguments == ("echo", "a b", "-c")


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"text": " "}, "command"),
        ({"text": "echo 'open"}, "command"),
        ({"text": "a\0b", "is_shell": True}, "command"),
        ({"text": "x" * 200_000, "is_shell": True}, "command"),
        ({"text": "\ud800", "is_shell": True}, "command"),
        ({"text": "ls", "arguments": ["x"], "is_shell": True}, "args"),
        ({"text": "ls", "cwd": "a\0b"}, "cwd"),
        ({"text": "ls", "cwd": "d/" * 3000}, "cwd"),
        ({"text": "ls", "variables": {"A=B": "x"}}, "env"),
        ({"text": "ls", "variables": {"": "x"}}, "env"),
        ({"text": "ls", "variables": {"A": "x\0"}}, "env.A"),
        ({"text": "ls", "variables": {"A": "x" * 70_000}}, "env"),
    ],
)
def test_what_can_not_be_a_command_is_refused(wish: dict[str, object], field: str) -> None:
    """The error names the field."""
    with pytest.raises(InvalidInput) as refusal:
        read_command(**wish)  # type: ignore[arg-type]

    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("-c 'echo no'", "-c: command not found"),
        ('echo "it\'s $((1 + 1))"', "it's 2"),
        ("printf 'a\\nb' | tail -1", "b"),
        ("echo 夜 🎧", "夜 🎧"),
    ],
)
def test_scripts_arrive_whole(home_stage: Stage, script: str, told: str) -> None:
    """Dashes, quotes, pipes and any script reach bash as they were written."""
    assert told in home_stage.run(script).said


def test_a_folder_that_is_not_there_fails_the_command(home_stage: Stage) -> None:
    """The message names it, and nothing was run."""
    played = home_stage.run("echo ran", cwd="no/where")

    assert played.exit_code == 125
    assert "no/where" in played.stderr
    assert played.stdout == ""
