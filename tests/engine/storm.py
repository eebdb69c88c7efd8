"""A storm: families of runs go through while whatever serves them is killed, again and again."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa

from backline.db import Database
from backline.runs import Run, RunStatus, queries
from backline.runs.tables import runs, waits
from backline.runtime.processes import children_of
from backline.settings import Settings
from tests.cast import Player
from tests.processes import (
    PATIENCE_SECONDS,
    Process,
    backline,
    eventually,
    free_port,
    worker,
)

KINDS = ("plain", "fails", "parent", "naps")
CREW = 2
UNREACHABLE = (httpx.TransportError,)


class Storm:
    """Workers, a server and the runs that go through them; every act of violence is counted."""

    def __init__(self, stack: ExitStack, settings: Settings, player: Player, diary: Path) -> None:
        self._stack = stack
        self._settings = settings
        self._player = player
        self._diary = diary
        self._port = free_port()
        self._random = random.Random(7)
        self._crew = [self._worker() for _ in range(CREW)]
        self._server = self._serve()
        self.counts: Counter[str] = Counter()
        self.run_ids: list[str] = []

    # ── what is served ───────────────────────────────────────────────────────

    def _worker(self) -> Process:
        return self._stack.enter_context(worker(self._settings, "--slots", "4"))

    def _serve(self) -> Process:
        process = self._stack.enter_context(
            backline(self._settings, "server", "--port", str(self._port))
        )
        process.wait_until_ready()
        return process

    def trigger(self, count: int) -> None:
        """Trigger runs over HTTP; who gets no answer asks again with the same key."""
        for number in range(count):
            payload = {"path": str(self._diary), "kind": KINDS[number % len(KINDS)]}
            self.run_ids.append(self._trigger_once(f"storm-{number}", payload))

    def _trigger_once(self, key: str, payload: dict[str, Any]) -> str:
        def ask() -> str | None:
            try:
                answer = httpx.post(
                    f"http://127.0.0.1:{self._port}/api/tasks/runs",
                    headers={"x-api-key": self._player.api_key},
                    json={
                        "taskIdentifier": "weathers-the-storm",
                        "payload": payload,
                        "options": {"idempotencyKey": key},
                    },
                    timeout=10,
                )
            except UNREACHABLE:
                self.counts["triggers that got no answer"] += 1
                return None
            if answer.status_code >= 500:
                self.counts["triggers answered with 5xx"] += 1
                return None
            assert answer.status_code in (200, 202), answer.text
            run_id: str = answer.json()["runId"]
            return run_id

        return eventually(ask)

    # ── what goes wrong ──────────────────────────────────────────────────────

    def kill_a_worker(self) -> None:
        """End a worker and everything of it, as a power cut would, and start another."""
        self._crew.pop(0).kill()
        self._crew.append(self._worker())
        self.counts["workers killed"] += 1

    def kill_a_child(self) -> None:
        """End the process of one run, if one executes."""
        children = [pid for process in self._crew for pid in _runs_of(process.pid)]
        if children:
            with suppress(ProcessLookupError):  # it ended by itself just now
                os.kill(self._random.choice(children), signal.SIGKILL)
                self.counts["run processes killed"] += 1

    def kill_the_server(self) -> None:
        """End the server in the middle of whatever it answers, and start another."""
        self._server.kill()
        self._server = self._serve()
        self.counts["servers killed"] += 1

    def rage(self, until: threading.Event, extra: list[Callable[[], None]]) -> None:
        """Do one of these every second or so until told to stop; ``extra`` are done on the way."""
        violence = [self.kill_a_worker, self.kill_a_child, self.kill_a_child, self.kill_the_server]
        while not until.wait(self._random.uniform(0.7, 1.7)):
            if extra and sum(self.counts.values()) % 10 == 5:
                extra.pop()()
                self.counts["database restarts"] += 1
            else:
                self._random.choice(violence)()

    def calm(self) -> None:
        """Stop everybody as an operator would."""
        for process in [*self._crew, self._server]:
            assert process.stop() == 0, "".join(process.output[-30:])


def _runs_of(worker_pid: int) -> list[int]:
    """Return the processes of a worker's runs, and the one that waits for the next: its zygote's."""
    return [run for zygote in children_of(worker_pid) for run in children_of(zygote)]


def judge(database: Database, storm: Storm, diary: Path) -> Counter[str]:
    """Hold the ledger, the engine and the diary of the tasks against each other. Returns counts."""
    notes = _read(diary)
    killed = storm.counts["run processes killed"]
    with database.read() as connection:
        everything = [Run(*row) for row in connection.execute(sa.select(*_columns()))]
        verdict: Counter[str] = Counter(run.status.value for run in everything)
        assert {run.id for run in everything} >= set(storm.run_ids), "no run is lost"
        assert len(set(storm.run_ids)) == len(storm.run_ids), "one run per key"
        for run in everything:
            _judge_run(connection, run, notes.get(run.id, {}))
        assert verdict["crashed"] <= killed, "runs crash when they are killed, and only then"
        assert verdict["failed"] <= verdict["crashed"], "parents fail when their child crashed"
        assert set(verdict) <= {"completed", "crashed", "failed"}
        assert connection.execute(sa.select(sa.func.count()).select_from(waits)).scalar() == 0
        table = "workflow_status" if database.is_embedded else "dbos.workflow_status"
        left = connection.execute(
            sa.text(
                f"SELECT count(*) FROM {table} WHERE status IN ('ENQUEUED', 'PENDING') AND name = 'perform'"
            )
        ).scalar()
        assert left == 0, "the engine has nothing left that the ledger ended"
    return verdict


def _columns() -> list[sa.Column[Any]]:
    return [runs.c[name] for name in Run.__struct_fields__]


def _read(diary: Path) -> dict[str, dict[str, list[int]]]:
    notes: dict[str, dict[str, list[int]]] = {}
    for line in diary.read_text().splitlines():
        run_id, word, moment = line.split()
        notes.setdefault(run_id, {}).setdefault(word, []).append(int(moment))
    return notes


def _judge_run(connection: sa.Connection, run: Run, noted: dict[str, list[int]]) -> None:
    assert run.status.is_final and run.finished_at is not None, run
    assert not run.is_admitted, "it gave its place back"
    endings = [
        status
        for _, status, _ in queries.events_of(connection, run.id)
        if RunStatus(status).is_final
    ]
    assert endings == [run.status], "a run ends once"
    for key, value in queries.steps_of(connection, run.id).items():
        if key in noted:
            assert max(noted[key]) == int(value), f"{key} was redone after it was kept"
    for word, moments in noted.items():
        assert max(moments) <= run.finished_at, f"{word} was done after the end of {run.id}"


def weather(
    database: Database,
    storm: Storm,
    diary: Path,
    *,
    count: int,
    restarts: Sequence[Callable[[], None]] = (),
) -> Counter[str]:
    """Let runs go through a storm and judge what is left. Returns how many ended how.

    ``restarts`` are done one by one on the way: of the database, for example.
    """
    over = threading.Event()
    extra = list(restarts)
    triggering = threading.Thread(target=storm.trigger, args=(count,))
    raging = threading.Thread(target=storm.rage, args=(over, extra))
    begun = time.monotonic()
    triggering.start()
    raging.start()
    try:
        triggering.join()
        _settled(database)
    finally:
        over.set()
        raging.join()
    storm.counts["seconds"] = round(time.monotonic() - begun)
    _all_ended(database)
    storm.calm()
    assert not extra, "everything that was to go wrong did"
    return judge(database, storm, diary)


def _settled(database: Database) -> None:
    """Wait, with more patience than usual, until hardly any run is left to end in the storm."""
    while _unended(database) > CREW:
        time.sleep(0.2)


def _all_ended(database: Database) -> None:
    """Wait for the last ones; those that never end are told with their story."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while _unended(database):
        if time.monotonic() > deadline:
            raise AssertionError(f"these do not end: {_stuck(database)}")
        time.sleep(0.2)


def _stuck(database: Database) -> list[tuple[Run, list[Any]]]:
    with database.read() as connection:
        rows = connection.execute(sa.select(*_columns()).where(runs.c.finished_at.is_(None)))
        return [(run, queries.events_of(connection, run.id)) for run in (Run(*row) for row in rows)]


def _unended(database: Database) -> int:
    """Count the runs that have not ended; the database may be away just now."""
    try:
        with database.read() as connection:
            counts = queries.count_by_status(connection)
    except sa.exc.DBAPIError:
        return CREW + 1
    return sum(count for status, count in counts.items() if not status.is_final)
