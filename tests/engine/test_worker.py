"""A real worker process, on both databases, performing tasks that behave and tasks that do not."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from backline.db import Database
from backline.engine import Dispatch
from backline.runs import AttemptStatus, Run, RunStatus, queries
from backline.runtime.processes import children_of
from backline.settings import Settings
from tests.cast import Cast
from tests.engine.outcomes import error, order, output
from tests.processes import Process, eventually, final_run, is_alive, worker

SECRET = "the-secret-that-no-task-may-see"


@pytest.fixture
def at_work(settings: Settings) -> Iterator[Process]:
    with worker(settings, BACKLINE_SECRET=SECRET) as process:
        yield process


def perform(database: Database, dispatch: Dispatch, task: str, payload: Any = None) -> Run:
    return final_run(database, dispatch.trigger(order(task, payload)).run_id)


def attempts(database: Database, run: Run) -> list[AttemptStatus]:
    with database.read() as connection:
        return [attempt.status for attempt in queries.attempts_of(connection, run.id)]


def test_one_worker_performs_all_kinds_of_tasks(
    database: Database, dispatch: Dispatch, at_work: Process, tmp_path: Path, cast: Cast
) -> None:
    """A worker lives on through returns, failures, crashes and retries, and records each truly."""
    echoed = perform(database, dispatch, "hello-world", {"text": "日本 🎵"})
    assert output(echoed) == {"echo": {"text": "日本 🎵"}}
    assert attempts(database, echoed) == [AttemptStatus.COMPLETED]
    assert echoed.version and echoed.started_at and echoed.finished_at

    assert output(perform(database, dispatch, "async-hello", "Alice")) == "hello Alice"

    failed = perform(database, dispatch, "always-fails", {"n": 1})
    assert failed.status is RunStatus.FAILED and error(failed)["name"] == "MeantToFail"
    assert "{'n': 1}" in error(failed)["message"]
    assert "in always_fails" in error(failed)["stackTrace"]

    unfit = perform(database, dispatch, "sleep", {"seconds": "long"})
    assert unfit.status is RunStatus.FAILED and "$.seconds" in error(unfit)["message"]

    diary = tmp_path / "lucky"
    lucky = perform(database, dispatch, "third-time-lucky", {"path": str(diary)})
    assert output(lucky) == 3
    assert attempts(database, lucky) == ["failed", "failed", "completed"]
    assert diary.read_text().count("prepare") == 1, "a later attempt reuses finished steps"

    diary = tmp_path / "hopeless"
    hopeless = perform(database, dispatch, "gives-up", {"path": str(diary)})
    assert hopeless.status is RunStatus.FAILED and diary.read_text().count("try") == 1

    for how, ending in (("SIGKILL", "was killed by SIGKILL"), ("exit", "exited with code 3")):
        dead = perform(database, dispatch, "dies", how)
        assert dead.status is RunStatus.CRASHED and ending in error(dead)["message"]
    assert perform(database, dispatch, "dies", "sys.exit").status is RunStatus.FAILED

    counted = perform(database, dispatch, "counts")
    assert msgspec.json.decode(counted.metadata or "") == {
        "word": "one",
        "list": [1, 2],
        "sum": 2.5,
        "logs": ["all counted"],
    }

    talked = perform(database, dispatch, "talks")
    with database.read() as connection:
        said = [(line.stream, line.text) for line in queries.log_of(connection, talked.id)]
    assert said == [
        ("stdout", "printed 1\n"),
        ("stdout", "half a line"),
        ("stderr", "an error\n"),
        ("stdout", "from a program\N{REPLACEMENT CHARACTER}\n"),
        ("log", "noted"),
        ("stdout", "a last half line"),
    ]
    flood = perform(database, dispatch, "floods")
    with database.read() as connection:
        said_last = queries.log_of(connection, flood.id)[-1]
    assert flood.status is RunStatus.COMPLETED and "the log ends here" in said_last.text

    unserved = perform(database, dispatch, "asks", "tea")
    assert "no service 'tea'" in error(unserved)["message"]

    orphan = output(perform(database, dispatch, "leaves-a-daemon"))
    eventually(lambda: not is_alive(orphan))


def test_a_task_sees_no_secret_and_no_foreign_descriptor(
    database: Database, dispatch: Dispatch, at_work: Process
) -> None:
    """A run's process has a short environment, one socket, and nothing else of the worker's."""
    seen = output(perform(database, dispatch, "looks-around"))
    told = str(seen["environment"]) + str(seen["initial"])
    assert SECRET not in told and "BACKLINE" not in told and "postgres" not in told
    sockets = [name for name in seen["files"] if name.startswith("socket:")]
    assert len(sockets) == 1, seen["files"]
    assert not [name for name in seen["files"] if ".db" in name]


def test_files_go_through_the_desk(
    database: Database, dispatch: Dispatch, at_work: Process, cast: Cast, settings: Settings
) -> None:
    """A task saves and reads its account's files, not a stranger's, not the worker's disk."""

    def run(task: str, payload: str, account_id: str) -> Run:
        return final_run(database, dispatch.trigger(order(task, payload, account_id)).run_id)

    alice, bob, charlie = cast.alice.account_id, cast.bob.account_id, cast.charlie.account_id
    made = output(run("writes-a-file", "la la la", bob))
    assert made["sizeBytes"] == 8 and made["signedUrl"].startswith(settings.public_url)
    assert output(run("reads-a-file", made["fileId"], bob)) == "la la la"
    assert output(run("reads-a-file", made["fileId"], alice)) == "la la la", "Bob's admin"
    denied = run("reads-a-file", made["fileId"], charlie)
    assert denied.status is RunStatus.FAILED and "is not there" in error(denied)["message"]
    loot = run("smuggles", "/etc/passwd", bob)
    assert loot.status is RunStatus.FAILED and "ctx.workdir" in error(loot)["message"]


def test_a_killed_workers_run_is_finished_by_the_next_worker(
    database: Database, dispatch: Dispatch, settings: Settings, tmp_path: Path
) -> None:
    """After SIGKILL in the second step the first step is not done again, and no process is left."""
    diary = tmp_path / "diary"
    with worker(settings) as doomed:
        run_id = dispatch.trigger(
            order("two-steps", {"path": str(diary), "nap_seconds": 600})
        ).run_id
        eventually(lambda: diary.exists() and "second" in diary.read_text())
        child = int(diary.read_text().split()[-1])
        doomed.kill()
        eventually(lambda: not is_alive(child))
    with worker(settings):
        run = final_run(database, run_id)
    assert output(run) == {"first": 1, "second": "slept"}
    assert diary.read_text().count("first") == 1
    assert attempts(database, run) == [AttemptStatus.FAILED, AttemptStatus.COMPLETED]
    assert (run.loss_count, run.failure_count) == (1, 0)


def test_a_worker_that_lost_the_parent_of_its_runs_leaves_them_to_the_next(
    database: Database, dispatch: Dispatch, settings: Settings, tmp_path: Path
) -> None:
    """That the runs' processes died with it is not the runs' fault: they go on elsewhere."""
    diary = tmp_path / "diary"
    payload = {"path": str(diary), "nap_seconds": 600}
    run_id = dispatch.trigger(order("two-steps", payload)).run_id
    with worker(settings) as bereft:
        eventually(lambda: diary.exists() and "second" in diary.read_text())
        (zygote,) = children_of(bereft.pid)
        os.kill(zygote, signal.SIGKILL)
        eventually(lambda: not is_alive(bereft.pid))
    with worker(settings):
        run = final_run(database, run_id)
    assert output(run)["second"] == "slept"
    assert diary.read_text().count("first") == 1


def test_a_stopped_worker_hands_its_run_back(
    database: Database, dispatch: Dispatch, settings: Settings, tmp_path: Path
) -> None:
    """SIGTERM ends a run that does not end in time, and leaves it queued for the next worker."""
    settings = msgspec.structs.replace(settings, grace_seconds=0)
    diary = tmp_path / "diary"
    with worker(settings) as leaving:
        run_id = dispatch.trigger(
            order("two-steps", {"path": str(diary), "nap_seconds": 600})
        ).run_id
        eventually(lambda: diary.exists() and "second" in diary.read_text())
        assert leaving.stop() == 0
    with database.read() as connection:
        run = queries.find_run(connection, run_id)
    assert run is not None and run.status is RunStatus.QUEUED
    with worker(settings):
        assert output(final_run(database, run_id))["first"] == 1


def test_a_run_waits_for_a_worker_that_knows_its_task(
    database: Database, dispatch: Dispatch, settings: Settings
) -> None:
    """Without a worker a run is pending_version; it starts when one announces the task."""
    run_id = dispatch.trigger(order("hello-world", 1)).run_id
    with database.read() as connection:
        run = queries.find_run(connection, run_id)
    assert run is not None and run.status is RunStatus.PENDING_VERSION
    with worker(settings):
        assert output(final_run(database, run_id)) == {"echo": 1}


def test_a_stopped_worker_lets_short_runs_end(
    database: Database, dispatch: Dispatch, settings: Settings, tmp_path: Path
) -> None:
    """Within the grace period a run is finished where it is."""
    diary = tmp_path / "diary"
    with worker(settings) as leaving:
        run_id = dispatch.trigger(order("two-steps", {"path": str(diary), "nap_seconds": 1})).run_id
        eventually(lambda: diary.exists() and "second" in diary.read_text())
        assert leaving.stop() == 0
    assert output(final_run(database, run_id))["second"] == "slept"


def test_hooks_are_called_around_attempts(
    database: Database, dispatch: Dispatch, at_work: Process, tmp_path: Path
) -> None:
    """Start, failure, success and cancel are told; a hook that raises changes nothing."""
    for how, told in (("returns", "start success"), ("raises", "start failure")):
        diary = tmp_path / how
        run = perform(database, dispatch, "hooked", {"path": str(diary), "how": how})
        assert " ".join(diary.read_text().split()) == told
        with database.read() as connection:
            said = "".join(line.text for line in queries.log_of(connection, run.id))
        assert "a hook may fail" in said
    diary = tmp_path / "stopped"
    run_id = dispatch.trigger(order("hooked", {"path": str(diary), "how": "sleeps"})).run_id
    eventually(lambda: diary.exists() and "start" in diary.read_text())
    dispatch.cancel(run_id)
    assert final_run(database, run_id).status is RunStatus.CANCELED
    assert diary.read_text().split() == ["start", "cancel"]
