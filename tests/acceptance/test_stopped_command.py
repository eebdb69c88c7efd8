"""A command that is stopped in the middle: it is gone, its home is as it was, the next one waits for nothing."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from backline.clock import now_ms
from backline.db import Database
from backline.engine import Dispatch
from backline.runs import NewRun, Run, RunStatus
from backline.sandboxes import ledger
from backline.settings import Settings
from tests.cast import Cast
from tests.processes import eventually, final_run, worker
from tests.sandbox.seen import processes_with

SLEEP = "1000.929"


class Caller:
    """Alice, with a command at a time."""

    def __init__(self, database: Database, dispatch: Dispatch, account_id: str) -> None:
        self._database = database
        self._account_id = account_id
        self.dispatch = dispatch

    def command(self, script: str, **options: Any) -> str:
        order = NewRun(
            account_id=self._account_id,
            task_identifier="run-sandbox-command",
            payload={"command": script, "shell": True},
            **options,
        )
        return self.dispatch.trigger(order).run_id

    def end_of(self, run_id: str) -> Run:
        return final_run(self._database, run_id)

    def output_of(self, script: str) -> dict[str, Any]:
        run = self.end_of(self.command(script))
        assert run.status is RunStatus.COMPLETED, run.error
        output: dict[str, Any] = msgspec.json.decode(run.output or "{}")
        return output

    def is_in(self) -> bool:
        """Tell whether a run holds the sandbox."""
        with self._database.read() as connection:
            record = ledger.find(connection, self._account_id)
        return record is not None and record.is_leased(now_ms())


@pytest.fixture
def homes() -> Iterator[Path]:
    """A folder for homes that every user can pass through."""
    folder = Path(tempfile.mkdtemp(prefix="backline-homes-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def alice(
    database: Database, settings: Settings, dispatch: Dispatch, cast: Cast, homes: Path
) -> Iterator[Caller]:
    """A caller beside a worker."""
    with worker(settings, built_in="sandbox", BACKLINE_SANDBOX_DIR=str(homes)):
        yield Caller(database, dispatch, cast.alice.account_id)


def sleepers() -> list[int]:
    return processes_with(f"sleep\0{SLEEP}\0")


def performer_of(pid: int) -> int:
    """Return the process of the run in whose room a process is: whoever started bubblewrap."""
    while True:
        status = Path(f"/proc/{pid}/status").read_text()
        parent = int(status.partition("\nPPid:\t")[2].split()[0])
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if words[0] == b"bwrap" and b"bwrap" not in Path(f"/proc/{parent}/cmdline").read_bytes():
            return parent
        pid = parent


def test_a_stopped_command_leaves_nothing_and_holds_nobody_up(alice: Caller) -> None:
    """Canceled, overdue, or its process killed: each time the next command finds the home that was kept."""
    alice.output_of("echo kept > song")
    script = f"echo lost > song; setsid sleep {SLEEP} & sleep {SLEEP}"

    canceled = alice.command(script)
    eventually(lambda: len(sleepers()) == 2)
    alice.dispatch.cancel(canceled)
    eventually(lambda: not sleepers())
    eventually(lambda: not alice.is_in())
    overdue = alice.command(script, max_duration_seconds=1)
    timed_out = alice.end_of(overdue)
    after_that = alice.output_of("cat song")

    killed = alice.command(script)
    eventually(lambda: len(sleepers()) == 2)
    os.kill(performer_of(sleepers()[0]), signal.SIGKILL)
    crashed = alice.end_of(killed)
    began = now_ms()
    after_all = alice.output_of("cat song; echo more > more")

    assert alice.end_of(canceled).status is RunStatus.CANCELED
    assert timed_out.status is RunStatus.TIMED_OUT
    assert crashed.status is RunStatus.CRASHED
    assert not sleepers()
    assert (after_that["stdout"], after_all["stdout"]) == ("kept\n", "kept\n")
    assert [file["path"] for file in after_all["changedFiles"]] == ["more"]
    assert now_ms() - began < ledger.LEASE_MS, "the dead run's lease was waited for"
