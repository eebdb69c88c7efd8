"""A real worker that is sent damaged files fails their runs in words, and goes on working."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from backline.db import Database, connect
from backline.files import Shelf
from backline.runs import NewRun, Run, RunStatus, queries
from backline.settings import Settings
from backline.storage import open_store
from tests.cast import enter_cast, settings_in
from tests.corpus.bench import fault_of
from tests.corpus.catalog import Case, corpus
from tests.corpus.specimens import FILMS, KINDS, PICTURES, SONGS, whole
from tests.dispatching import dispatching
from tests.processes import Process, eventually, worker

WORST = (
    Case("mp3", "rates-mixed"),
    Case("mp3", "cover-of-a-bomb"),
    Case("m4a", "sizes-without-end"),
    Case("wav", "hours-of-silence"),
    Case("jpg", "says-the-most"),
    Case("png", "bomb-of-16-bit"),
    Case("gif", "frame-larger-than-screen"),
    Case("mp4", "frames-of-years"),
    Case("lrc", "stamps-for-a-long-line"),
)
MOST_MILLISECONDS = 60_000


@pytest.fixture
def settings(tmp_path: Path, sqlite_url: str) -> Settings:
    return settings_in(tmp_path / "data", database_url=sqlite_url)


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    opened = connect(settings.database_url)
    yield opened
    opened.close()


def send(cases: Sequence[Case], database: Database, settings: Settings, folder: Path) -> list[str]:
    """Shelve damaged files and trigger a run for each; returns the runs' ids in order."""
    shelf = Shelf(database, open_store(settings.storage_url), settings)
    alice = enter_cast(database, settings).alice.account_id

    def shelved(path: Path) -> str:
        file = shelf.save(path, account_id=alice, file_name=path.name, mime_type="")
        path.unlink()
        return file.id

    def sound(kind: str) -> Path:
        path = folder / f"whole.{kind}"
        path.write_bytes(whole(kind))
        return path

    supplies = {kind: shelved(sound(kind)) for kind in ("wav", "jpg", "lrc")}
    orders = [
        NewRun(
            account_id=alice,
            task_identifier="ffmpeg-edit" if case.kind in FILMS else "create-content",
            payload=_payload(case, shelved(case.write(folder)), supplies),
        )
        for case in cases
    ]
    with dispatching(database) as dispatch:
        return [run.run_id for run in dispatch.trigger_batch(orders).triggered]


def _payload(case: Case, file_id: str, supplies: dict[str, str]) -> dict[str, Any]:
    if case.kind in FILMS:
        return {"videoUrl": file_id, "operations": [{"type": "crop", "aspect": "1:1"}]}
    song = file_id if case.kind in SONGS else supplies["wav"]
    picture = file_id if case.kind in PICTURES else supplies["jpg"]
    images = [] if case.damage.startswith("cover-") else [picture]
    payload = {"songs": [song], "images": images, "clipSeconds": 5, "captionLength": "none"}
    return payload | {"lyricsFile": file_id if case.kind == "lrc" else supplies["lrc"]}


def ended(database: Database, run_ids: Sequence[str]) -> list[Run]:
    with database.read() as connection:
        found = [queries.find_run(connection, run_id) for run_id in run_ids]
    return [run for run in found if run is not None and run.status.is_final]


def faults_of(cases: Sequence[Case], runs: Sequence[Run]) -> list[str]:
    found = [
        (case.file_name, _fault(run, case.file_name)) for case, run in zip(cases, runs, strict=True)
    ]
    return [f"{name}: {fault}" for name, fault in found if fault]


def _fault(run: Run, file_name: str) -> str:
    if run.duration_ms > MOST_MILLISECONDS:
        return f"took {run.duration_ms} ms"
    if run.status is RunStatus.COMPLETED:
        return ""
    error = msgspec.json.decode(run.error or "{}")
    if run.status is not RunStatus.FAILED:
        return f"{run.status}: {error}"
    return fault_of(error["message"], file_name)


def follow(
    cases: Sequence[Case], database: Database, settings: Settings, folder: Path
) -> list[str]:
    """Send damaged files to one worker, wait for the end of all, and return their faults."""
    run_ids = send(cases, database, settings, folder)
    with worker(settings, built_in="content") as process:
        for done in range(1, len(cases) + 1):
            eventually(lambda done=done: len(ended(database, run_ids)) >= done or None)
        assert _stop(process) == 0, process.output
    return faults_of(cases, ended(database, run_ids))


def _stop(process: Process) -> int:
    """Stop the worker; one that died on the way has another code than 0."""
    return process.stop()


def test_one_worker_outlives_the_worst(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    """Bombs and liars of every type, one after the other."""
    assert follow(WORST, database, settings, tmp_path) == []


@pytest.mark.soak
@pytest.mark.parametrize("kind", KINDS)
def test_one_worker_outlives_all_damage(
    kind: str, database: Database, settings: Settings, tmp_path: Path
) -> None:
    """The whole corpus, each file a run."""
    assert follow(list(corpus(kind)), database, settings, tmp_path) == []
