"""Stop, replay, delay and read runs; tokens and queues: against a server that runs."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest

from backline.cli.app import run
from tests.live import Terminal
from tests.processes import eventually

Ask = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ask(live: Terminal, capfd: pytest.CaptureFixture[str]) -> Ask:
    """Run a command beside the live server; gives exit code, stdout and stderr."""

    def ask(*words: str) -> tuple[int, str, str]:
        code = run([*words, "--data", str(live.data_dir)])
        return code, *capfd.readouterr()

    return ask


def read(ask: Ask, *words: str) -> object:
    """Run a command that goes well, and read its JSON."""
    code, out, err = ask(*words, "--json")
    assert code == 0, err
    return json.loads(out)


def test_every_option_of_a_trigger_arrives(ask: Ask) -> None:
    """As the run shows them."""
    line = "trigger hello-world --delay 1h --ttl 90 --queue q --priority 1.5 --machine micro"
    more = "--max-attempts 2 --max-duration 60 --concurrency-key k --idempotency-key delayed"
    last = '--key-ttl 1h --metadata {"first":1} --test --tag a --tag b'
    run_id = ask(*line.split(), *more.split(), *last.split())[1].strip()
    shown = read(ask, "runs", "get", run_id)
    assert isinstance(shown, dict)
    assert (shown["status"], shown["ttl"], shown["idempotencyKey"]) == (
        "DELAYED",
        "1m30s",
        "delayed",
    )
    assert (shown["isTest"], shown["metadata"], shown["tags"][1:]) == (
        True,
        {"first": 1},
        ["a", "b"],
    )
    owner = shown["tags"][0].removeprefix("account:")
    assert ask("trigger", "hello-world", "--account", owner)[0] == 0
    told = ask("runs", "reschedule", run_id, "2h")[1]
    again = read(ask, "runs", "get", run_id)
    assert isinstance(again, dict) and again["delayedUntil"] > shown["delayedUntil"]
    assert told == f"run {run_id} is due {again['delayedUntil']}\n"
    assert ask("runs", "cancel", run_id)[:2] == (0, f"run {run_id} is CANCELED\n")


def test_a_run_is_moved_to_another_version(ask: Ask) -> None:
    """It says what it waits for; with the secret key it goes on with any worker."""
    run_id = ask("trigger", "hello-world", "--lock-to-version", "v0")[1].strip()
    assert "PENDING_VERSION, no worker has version v0" in ask("runs", "get", run_id)[1]
    told = ask("runs", "move", run_id, "--to-version", "v1")[1]
    assert told == f"run {run_id} is PENDING_VERSION, no worker has version v1\n"
    assert ask("runs", "move", run_id, "--to-version", "any")[0] == 0
    assert ask("runs", "watch", run_id)[0] == 0
    assert ask("runs", "move", run_id, "--to-version", "any")[0] == 1


def test_many_runs_are_moved_to_another_version(ask: Ask) -> None:
    """All that wait for one, chosen by a tag."""
    line = "trigger hello-world --lock-to-version v0 --tag stuck"
    run_ids = [ask(*line.split())[1].strip() for _ in range(2)]
    code, out, _ = ask("runs", "move", "--tag", "stuck", "--to-version", "any")
    assert (code, out) == (0, "2 runs moved\n")
    assert [ask("runs", "watch", run_id)[0] for run_id in run_ids] == [0, 0]
    assert ask("runs", "move", "--to-version", "any")[0] == 1


def test_many_runs_are_stopped_and_made_again(ask: Ask) -> None:
    """By what they have in common; counted first, and never without saying which."""
    code, _, err = ask("runs", "cancel")
    assert (code, "--status" in err) == (1, True)
    line = "trigger hello-world --delay 1h --tag many"
    run_ids = [ask(*line.split())[1].strip() for _ in range(3)]
    chosen = ["--tag", "many", "--status", "delayed", "--task", "hello-world", "--from", "1h"]
    assert ask("runs", "cancel", *chosen, "--dry-run")[1] == "3 runs would be meant\n"
    done = read(ask, "runs", "cancel", *chosen)
    assert isinstance(done, dict)
    assert (done["matched"], done["runIds"]) == (3, run_ids)
    again = ask("runs", "replay", "--tag", "many", "--status", "CANCELED")
    assert again[:2] == (0, "3 runs made again\n")
    assert ask("runs", "cancel", "--status", "SLEEPY")[0] == 1


def test_a_batch_is_made_and_read(ask: Ask) -> None:
    """Its runs come back in the order of the payloads."""
    batch_id = ask("batches", "create", "hello-world", "--payload", "[1, 2]")[1].strip()
    eventually(lambda: "COMPLETED" in ask("batches", "get", batch_id)[1].splitlines()[0])
    out = ask("batches", "results", batch_id, "--json")[1]
    results = [json.loads(line) for line in out.splitlines()]
    assert [result["output"] for result in results] == [{"echo": 1}, {"echo": 2}]
    assert '{"echo":1}' in ask("batches", "results", batch_id)[1]
    assert ask("batches", "create", "hello-world", "--payload", "1")[0] == 1
    assert ask("batches", "get", "batch_none")[0] == 1


def test_a_flurry_is_one_run_and_a_key_is_let_go_of(ask: Ask) -> None:
    """As the server has it: pushed back, then triggered anew once the key is free."""
    line = "trigger hello-world --debounce k --debounce-delay 1h --debounce-mode trailing"
    runs = {ask(*line.split(), "--payload", word)[1].strip() for word in ("1", "2")}
    assert len(runs) == 1
    parent = runs.pop()
    assert ask("trigger", "hello-world", "--debounce", "k", "--delay", "1h")[0] == 1
    keyed = f"trigger hello-world --idempotency-key w --scope run --parent {parent}".split()
    child = ask(*keyed)[1]
    assert ask(*keyed)[1] == child
    assert ask("runs", "free", "hello-world", "w", "--parent", parent)[1] == child
    assert ask("runs", "free", "hello-world", "w")[0] == 1
    assert ask(*keyed)[1] != child
    assert ask("runs", "cancel", parent)[0] == 0


def test_a_wrong_option_is_told_in_the_servers_words(ask: Ask) -> None:
    """Naming the option and what would work."""
    code, _, err = ask("trigger", "hello-world", "--delay", "soon")
    assert (code, "options.delay" in err, "1h30m" in err) == (1, True, True)


def test_a_run_is_stopped(ask: Ask) -> None:
    """One that sleeps is told to stop, and ends CANCELED."""
    run_id = ask("trigger", "sleep", "--payload", '{"seconds": 600}')[1].strip()
    assert ask("runs", "cancel", run_id)[0] == 0
    code, _, err = ask("runs", "watch", run_id)
    assert (code, "CANCELED" in err) == (1, True)


def test_a_run_is_made_again(ask: Ask) -> None:
    """With its own payload, or another."""
    run_id = ask("trigger", "hello-world", "--payload", '"a"')[1].strip()
    for words, payload in (((), "a"), (("--payload", '"b"'), "b")):
        again = ask("runs", "replay", run_id, *words)[1].strip()
        assert again != run_id
        shown = read(ask, "runs", "watch", again)
        assert isinstance(shown, dict)
        assert shown["output"] == {"echo": payload}


def test_a_log_is_followed_to_the_end(ask: Ask) -> None:
    """What a run says comes as it is said; afterwards it can be read again."""
    run_id = ask("trigger", "hello-world")[1].strip()
    code, followed, _ = ask("runs", "logs", run_id, "--follow", "--json")
    assert code == 0
    kept = ask("runs", "logs", run_id, "--json")[1]
    assert followed == kept
    numbers = [json.loads(line)["number"] for line in kept.splitlines()]
    assert numbers and numbers == list(range(1, len(numbers) + 1))


def test_events_tell_why(ask: Ask) -> None:
    """From the trigger on, for people and for programs."""
    run_id = ask("trigger", "hello-world", "--watch", "--json")[1]
    run_id = json.loads(run_id)["id"]
    told = read(ask, "runs", "events", run_id)
    assert isinstance(told, list)
    assert [event["status"] for event in told] == ["QUEUED", "EXECUTING", "COMPLETED"]
    assert "triggered" in ask("runs", "events", run_id)[1]


def test_a_token_is_completed_by_hand_or_by_its_url(ask: Ask) -> None:
    """The list says how each stands."""
    by_hand, by_url = (read(ask, "tokens", "create", "--timeout", "1h") for _ in range(2))
    assert isinstance(by_hand, dict) and isinstance(by_url, dict)
    code, out, _ = ask("tokens", "complete", by_hand["id"], "--payload", '{"ok": 1}')
    assert (code, out) == (0, f"token {by_hand['id']} is COMPLETED\n")
    assert httpx.post(by_url["url"], json="yes", trust_env=False).status_code == 200
    listed = read(ask, "tokens", "list", "--limit", "2")
    assert isinstance(listed, list)
    assert [(token["id"], token["status"]) for token in listed] == [
        (by_url["id"], "COMPLETED"),
        (by_hand["id"], "COMPLETED"),
    ]
    assert by_hand["id"] in ask("tokens", "list")[1]


def test_an_operator_holds_a_queue_and_lets_it_go(ask: Ask) -> None:
    """With the secret key of the data directory."""
    name = "task/hello-world"
    assert name in ask("queues", "list")[1]
    assert ask("queues", "pause", name)[1] == f"queue {name}: limit -, paused\n"
    run_id = ask("trigger", "hello-world")[1].strip()
    assert '"QUEUED"' in ask("runs", "get", run_id, "--json")[1]
    assert ask("queues", "limit", name, "3")[1] == f"queue {name}: limit 3, paused\n"
    assert ask("queues", "limit", name)[1] == f"queue {name}: limit -, paused\n"
    told = ask("queues", "rate", name, "3", "--per", "1m")[1]
    assert told == f"queue {name}: limit -, 3 per 60 s, paused\n"
    assert ask("queues", "rate", name)[1] == f"queue {name}: limit -, paused\n"
    assert ask("queues", "resume", name)[1] == f"queue {name}: limit -, open\n"
    assert ask("runs", "watch", run_id)[0] == 0


@pytest.mark.parametrize(
    "words",
    [
        ("runs", "cancel", "run_x"),
        ("runs", "replay", "run_x"),
        ("runs", "reschedule", "run_x", "1h"),
        ("runs", "logs", "run_x"),
        ("runs", "logs", "run_x", "--follow"),
        ("runs", "events", "run_x"),
        ("tokens", "complete", "waitpoint_x"),
        ("queues", "pause", "x"),
    ],
    ids=" ".join,
)
def test_what_is_not_there_is_refused(ask: Ask, words: tuple[str, ...]) -> None:
    """One line, exit code 1."""
    code, out, err = ask(*words)
    assert (code, out, err.count("\n")) == (1, "", 1)
