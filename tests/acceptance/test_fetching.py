"""A run whose film lies on a server that is down for the moment is tried again; one that is told no is not."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import msgspec
import pytest

from backline.db import Database, connect
from backline.engine import Dispatch
from backline.runs import NewRun, RunStatus, queries
from backline.settings import Settings
from tests.cast import enter_cast, settings_in
from tests.fetch.web import Web, answer
from tests.films import write_film
from tests.processes import final_run, worker


@pytest.fixture
def settings(tmp_path: Path, sqlite_url: str) -> Settings:
    return settings_in(tmp_path / "data", database_url=sqlite_url)


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    opened = connect(settings.database_url)
    yield opened
    opened.close()


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    """A server with a film that is there from the second asking on."""
    serving = Web()
    film = write_film(tmp_path / "film.mp4", frames=10).read_bytes()

    def down_at_first(handler: BaseHTTPRequestHandler) -> None:
        asked = sum(path == "/film.mp4" for path, _ in serving.asked)
        (answer(503) if asked == 1 else answer(200, film))(handler)

    serving.pages["/film.mp4"] = down_at_first
    yield serving
    serving.stop()


def test_what_may_pass_is_tried_again_and_what_stays_is_not(
    database: Database, settings: Settings, dispatch: Dispatch, web: Web
) -> None:
    """503 and then the film: completed at the second attempt. 404: failed at the first."""
    alice = enter_cast(database, settings).alice.account_id

    def edit(path: str) -> str:
        payload = {
            "videoUrl": f"{web.url}{path}",
            "operations": [{"type": "trim", "duration": 0.2}],
        }
        order = NewRun(account_id=alice, task_identifier="ffmpeg-edit", payload=payload)
        return dispatch.trigger(order).run_id

    run_ids = [edit("/film.mp4"), edit("/gone.mp4")]
    with worker(settings, built_in="content", BACKLINE_ALLOW_PRIVATE_URLS="1"):
        made, refused = (final_run(database, run_id) for run_id in run_ids)
    with database.read() as connection:
        attempts = [len(queries.attempts_of(connection, run_id)) for run_id in run_ids]
    assert (made.status, refused.status) == (RunStatus.COMPLETED, RunStatus.FAILED), made.error
    assert attempts == [2, 1]
    assert msgspec.json.decode(made.output or "{}")["durationSeconds"] == pytest.approx(0.2)
    assert "gone.mp4 answered 404" in msgspec.json.decode(refused.error or "{}")["message"]
