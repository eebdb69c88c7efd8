"""The promise behind the main job: a video survives the death of the machine that renders it."""

from __future__ import annotations

from pathlib import Path

import msgspec

import backline.examples
from backline.db import Database
from backline.engine import Dispatch
from backline.files import Shelf
from backline.runs import NewRun, RunStatus, queries
from backline.settings import Settings
from backline.storage import open_store
from tests.cast import Cast
from tests.processes import eventually, final_run, worker

DEMO = Path(backline.examples.__file__).parent / "demo"


def shelved(shelf: Shelf, account_id: str, name: str, mime_type: str) -> str:
    path = DEMO / name
    return shelf.save(path, account_id=account_id, file_name=name, mime_type=mime_type).id


def test_a_video_is_finished_by_the_next_worker_from_the_step_it_was_in(
    database: Database, settings: Settings, dispatch: Dispatch, cast: Cast
) -> None:
    """SIGKILL while rendering: the song is not heard again, the picture not prepared again."""
    alice = cast.alice.account_id
    store = open_store(settings.storage_url)
    shelf = Shelf(database, store, settings)
    payload = {
        "songs": [shelved(shelf, alice, "night-drive.m4a", "audio/mp4")],
        "images": [shelved(shelf, alice, "night-drive.jpg", "image/jpeg")],
        "clipSeconds": 6,
    }
    order = NewRun(account_id=alice, task_identifier="create-content", payload=payload)
    run_id = dispatch.trigger(order).run_id

    def metadata() -> dict[str, object]:
        with database.read() as connection:
            run = queries.find_run(connection, run_id)
        assert run is not None and not run.status.is_final, run
        return msgspec.json.decode(run.metadata or "{}", type=dict[str, object])

    with worker(settings, built_in="content") as doomed:
        eventually(lambda: metadata().get("currentStep") == "rendering")
        doomed.kill()
    made_before = {file.id for file in shelf.newest(alice)}
    with worker(settings, built_in="content"):
        run = final_run(database, run_id)

    assert run.status is RunStatus.COMPLETED, run.error
    told = msgspec.json.decode(run.metadata or "{}")
    assert sum("listened to" in line for line in told["logs"]) == 1
    made_after = [file for file in shelf.newest(alice) if file.id not in made_before]
    kinds = {file.mime_type for file in made_after}
    assert kinds == {"video/mp4", "image/jpeg", "image/webp"}, "only the render step ran again"
    with database.read() as connection:
        attempts = [attempt.status for attempt in queries.attempts_of(connection, run_id)]
    assert attempts == ["failed", "completed"]
