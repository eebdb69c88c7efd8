"""The contract, over HTTP: a real server's answers, judged by the document that it implements."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import msgspec
import pytest
import yaml

from backline.db import Database
from backline.runs import AttemptStatus, NewRun, RunError, RunStatus, ledger
from backline.runs.ledger import Ending
from tests.cast import Cast, Player

RUNS = "/api/tasks/runs"
CONTRACT = Path(__file__).with_name("task-runs-api.yaml")

CREATED = {
    "videoSourceUrl": "https://files.example/film.mp4",
    "imageUrl": "https://files.example/still.jpg",
    "captionText": "night drive",
    "template": "album-record-store",
    "lipsync": False,
    "audio": {
        "songTitle": "Night Drive",
        "songFilename": "night-drive.m4a",
        "startSeconds": 31.5,
        "durationSeconds": 15,
        "clipLyrics": None,
        "clipMood": None,
    },
}


def as_2020_12(schema: Any) -> Any:
    """Read the contract's schemas as it asks: ``nullable`` as in 3.0, ``oneOf`` as any of."""
    if isinstance(schema, list):
        return [as_2020_12(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    read = {("anyOf" if name == "oneOf" else name): as_2020_12(v) for name, v in schema.items()}
    return {"anyOf": [{"type": "null"}, read]} if read.pop("nullable", False) else read


def validator_of(name: str) -> jsonschema.Draft202012Validator:
    document = as_2020_12(yaml.safe_load(CONTRACT.read_text()))
    schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    return jsonschema.Draft202012Validator(
        schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )


@pytest.fixture(scope="module")
def runs_schema() -> jsonschema.Draft202012Validator:
    return validator_of("TaskRunListResponse")


@pytest.fixture(scope="module")
def output_schema() -> jsonschema.Draft202012Validator:
    return validator_of("CreateContentRunOutput")


@pytest.fixture(scope="module")
def error_schema() -> jsonschema.Draft202012Validator:
    return validator_of("TaskRunsErrorResponse")


def end_of(status: RunStatus) -> Ending:
    if status is RunStatus.COMPLETED:
        output = msgspec.json.encode(CREATED).decode()
        done = AttemptStatus.COMPLETED
        return Ending(
            run=status, attempt=done, detail="", active_ms=900, cost_cents=0.1, output=output
        )
    error = RunError(message="it broke", name="MediaError", stack_trace="Traceback …")
    return Ending(run=status, attempt=AttemptStatus.FAILED, detail="", active_ms=5, error=error)


def write_a_run_of_every_status(
    database: Database, owner: Player
) -> Iterator[tuple[str, RunStatus]]:
    """Open runs, and lead each to another status; with family, tags, metadata and keys."""
    plain = NewRun(account_id=owner.account_id, task_identifier="create-content", payload={"a": 1})
    for number, status in enumerate(RunStatus):
        new = msgspec.structs.replace(
            plain,
            tags=("summer", "demo")[: number % 3],
            metadata={"progress": 0.5, "logs": ["a"]} if number % 2 else None,
            idempotency_key=f"key-{number}" if number % 2 else None,
            is_test=bool(number % 2),
        )
        with database.write() as connection:
            run_id = ledger.open_run(connection, new, opening_of(status))
            lead_to(connection, run_id, status)
            if number == 0:
                ledger.open_run(
                    connection,
                    msgspec.structs.replace(plain, parent_id=run_id, root_id=run_id, depth=1),
                    RunStatus.QUEUED,
                )
        yield run_id, status


def opening_of(status: RunStatus) -> RunStatus:
    return status if status in (RunStatus.PENDING_VERSION, RunStatus.DELAYED) else RunStatus.QUEUED


def lead_to(connection: Any, run_id: str, status: RunStatus) -> None:
    if status in (RunStatus.PENDING_VERSION, RunStatus.DELAYED, RunStatus.QUEUED):
        return
    if status is RunStatus.EXPIRED:
        changes = {"ttl": "10m", "expired_at": 1_700_000_000_000, "finished_at": 1_700_000_000_000}
        assert ledger.move(connection, run_id, RunStatus.QUEUED, status, "late", **changes)
        return
    ledger.admit(connection, run_id)
    attempt = ledger.start_attempt(connection, run_id, "worker_1", "20261123.1")
    assert attempt is not None
    if status is not RunStatus.EXECUTING:
        assert ledger.end_attempt(connection, run_id, attempt.id, "worker_1", end_of(status))


def test_every_run_is_as_the_contract_says(
    web: httpx.Client,
    database: Database,
    cast: Cast,
    runs_schema: jsonschema.Draft202012Validator,
    output_schema: jsonschema.Draft202012Validator,
) -> None:
    """Listed and by id, in every status, with each field where it belongs."""
    key = {"x-api-key": cast.alice.api_key}
    written = dict(write_a_run_of_every_status(database, cast.alice))
    listed = web.get(RUNS, headers=key, params={"limit": "100"}).json()
    runs_schema.validate(listed)
    assert len(listed["runs"]) == len(written) + 1
    for run_id, status in written.items():
        shown = web.get(RUNS, headers=key, params={"runId": run_id}).json()
        runs_schema.validate(shown)
        (run,) = shown["runs"]
        assert (run["output"] is not None) == (status is RunStatus.COMPLETED)
        if run["output"] is not None:
            output_schema.validate(run["output"])


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("?limit=0", 400),
        ("?limit=", 400),
        ("?limit=abc", 400),
        ("?runId=", 400),
        ("?account_id=x", 400),
        ("?account_id={stranger}", 403),
        ("?runId=run_01arz3ndektsv4rrffq69g5fav", 404),
    ],
)
def test_every_refusal_is_as_the_contract_says(
    web: httpx.Client,
    cast: Cast,
    error_schema: jsonschema.Draft202012Validator,
    query: str,
    code: int,
) -> None:
    """In the shape of an error, and 401 to strangers whatever else is wrong."""
    path = RUNS + query.format(stranger=cast.charlie.account_id)
    refused = web.get(path, headers={"authorization": f"Bearer {cast.bob.api_key}"})
    assert refused.status_code == code
    error_schema.validate(refused.json())
    stranger = web.get(path)
    assert stranger.status_code == 401
    error_schema.validate(stranger.json())
