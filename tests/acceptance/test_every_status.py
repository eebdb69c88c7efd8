"""Every status of the contract by a real cause, seen where clients look: ``GET /api/tasks/runs``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from backline.settings import Settings
from tests.cast import Cast
from tests.contract.test_task_runs import validator_of
from tests.processes import Process, backline, eventually, free_port, worker

RUNS = "/api/tasks/runs"
CONTRACT = validator_of("TaskRunListResponse")


class Caller:
    """Somebody with a key: triggers, cancels and looks, over HTTP alone."""

    def __init__(self, url: str, key: str) -> None:
        self._web = httpx.Client(
            base_url=url, headers={"x-api-key": key}, timeout=30, trust_env=False
        )

    def trigger(self, task: str, payload: Any = None, **options: Any) -> str:
        body = {"taskIdentifier": task, "payload": payload, "options": options}
        answer = self._web.post(RUNS, json=body)
        assert answer.status_code == 202, answer.text
        run_id: str = answer.json()["runId"]
        return run_id

    def see(self, run_id: str) -> dict[str, Any]:
        answer = self._web.get(RUNS, params={"runId": run_id}).json()
        CONTRACT.validate(answer)
        (run,) = answer["runs"]
        return dict(run)

    def wait_for(self, run_id: str, status: str) -> dict[str, Any]:
        """Return the run once it has the status; fail when it ends with another one."""

        def look() -> dict[str, Any] | None:
            run = self.see(run_id)
            assert run["status"] == status or not run.get("finishedAt"), run
            return run if run["status"] == status else None

        return eventually(look)

    def cancel(self, run_id: str) -> None:
        assert self._web.post(f"{RUNS}/{run_id}/cancel").status_code < 300

    def close(self) -> None:
        self._web.close()


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


@pytest.fixture
def alice(stack: ExitStack, settings: Settings, cast: Cast) -> Caller:
    server = stack.enter_context(backline(settings, "server", "--port", str(free_port())))
    caller = Caller(server.wait_until_ready(), cast.alice.api_key)
    stack.callback(caller.close)
    return caller


@pytest.fixture
def at_work(stack: ExitStack, settings: Settings) -> Process:
    return stack.enter_context(worker(settings, "--slots", "3"))


def test_runs_that_go_on(alice: Caller, at_work: Process, tmp_path: Path) -> None:
    """What waits, what executes, and what will be tried again says so."""
    assert alice.see(alice.trigger("nobody-knows-it"))["status"] == "PENDING_VERSION"
    assert alice.see(alice.trigger("hello-world", delay="1h"))["status"] == "DELAYED"
    executing = alice.trigger("sleep", {"seconds": 600})
    assert alice.wait_for(executing, "EXECUTING")["startedAt"]
    alone = [alice.trigger("keeps-the-only-place") for _ in range(2)]
    alice.wait_for(alone[0], "EXECUTING")
    assert alice.see(alone[1])["status"] == "QUEUED"
    again = alice.wait_for(alice.trigger("tries-again-tomorrow"), "REATTEMPTING")
    assert len(again["attempts"]) == 1 and not again.get("finishedAt")
    frozen = alice.wait_for(alice.trigger("waits-for-a-token"), "FROZEN")
    assert frozen["metadata"]["token"]
    for run_id in (executing, *alone, frozen["id"]):
        alice.cancel(run_id)
        assert alice.wait_for(run_id, "CANCELED")["finishedAt"]


def test_runs_that_ended(alice: Caller, at_work: Process, settings: Settings) -> None:
    """Every end has a status of its own, and an error that names the cause."""
    done = alice.wait_for(alice.trigger("hello-world", 1), "COMPLETED")
    assert done["output"] == {"echo": 1}
    failed = alice.wait_for(alice.trigger("always-fails"), "FAILED")
    assert failed["error"]["name"] == "MeantToFail"
    crashed = alice.wait_for(alice.trigger("dies", "SIGKILL"), "CRASHED")
    assert "SIGKILL" in crashed["error"]["message"]
    overtime = alice.wait_for(alice.trigger("sleep", {"seconds": 60}, maxDuration=5), "FAILED")
    assert overtime["error"]["name"] == "MaxDurationExceeded"
    first, late = (
        alice.trigger("keeps-the-only-place"),
        alice.trigger("keeps-the-only-place", ttl=1),
    )
    expired = alice.wait_for(late, "CANCELED")
    assert expired["expiredAt"] and "ttl of 1s" in expired["error"]["message"]
    alice.cancel(first)


def test_a_run_whose_worker_is_shut_down_and_that_nobody_may_resume(
    alice: Caller, at_work: Process
) -> None:
    """INTERRUPTED, with what to do next in its error."""
    run_id = alice.trigger("must-not-begin-twice")
    alice.wait_for(run_id, "EXECUTING")
    assert at_work.stop() == 0
    run = alice.wait_for(run_id, "INTERRUPTED")
    assert "replay the run" in run["error"]["message"]


def test_a_fault_of_our_own(alice: Caller, at_work: Process, settings: Settings) -> None:
    """SYSTEM_FAILURE: the worker's disk has no place for the run's folder any more."""
    (settings.data_dir / "work").touch()
    run = alice.wait_for(alice.trigger("hello-world", 1), "SYSTEM_FAILURE")
    assert "the worker's log says more" in run["error"]["message"]
