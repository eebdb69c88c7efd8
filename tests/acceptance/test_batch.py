"""A batch of videos of one song: each is another one, and the song is not listened to for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

import backline.examples
from backline.db import Database, connect
from backline.files import Shelf
from backline.runs import NewRun, Run, RunStatus
from backline.settings import Settings
from backline.storage import open_store
from tests.cast import enter_cast, settings_in
from tests.dispatching import dispatching
from tests.processes import final_run, worker

DEMO = Path(backline.examples.__file__).parent / "demo"


@pytest.fixture
def settings(tmp_path: Path, sqlite_url: str) -> Settings:
    return settings_in(tmp_path / "data", database_url=sqlite_url)


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    opened = connect(settings.database_url)
    yield opened
    opened.close()


def make(count: int, database: Database, settings: Settings) -> list[Run]:
    """Let one worker of two slots make a batch as ``POST /api/content/create`` triggers it."""
    alice = enter_cast(database, settings).alice.account_id
    shelf = Shelf(database, open_store(settings.storage_url), settings)

    def shelved(name: str, mime_type: str) -> str:
        path = DEMO / name
        return shelf.save(path, account_id=alice, file_name=name, mime_type=mime_type).id

    payload = {
        "songs": [shelved("night-drive.m4a", "audio/mp4")],
        "images": [shelved("night-drive.jpg", "image/jpeg")],
        "clipSeconds": 5,
    }
    orders = [
        NewRun(
            account_id=alice,
            task_identifier="create-content",
            payload=payload | {"seed": 40 + number, "variant": number},
        )
        for number in range(count)
    ]
    with dispatching(database) as dispatch:
        run_ids = [run.run_id for run in dispatch.trigger_batch(orders).triggered]
    with worker(settings, "--slots", "2", built_in="content"):
        return [final_run(database, run_id) for run_id in run_ids]


def judge(runs: list[Run]) -> None:
    assert [run.status for run in runs] == [RunStatus.COMPLETED] * len(runs), runs
    outputs: list[dict[str, Any]] = [msgspec.json.decode(run.output or "{}") for run in runs]
    starts = [output["audio"]["startSeconds"] for output in outputs]
    assert len(set(starts)) == 3, "they take turns with the three candidates"
    assert starts == [starts[number % 3] for number in range(len(runs))]
    assert len({output["seed"] for output in outputs}) == len(runs)
    assert len({output["video"]["sizeBytes"] for output in outputs}) == len(runs)
    # Two parts of a song may share a line, and then two videos may share a caption.
    assert len({output["captionText"] for output in outputs}) >= 0.75 * len(runs)
    known = [run for run in runs if "was listened to before" in (run.metadata or "")]
    # Two begin at once and neither knows the song yet.
    assert len(known) >= len(runs) - 2


def test_videos_of_a_batch_differ_and_share_what_was_heard(
    database: Database, settings: Settings
) -> None:
    """Four of them: three parts of the song, four seeds, one or two listenings."""
    judge(make(4, database, settings))


@pytest.mark.soak
def test_a_larger_batch_does_too(database: Database, settings: Settings) -> None:
    """Eight of them."""
    judge(make(8, database, settings))
