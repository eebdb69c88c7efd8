from __future__ import annotations

from typing import Any

import msgspec
import pytest

from backline.db import Database
from backline.runs import AttemptStatus, NewRun, Run, RunError, RunStatus, ledger, queries
from backline.runs.ledger import Ending
from backline.runs.metadata import MetadataOperation, change_metadata

ORDER = NewRun(account_id="alice", task_identifier="mix", payload={"song": "Ünder"})


WORKER = "worker_1"
LATE = MetadataOperation("set", "late", True)


def opened(database: Database, new: NewRun = ORDER, status: RunStatus = RunStatus.QUEUED) -> str:
    with database.write() as connection:
        return ledger.open_run(connection, new, status)


def read(database: Database, run_id: str) -> Run:
    with database.read() as connection:
        run = queries.find_run(connection, run_id)
    assert run is not None
    return run


def started(database: Database, run_id: str, worker_id: str = "worker_1") -> str:
    with database.write() as connection:
        ledger.admit(connection, run_id)
        attempt = ledger.start_attempt(connection, run_id, worker_id, "v1")
    assert attempt is not None
    return attempt.id


def ending(run: RunStatus, **more: Any) -> Ending:
    attempt = AttemptStatus.COMPLETED if run is RunStatus.COMPLETED else AttemptStatus.FAILED
    return Ending(run=run, attempt=attempt, detail="over", active_ms=1500, **more)


def test_a_new_run_is_there_with_payload_and_tags(database: Database) -> None:
    """What was asked for is what the ledger keeps."""
    tagged = msgspec.structs.replace(ORDER, tags=("demo", "demo", "summer"))
    run = read(database, opened(database, tagged))
    assert msgspec.json.decode(run.payload or "") == {"song": "Ünder"}
    assert msgspec.json.decode(run.tags) == ["account:alice", "demo", "summer"]
    assert (run.status, run.started_at, run.version) == (RunStatus.QUEUED, None, None)


def test_a_rolled_back_run_leaves_nothing(database: Database) -> None:
    """An error inside the transaction takes the run with it."""
    with pytest.raises(RuntimeError), database.write() as connection:
        run_id = ledger.open_run(connection, ORDER, RunStatus.QUEUED)
        raise RuntimeError
    with database.read() as connection:
        assert queries.find_run(connection, run_id) is None
        assert queries.events_of(connection, run_id) == []


def test_an_attempt_begins_once(database: Database) -> None:
    """Of two workers that claim a run one gets it."""
    run_id = opened(database)
    started(database, run_id)
    with database.write() as connection:
        second = ledger.start_attempt(connection, run_id, "worker_2", "v1")
    assert second is None
    assert read(database, run_id).worker_id == "worker_1"


def test_a_finished_run_has_output_duration_and_cost(database: Database) -> None:
    """The end of an attempt writes everything at once."""
    run_id = opened(database)
    attempt_id = started(database, run_id)
    with database.write() as connection:
        done = ending(RunStatus.COMPLETED, output='{"ok":true}', cost_cents=0.25)
        assert ledger.end_attempt(connection, run_id, attempt_id, WORKER, done)
    run = read(database, run_id)
    assert (run.status, run.output, run.duration_ms, run.cost_cents) == (
        RunStatus.COMPLETED,
        '{"ok":true}',
        1500,
        0.25,
    )
    assert run.finished_at is not None and run.worker_id is None


def test_durations_and_costs_add_up_over_attempts(database: Database) -> None:
    """A second attempt adds to what the first one took."""
    run_id = opened(database)
    attempt_id = started(database, run_id)
    with database.write() as connection:
        ledger.end_attempt(
            connection, run_id, attempt_id, WORKER, ending(RunStatus.REATTEMPTING, cost_cents=1.0)
        )
        ledger.enqueue(connection, run_id, RunStatus.REATTEMPTING, "due")
        ledger.admit(connection, run_id)
        again = ledger.start_attempt(connection, run_id, "worker_1", "v1")
        assert again is not None and again.number == 2
        ledger.end_attempt(
            connection, run_id, again.id, WORKER, ending(RunStatus.COMPLETED, cost_cents=2.0)
        )
    run = read(database, run_id)
    assert (run.duration_ms, run.cost_cents, run.failure_count) == (3000, 3.0, 1)


def test_nothing_leaves_a_final_status(database: Database) -> None:
    """A late writer finds the run closed."""
    run_id = opened(database)
    attempt_id = started(database, run_id)
    with database.write() as connection:
        ledger.end_attempt(connection, run_id, attempt_id, WORKER, ending(RunStatus.COMPLETED))
        assert not ledger.end_attempt(
            connection, run_id, attempt_id, WORKER, ending(RunStatus.FAILED)
        )
        assert not change_metadata(connection, run_id, [LATE], (attempt_id, WORKER))
    assert read(database, run_id).status is RunStatus.COMPLETED


def test_an_illegal_move_is_refused(database: Database) -> None:
    """The table of moves is asked before the database is."""
    run_id = opened(database)
    with pytest.raises(ValueError, match="queued to completed"), database.write() as connection:
        ledger.move(connection, run_id, RunStatus.QUEUED, RunStatus.COMPLETED, "no")


def test_a_lost_run_is_queued_again(database: Database) -> None:
    """A dead worker's run goes back to the queue, its attempt closed."""
    run_id = opened(database)
    started(database, run_id)
    assert lost(database, run_id, RunStatus.QUEUED)
    with database.read() as connection:
        (attempt,) = queries.attempts_of(connection, run_id)
    assert attempt.status is AttemptStatus.FAILED and "worker_1 died" in (attempt.error or "")
    run = read(database, run_id)
    assert (run.loss_count, run.failure_count, run.attempt_id) == (1, 0, None)


def test_a_worker_that_was_declared_dead_can_not_write(database: Database) -> None:
    """Writes go by the attempt, so a zombie's come to nothing."""
    run_id = opened(database)
    zombie = started(database, run_id)
    assert lost(database, run_id, RunStatus.QUEUED)
    living = started(database, run_id, "worker_2")
    with database.write() as connection:
        assert not ledger.end_attempt(
            connection, run_id, zombie, WORKER, ending(RunStatus.COMPLETED)
        )
        assert not change_metadata(connection, run_id, [LATE], (zombie, WORKER))
        assert change_metadata(connection, run_id, [LATE], (living, "worker_2"))
    assert read(database, run_id).status is RunStatus.EXECUTING


@pytest.mark.parametrize("becomes", [RunStatus.CRASHED, RunStatus.INTERRUPTED])
def test_a_lost_run_may_end(database: Database, becomes: RunStatus) -> None:
    """It gives its place back and says what happened; its worker can not lose it again."""
    run_id = opened(database)
    started(database, run_id)
    assert lost(database, run_id, becomes)
    assert not lost(database, run_id, becomes)
    run = read(database, run_id)
    assert (run.status, run.is_admitted) == (becomes, False)
    assert run.finished_at is not None and "WorkerLost" in (run.error or "")


def lost(database: Database, run_id: str, becomes: RunStatus) -> bool:
    """Take the run from its worker, and say whether that worked."""
    gone = RunError(name="WorkerLost", message="worker_1 died")
    with database.write() as connection:
        run = queries.find_run(connection, run_id)
        assert run is not None
        return ledger.lose_attempt(connection, run, "worker_1", ledger.Loss(becomes, gone, True))


def test_a_key_is_held_by_the_first_run(database: Database) -> None:
    """The second call with the same key finds the first call's run."""
    keyed = msgspec.structs.replace(ORDER, idempotency_key="once")
    with database.write() as connection:
        run_id = ledger.open_run(connection, keyed, RunStatus.QUEUED)
        assert ledger.hold_key(connection, keyed, run_id)
    with database.write() as connection:
        assert ledger.holder_of_key(connection, keyed) == run_id
        stranger = msgspec.structs.replace(keyed, account_id="charlie")
        assert ledger.holder_of_key(connection, stranger) is None


@pytest.mark.parametrize(
    ("end", "is_held"), [(RunStatus.COMPLETED, True), (RunStatus.FAILED, False)]
)
def test_a_failed_run_frees_its_key(database: Database, end: RunStatus, is_held: bool) -> None:
    """After a failure the same call may be made again; after a success it may not."""
    keyed = msgspec.structs.replace(ORDER, idempotency_key="once")
    with database.write() as connection:
        run_id = ledger.open_run(connection, keyed, RunStatus.QUEUED)
        ledger.hold_key(connection, keyed, run_id)
    attempt_id = started(database, run_id)
    error = RunError(name="Oops", message="no") if end is RunStatus.FAILED else None
    with database.write() as connection:
        ledger.end_attempt(connection, run_id, attempt_id, WORKER, ending(end, error=error))
        assert (ledger.holder_of_key(connection, keyed) is not None) is is_held


def test_a_run_tells_its_story(database: Database) -> None:
    """Every move leaves an event, in order."""
    run_id = opened(database)
    attempt_id = started(database, run_id)
    with database.write() as connection:
        ledger.end_attempt(connection, run_id, attempt_id, WORKER, ending(RunStatus.COMPLETED))
    with database.read() as connection:
        story = [status for _, status, _ in queries.events_of(connection, run_id)]
    assert story == ["queued", "executing", "completed"]


def test_an_account_sees_its_newest_runs_first(database: Database) -> None:
    """The listing is the account's own, newest first, and no longer than asked."""
    mine = [opened(database) for _ in range(5)]
    opened(database, msgspec.structs.replace(ORDER, account_id="charlie"))
    with database.read() as connection:
        listed = [run.id for run in queries.newest_runs(connection, "alice", 3)]
    assert listed == mine[:1:-1]
