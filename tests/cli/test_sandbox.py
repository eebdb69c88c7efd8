"""`backline sandbox`, beside a real server and worker: from a command to its exit code."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.live import Terminal, live_server


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    """A terminal beside a server whose homes lie where every user can pass through."""
    homes = Path(tempfile.mkdtemp(prefix="backline-homes-"))
    homes.chmod(0o711)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BACKLINE_SANDBOX_DIR", str(homes))
        with live_server(tmp_path_factory.mktemp("sandboxes")) as terminal:
            yield terminal
    shutil.rmtree(homes, ignore_errors=True)


def test_output_and_exit_code_are_the_commands_own(live: Terminal) -> None:
    """Both streams arrive as they were written, and so does the code."""
    ended = live.run("sandbox", "run", "echo out; echo err >&2; printf 'no newline'; exit 7")

    assert ended.stdout == "out\nno newline"
    assert ended.stderr == "err\n"
    assert ended.returncode == 7


def test_files_are_there_for_the_next_command(live: Terminal) -> None:
    """What one command left, the next one finds, and `read` and `files` show."""
    live.run("sandbox", "run", "mkdir -p demos; printf 'la la\\0' > demos/tune")
    found = live.run("sandbox", "run", "wc -c < demos/tune")

    assert found.stdout.strip() == "6"
    assert live.run("sandbox", "read", "demos/tune").stdout == "la la\0"
    assert "demos/tune" in live.run("sandbox", "files").stdout


def test_names_do_not_steer_the_terminal(live: Terminal) -> None:
    """What a command calls its files is shown, not obeyed; and can be asked for as it is shown."""
    live.run("sandbox", "run", r"echo la > $'\e[2J\rred'; echo ha > $'\xff'")
    shown = live.run("sandbox", "files").stdout

    assert r"\x1b[2J\x0dred" in shown
    assert "\x1b" not in shown
    assert r"\xff" in shown
    assert live.run("sandbox", "read", r"\xff").stdout == "ha\n"


def test_an_older_home_can_be_brought_back(live: Terminal) -> None:
    """A snapshot is listed, and after `restore` commands see its files."""
    live.run("sandbox", "run", "echo first > take")
    kept = live.json("sandbox", "snapshot", "list")[0]["snapshot_id"]  # type: ignore[index]
    live.run("sandbox", "run", "echo second > take; touch extra")
    restored = live.run("sandbox", "snapshot", "restore", str(kept))

    assert restored.returncode == 0, restored.stderr
    assert live.run("sandbox", "run", "cat take; ls extra").stdout == "first\n"


def test_setup_can_be_repeated(live: Terminal) -> None:
    """It lays out the home, and leaves alone what is there."""
    assert live.run("sandbox", "setup").returncode == 0
    live.run("sandbox", "run", "echo mine > README.md")
    assert live.run("sandbox", "setup").returncode == 0

    assert live.run("sandbox", "read", "README.md").stdout == "mine\n"


def test_a_limit_is_named(live: Terminal) -> None:
    """A command that takes too long is ended, and the terminal is told why."""
    ended = live.run("sandbox", "run", "echo begun; sleep 60", "--timeout", "0.5")

    assert ended.stdout == "begun\n"
    assert "its limit of duration" in ended.stderr
    assert ended.returncode == 137


def test_long_output_is_cut_in_the_run_and_whole_in_a_file(live: Terminal) -> None:
    """The middle is left out, and a file holds all of it."""
    ended = live.json("sandbox", "run", "seq 200000")
    output = ended["output"]
    assert isinstance(output, dict)

    assert output["outputTruncated"] is True
    assert output["stdout"].startswith("1\n2\n")
    assert output["stdout"].endswith("199999\n200000\n")
    assert "bytes are left out here" in output["stdout"]
    assert output["outputFiles"][0]["sizeBytes"] == sum(len(f"{n}\n") for n in range(1, 200_001))


def test_output_of_every_kind_arrives(live: Terminal) -> None:
    """Zeros, bytes that are no text, signs for terminals and for event streams, half a character."""
    script = r"printf 'a\0b\377\033[2J\r\ndata: x\n\nevent: y\n\303'"
    ended = live.json("sandbox", "run", script)
    output = ended["output"]
    assert isinstance(output, dict)
    logged = live.run("sandbox", "run", script)

    told = "a\ufffdb\ufffd\x1b[2J\r\ndata: x\n\nevent: y\n\ufffd"
    assert output["stdout"] == told
    assert logged.stdout == told.replace("\r\n", "\n"), "the test reads lines as text"


def test_commands_at_once_go_one_after_another(live: Terminal) -> None:
    """No write is lost when several are asked for at the same moment."""
    live.run("sandbox", "run", "rm -f tally")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: live.run("sandbox", "run", f"echo {n} >> tally"), range(4)))

    assert sorted(live.run("sandbox", "read", "tally").stdout.split()) == ["0", "1", "2", "3"]


def test_a_command_that_only_reads_keeps_nothing(live: Terminal) -> None:
    """`--read-only` sees the home as it is."""
    live.run("sandbox", "run", "echo la > sung")
    ended = live.run("sandbox", "run", "cat sung; touch more", "--read-only")

    assert ended.stdout == "la\n"
    assert "Read-only" in ended.stderr
    assert ended.returncode == 1


def test_variables_and_folder_reach_the_command(live: Terminal) -> None:
    """`--env` and `--cwd` do what they say; the command sees nothing of the server's secrets."""
    live.run("sandbox", "run", "mkdir -p sub")
    ended = live.run("sandbox", "run", "pwd; env", "--cwd", "sub", "--env", "TUNE=it's on")

    assert ended.stdout.startswith("/home/user/sub\n")
    assert "TUNE=it's on" in ended.stdout
    assert "BACKLINE" not in ended.stdout


def test_a_variable_without_value_is_refused(live: Terminal) -> None:
    """The message says how to write it."""
    ended = live.run("sandbox", "run", "true", "--env", "TUNE")

    assert ended.returncode == 1
    assert "NAME=value" in ended.stderr
