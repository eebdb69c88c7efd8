"""The command line as a whole: it explains itself, and fails in one sentence."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cyclopts import App

from backline.cli import app
from backline.cli.app import run


def commands(parent: App, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command and group below ``parent``, by its words."""
    for name in parent:
        if not name.startswith("-"):
            yield (*path, name)
            yield from commands(parent[name], (*path, name))


COMMANDS = list(commands(app))


def test_there_are_the_commands_that_scripts_rely_on() -> None:
    """Names that others have written into scripts do not go away."""
    promised = [
        ("dev",),
        ("server",),
        ("worker",),
        ("accounts", "create"),
        ("orgs", "create"),
        ("orgs", "add"),
        ("artists", "create"),
        ("keys", "create"),
        ("keys", "list"),
        ("keys", "revoke"),
        ("content", "create"),
        ("runs", "list"),
        ("runs", "get"),
        ("runs", "watch"),
        ("trigger",),
    ]
    assert set(promised) <= set(COMMANDS)


@pytest.mark.parametrize("words", [(), *COMMANDS], ids=" ".join)
def test_every_command_explains_itself(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """`--help` names the command and ends well."""
    assert run([*words, "--help"]) == 0
    told = capsys.readouterr().out
    assert " ".join(["backline", *words]) in told


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_option_has_words(words: tuple[str, ...]) -> None:
    """No argument or option goes without a help text."""
    command = app
    for word in words:
        command = command[word]
    if command.default_command is None:
        return
    arguments = command.assemble_argument_collection()
    assert [each.name for each in arguments if not each.parameter.help] == []


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("no-such-command", 'Unknown command "no-such-command"'),
        ("runs fly", 'Unknown command "fly"'),
        ("runs get", "requires an argument"),
        ("runs list --limit 0", "Must be >= 1"),
        ("runs list --limit 101", "Must be <= 100"),
        ("runs list --limit many", "many"),
        ("dev --port 99999", "Must be <= 65535"),
        ("dev --slots 0", "Must be >= 1"),
        ("trigger", "requires an argument"),
        ("trigger hello-world --payload {oops", "this is not JSON"),
        ("trigger hello-world --payload @nowhere.json", "can not read 'nowhere.json'"),
        ("content create", "requires an argument"),
        ("content create nowhere.mp3", 'value "nowhere.mp3" for SONG. No such file'),
        ("content create file_1 --image nowhere.jpg", 'value "nowhere.jpg" for --image'),
        ("content create file_1 --caption-length huge", "huge"),
        ("content create file_1 --lyrics nowhere.lrc", "nowhere.lrc"),
        ("content create file_1 -o nowhere/out.mp4", "in a folder that exists"),
        ("orgs create Label", "requires an argument"),
        ("orgs add a b --role owner", "owner"),
        ("keys create a --expires tomorrow", "'tomorrow' is no date"),
        ("keys create a --expires 2020-01-01", "'2020-01-01' is past"),
    ],
)
def test_a_line_that_makes_no_sense_is_explained(
    line: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, one line on stderr that names the value and where to read on."""
    assert run(line.split()) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert told in err
    assert err.startswith("backline: ")
    assert err.endswith("--help` tells more\n")
    assert err.count("\n") == 1


def test_help_loads_nothing_heavy() -> None:
    """The list of commands comes without the server, the database or the media libraries."""
    heavy = ["litestar", "granian", "dbos", "sqlalchemy", "numpy", "cv2", "av", "httpx"]
    probe = (
        "import sys; from backline.cli.app import run; run(['--help']);"
        f"print(*set(sys.modules) & {set(heavy)!r}, file=sys.stderr)"
    )
    ended = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True)
    assert ended.stderr.split() == []


def test_a_reader_that_leaves_is_no_crash(tmp_path: Path) -> None:
    """`backline --help | head` ends without a traceback."""
    command = [sys.executable, "-m", "backline.cli", "--help"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert b"Traceback" not in process.stderr.read()
    process.stderr.close()
    process.wait()


def test_a_folder_that_can_not_be_used_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A data directory below a file is told by its path."""
    (tmp_path / "file").touch()
    assert run(["runs", "list", "--data", str(tmp_path / "file" / "data")]) == 1
    assert str(tmp_path / "file") in capsys.readouterr().err
