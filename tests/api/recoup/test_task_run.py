"""A run in Recoup's words: every status has one, and what it can not say the error says."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import pytest

from backline.api.recoup.task_run import (
    ATTEMPT_STATUSES,
    STATUSES,
    detail,
    error_of,
    listing,
    summary,
)
from backline.runs import AttemptStatus, Run, RunStatus
from backline.runs.run import SUMMARY
from backline.wire.recoup import TaskAttemptStatus, TaskRunList, TaskRunStatus


def run(status: RunStatus, **more: Any) -> Run:
    values: dict[str, Any] = dict.fromkeys(Run.__struct_fields__)
    values |= {"id": "run_x", "task_identifier": "t", "environment": "dev", "tags": "[]"}
    values |= {"is_test": 0, "created_at": 0, "updated_at": 1, "depth": 0, "duration_ms": 0}
    values |= {"cost_cents": 0.0, "base_cost_cents": 0.0, "trigger_function": "trigger"}
    return Run(**values | {"status": status} | more)


def test_every_status_has_a_word() -> None:
    """The tables know every status of the ledger, and say only words of the contract."""
    assert STATUSES.keys() == set(RunStatus)
    assert set(STATUSES.values()) == set(get_args(TaskRunStatus))
    assert ATTEMPT_STATUSES.keys() == set(AttemptStatus)
    assert set(ATTEMPT_STATUSES.values()) == set(get_args(TaskAttemptStatus))


@pytest.mark.parametrize("status", RunStatus)
def test_output_is_shown_of_completed_runs_alone(status: RunStatus) -> None:
    """What another run left behind is no output."""
    shown = detail(run(status, output="1"), [], None)
    assert bytes(shown.output) == (b"1" if status is RunStatus.COMPLETED else b"null")  # type: ignore[arg-type]


def test_an_expired_run_is_canceled_and_says_so() -> None:
    """`expiredAt` is set, and the error names the time to live."""
    expired = run(RunStatus.EXPIRED, ttl="10m", expired_at=1000)
    error = error_of(expired)
    assert (summary(expired).status, summary(expired).expired_at) == (
        "CANCELED",
        "1970-01-01T00:00:01.000Z",
    )
    assert error is not None and "10m" in error.message


@pytest.mark.parametrize("kept", [None, '{"message":"after 60 s","name":"TimedOut"}'])
def test_a_run_that_took_too_long_has_failed_and_says_so(kept: str | None) -> None:
    """The error's name is MaxDurationExceeded."""
    slow = run(RunStatus.TIMED_OUT, error=kept)
    error = error_of(slow)
    assert summary(slow).status == "FAILED"
    assert error is not None and error.name == "MaxDurationExceeded"
    assert error.message == "after 60 s" if kept else error.message


def test_json_of_the_ledger_passes_through_untouched() -> None:
    """Metadata, tags and payload are not read and written anew."""
    text = '{"a": 1.0,  "b":[]}'
    shown = detail(run(RunStatus.QUEUED, metadata=text, payload=text, tags='["x" ]'), [], None)
    encoded = msgspec.json.encode(shown).decode()
    assert f'"metadata":{text}' in encoded
    assert f'"payload":{text}' in encoded
    assert '"tags":["x" ]' in encoded


def rows(count: int, **more: Any) -> list[tuple[Any, ...]]:
    """Make rows of a listing, no two alike."""
    runs = [run(RunStatus.EXECUTING, id=f"run_{n}", created_at=n, **more) for n in range(count)]
    return [tuple(getattr(one, name) for name in SUMMARY) for one in runs]


@pytest.mark.parametrize("metadata", [None, "{}", '{"a":"' + "x" * 5000 + '"}'])
def test_a_listing_is_a_list_of_summaries(metadata: str | None) -> None:
    """Byte for byte, when it is written for the first time and when it is remembered."""
    listed = rows(3, metadata=metadata)
    told = TaskRunList(status="success", runs=[summary(Run(*row)) for row in listed])
    assert listing(listed) == listing(listed) == msgspec.json.encode(told)


def test_a_row_that_changed_is_written_anew() -> None:
    """Whatever changes, even within the same millisecond."""
    (row,) = rows(1, metadata='{"progress":0.1}')
    before = listing([row])
    for name in ("metadata", "version", "ttl", "idempotency_key", "tags"):
        place = SUMMARY.index(name)
        assert b"new" in listing([(*row[:place], '"new"', *row[place + 1 :])])
    assert listing([row]) == before


def test_an_empty_listing_is_an_empty_list() -> None:
    """Still JSON."""
    assert listing([]) == b'{"status":"success","runs":[]}'
