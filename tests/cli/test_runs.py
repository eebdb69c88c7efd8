"""Trigger, list, get and watch, against a server that runs."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from backline.cli.app import run
from backline.cli.runs import span
from tests.live import Terminal

Ask = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ask(live: Terminal, capfd: pytest.CaptureFixture[str]) -> Ask:
    """Run a command beside the live server; gives exit code, stdout and stderr."""

    def ask(*words: str) -> tuple[int, str, str]:
        code = run([*words, "--data", str(live.data_dir)])
        return code, *capfd.readouterr()

    return ask


def test_a_triggered_run_is_named_at_once(ask: Ask) -> None:
    """The run id alone stands on stdout, ready for a variable."""
    code, out, _ = ask("trigger", "hello-world", "--payload", '{"name": "Ada"}')
    assert code == 0
    assert out.startswith("run_")
    assert len(out.strip()) == 30


def test_a_watched_run_ends_with_its_output(ask: Ask) -> None:
    """`--watch --json` prints the finished run; progress stays on stderr."""
    code, out, err = ask("trigger", "hello-world", "--payload", "[1]", "--watch", "--json")
    finished = json.loads(out)
    assert (code, finished["status"], finished["output"]) == (0, "COMPLETED", {"echo": [1]})
    assert "completed" in err


def test_a_failed_run_is_an_exit_code(ask: Ask) -> None:
    """A run that fails gives 1, and the reason in a sentence."""
    code, out, err = ask("trigger", "always-fails", "--watch")
    assert code == 1
    assert "FAILED" in out
    assert "MeantToFail: this task always fails" in err


def test_progress_is_told_in_lines_without_a_terminal(ask: Ask) -> None:
    """In a pipe there is no bar: a line for each step."""
    _, _, err = ask("trigger", "sleep", "--payload", '{"seconds": 0.3}', "--watch")
    assert err.splitlines()[-1] == "100%  completed"
    assert "\x1b" not in err


def test_the_same_key_gives_the_same_run(ask: Ask) -> None:
    """An idempotency key makes triggering safe to repeat."""
    line = ("trigger", "hello-world", "--idempotency-key", "once", "--json")
    first, second = (json.loads(ask(*line)[1]) for _ in range(2))
    assert first["runId"] == second["runId"]
    assert (first["isCached"], second["isCached"]) == (False, True)


def test_tags_travel(ask: Ask) -> None:
    """Tags given one by one are on the run, beside the account's own."""
    _, out, _ = ask("trigger", "hello-world", "--tag", "a", "--tag", "b", "--watch", "--json")
    assert {"a", "b"} <= set(json.loads(out)["tags"])


def test_a_payload_comes_from_a_file(ask: Ask, tmp_path: Path) -> None:
    """`--payload @file` reads JSON from there."""
    (tmp_path / "payload.json").write_text('{"from": "file"}')
    payload = f"@{tmp_path / 'payload.json'}"
    _, out, _ = ask("trigger", "hello-world", "--payload", payload, "--watch", "--json")
    assert json.loads(out)["payload"] == {"from": "file"}


def test_a_payload_comes_from_a_pipe(live: Terminal) -> None:
    """`--payload -` reads JSON from stdin."""
    line = ("trigger", "hello-world", "--payload", "-", "--watch", "--json")
    ended = live.run(*line, stdin='{"from": "pipe"}')
    assert json.loads(ended.stdout)["payload"] == {"from": "pipe"}


def test_runs_are_listed_newest_first(ask: Ask) -> None:
    """As many as asked for, for people and for programs."""
    run_id = ask("trigger", "hello-world")[1].strip()
    listed = json.loads(ask("runs", "list", "--limit", "2", "--json")[1])
    assert [listed[0]["id"], len(listed)] == [run_id, 2]
    assert run_id in ask("runs", "list")[1]


def test_a_run_is_shown_in_full(ask: Ask) -> None:
    """`runs get` shows payload and output, which a listing leaves out."""
    run_id = ask("trigger", "hello-world", "--payload", '"hi"')[1].strip()
    assert ask("runs", "watch", run_id)[0] == 0
    assert '"echo": "hi"' in ask("runs", "get", run_id)[1]
    assert json.loads(ask("runs", "get", run_id, "--json")[1])["output"] == {"echo": "hi"}


def test_a_watcher_that_leaves_is_told_how_to_come_back(live: Terminal) -> None:
    """Ctrl-C ends the watching with 130, and says that the run goes on and how to see it."""
    line = ("trigger", "sleep", "--payload", '{"seconds": 2}', "--watch")
    process = subprocess.Popen(
        live.command(*line), stderr=subprocess.PIPE, text=True, env=live.environment({})
    )
    assert process.stderr is not None
    while "working" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    run_id = re.search(r"`backline runs watch (run_\w{26})`", err)
    assert run_id
    assert live.run("runs", "watch", run_id[1]).returncode == 0


@pytest.mark.parametrize("word", ["get", "watch"])
def test_an_unknown_run_is_refused(ask: Ask, word: str) -> None:
    """The message names the id and where to look."""
    code, out, err = ask("runs", word, "run_00000000000000000000000000")
    assert (code, out) == (1, "")
    assert "'run_00000000000000000000000000' is not known here" in err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("trigger", "hello-world", "--tag", "account:me"), "account:me"),
        (("runs", "list", "--account", "me"), "account_id"),
    ],
)
def test_a_refusal_is_told_in_the_servers_words(
    ask: Ask, words: tuple[str, ...], told: str
) -> None:
    """What the server says of a bad value comes through."""
    code, _, err = ask(*words)
    assert code == 1
    assert told in err


@pytest.mark.parametrize(
    ("duration_ms", "told"),
    [(-5, "0.0 s"), (90, "0.1 s"), (119_000, "119.0 s"), (120_000, "2 min"), (7_200_000, "2 h")],
)
def test_a_span_is_told_in_its_largest_unit(duration_ms: int, told: str) -> None:
    """Seconds for short runs, minutes, hours and days for long ones."""
    assert span(duration_ms) == told
