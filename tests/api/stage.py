"""What the tests of the API say to it, and what they write behind its back."""

from __future__ import annotations

from typing import Any

from httpx import Response
from litestar.testing import TestClient

from backline.db import Database
from backline.runs import AttemptStatus, NewRun, RunError, RunStatus, ledger
from backline.runs.ledger import Ending
from tests.cast import Player

RUNS = "/api/tasks/runs"
SONG = b"fLaC" + bytes(2000)
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(2000)
LYRICS = b"[00:01.00]night drive\n[00:04.50]home again\n"


class Api:
    """The API as a caller sees it; every request names who makes it."""

    def __init__(self, client: TestClient[Any], database: Database) -> None:
        self.client = client
        self.database = database

    def get(self, caller: Player | None, path: str, **more: Any) -> Response:
        return self.ask("GET", caller, path, **more)

    def post(self, caller: Player | None, path: str, json: object = None, **more: Any) -> Response:
        return self.ask("POST", caller, path, json=json, **more)

    def ask(self, method: str, caller: Player | None, path: str, **more: Any) -> Response:
        headers = more.pop("headers", {})
        if caller is not None:
            headers = {"x-api-key": caller.api_key, **headers}
        return self.client.request(method, path, headers=headers, **more)

    def upload(
        self, caller: Player, *files: tuple[str, bytes], **fields: str
    ) -> list[dict[str, Any]]:
        """Upload files by name and content, and return their records."""
        answer = self.send_files(caller, *files, **fields)
        assert answer.status_code == 201, answer.text
        records: list[dict[str, Any]] = answer.json()["files"]
        return records

    def send_files(
        self, caller: Player | None, *files: tuple[str, bytes], **fields: str
    ) -> Response:
        parts = [("file", (name, content)) for name, content in files]
        return self.ask("POST", caller, "/api/files", files=parts, data=fields)

    def open_run(self, owner: Player, status: RunStatus = RunStatus.QUEUED, **more: Any) -> str:
        """Write a run into the ledger, and return its id."""
        new = NewRun(account_id=owner.account_id, task_identifier="hello-world", **more)
        with self.database.write() as connection:
            return ledger.open_run(connection, new, status)

    def finish(
        self,
        run_id: str,
        status: RunStatus,
        *,
        output: str | None = None,
        error: RunError | None = None,
    ) -> None:
        """Let a worker begin and end the one attempt of a queued run."""
        attempt_status = (
            AttemptStatus.COMPLETED if status is RunStatus.COMPLETED else AttemptStatus.FAILED
        )
        with self.database.write() as connection:
            ledger.admit(connection, run_id)
            attempt = ledger.start_attempt(connection, run_id, "worker_1", "v7")
            assert attempt is not None
            ending = Ending(
                run=status,
                attempt=attempt_status,
                detail="over",
                active_ms=1500,
                cost_cents=0.25,
                output=output,
                error=error,
            )
            assert ledger.end_attempt(connection, run_id, attempt.id, "worker_1", ending)


def refusal(answer: Response) -> tuple[int, str]:
    """Return the code and the text of a refusal, having checked its shape."""
    body = answer.json()
    assert body["status"] == "error", body
    assert set(body) <= {"status", "error", "field"}
    assert isinstance(body["error"], str) and body["error"]
    return answer.status_code, body["error"]


def refused_field(answer: Response) -> tuple[int, str | None]:
    """Return the code of a refusal, and the field that it names."""
    code, _ = refusal(answer)
    return code, answer.json().get("field")
